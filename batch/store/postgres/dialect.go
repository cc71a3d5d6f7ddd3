package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/bulknum/bulknum/batch/store/dialect"
)

// intending notes, at the epoch at which an account was taken, that something is about to leave.
const intending = "UPDATE holders SET intended_at = " + clock + " WHERE kind = '" + anAccount + "' AND id = ? AND epoch = ?"

// lockStore keeps everybody else from writing until the transaction ends, and tells the store's sequence.
const lockStore = "SELECT sequence FROM store FOR UPDATE"

// counting notes how many transactions a writer has committed. The server's own number of a transaction (xid) would not do:
// after a crash it is given again.
const counting = "INSERT INTO writers (id, committed, at) VALUES (?, ?, " + clock + ") " +
	"ON CONFLICT (id) DO UPDATE SET committed = excluded.committed, at = excluded.at"

// keptQuery asks how many of a writer's transactions a server has.
const keptQuery = "SELECT coalesce(max(committed), 0) FROM writers WHERE id = $1"

// uncount removes the count of a writer that ends, and those that nobody has touched for a month.
const uncount = "DELETE FROM writers WHERE id = $1 OR at < " + clock + " - 30::bigint * 24 * 3600 * 1000000"

// words is PostgreSQL's dialect.
var words = dialect.Dialect{
	Numbered: true,
	Then:     "JOIN",
	Integers: "(SELECT value::bigint AS value FROM jsonb_array_elements_text(?::jsonb) AS value)",
	Pairs:    "(SELECT (value ->> 0)::bigint AS a, (value ->> 1)::bigint AS b FROM jsonb_array_elements(?::jsonb) AS value)",
	Texts:    `(SELECT value COLLATE "C" AS value FROM jsonb_array_elements_text(?::jsonb) AS value)`,

	NewestOfLine: "SELECT DISTINCT ON (line) line, sequence, status",
	LineByLine:   "ORDER BY line, sequence DESC",
	Greatest:     "greatest",
	Sequence:     lockStore,
	Count:        counting,
	Fence:        intending,
	Together:     together,
	LeaveOut:     leaveOut,
	LastID:       "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('" + schema + ".' || ?::text, 'id')), 0)",
	RowKey:       "n",
	Snapshot:     sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead},
	Damaged:      func(err error) bool { return slices.Contains([]string{"XX001", "XX002"}, code(err)) },
	Rejected:     rejected,
	Taken:        func(err error) bool { return strings.HasPrefix(code(err), "23") },
	Forbidden:    forbidden,
}

// together executes statements in one round trip. After one that fails, none of the others is executed.
func together(ctx context.Context, conn *sql.Conn, all []dialect.Statement) (changed []int64, err error) {
	err = conn.Raw(func(c any) error {
		var batch pgx.Batch
		for _, s := range all {
			batch.Queue(s.Query, s.Args...)
		}
		answers := c.(*stdlib.Conn).Conn().SendBatch(ctx, &batch) //nolint:forcetypeassert // of this driver
		for range all {
			tag, err := answers.Exec()
			if err != nil {
				_ = answers.Close() // with the same error
				return err
			}
			changed = append(changed, tag.RowsAffected())
		}
		return answers.Close()
	})
	return changed, err
}

// leaveOut leaves the ids of a table up to one to nobody. Who writes is alone, so that nobody takes one between.
func leaveOut(exec func(query string, args ...any) (int64, error), table string, last int64) error {
	ids := "pg_get_serial_sequence('" + schema + "." + table + "', 'id')"
	_, err := exec("SELECT setval("+ids+", greatest(?::bigint, nextval("+ids+") - 1))", last)
	return err
}

// code is the SQLSTATE of an error; "": it is not the server's.
func code(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// forbidden is an error of what a role may not do (insufficient_privilege).
func forbidden(err error) bool { return code(err) == "42501" }

// rejected is a fault of what was to be recorded, not of the store: data (22) or constraints (23), or what the role may
// not do.
func rejected(err error) bool {
	switch c := code(err); {
	case c != "":
		return strings.HasPrefix(c, "22") || strings.HasPrefix(c, "23") || forbidden(err)
	case lost(err):
		return false
	default:
		return !strings.HasPrefix(err.Error(), "sql: ") // of ours
	}
}

// lost is a connection that is no more, or a server that is going, or not there yet. Who writes and reads for a caller has a
// context that ends only because the server took too long.
func lost(err error) bool {
	switch c := code(err); {
	case strings.HasPrefix(c, "08"), strings.HasPrefix(c, "57P"), c == "53300", c == "25P03":
		return true // connections, shutdown and start, too many connections, a transaction that was idle
	case c != "":
		return false
	}
	if _, failed := errors.AsType[*pgconn.ConnectError](err); failed {
		return true
	}
	if _, failed := errors.AsType[net.Error](err); failed {
		return true
	}
	return errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "conn closed") ||
		errors.Is(err, driver.ErrBadConn)
}

// busy is a server at which others were first: a time ran out, or one of two had to give way; or that lacks room for now, such
// as on its disk.
func busy(err error) bool {
	c := code(err)
	return slices.Contains([]string{"57014", "55P03", "40001", "40P01"}, c) || strings.HasPrefix(c, "53")
}

// readOnly is a server that takes nothing for now (read_only_sql_transaction).
func readOnly(err error) bool { return code(err) == "25006" }
