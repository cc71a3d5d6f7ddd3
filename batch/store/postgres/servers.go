package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/bulknum/bulknum/batch/store/write"
)

// serverQuery tells servers apart: by their cluster and, among the copies of one, by their timeline.
const serverQuery = "SELECT system_identifier || ' ' || left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_system()"

// arrive finds out which server a connection is to, and enters one that is new to the store. Where it took over from the one
// that a process wrote to, kept is how far it had come by then: what was committed after that it has not.
func arrive(ctx context.Context, conn *sql.Conn, before string) (server string, kept write.Point, err error) {
	kept = write.Everything
	if err := conn.QueryRowContext(ctx, serverQuery).Scan(&server); err != nil || server == before {
		return server, kept, err
	}
	var newest string
	err = conn.QueryRowContext(ctx, "SELECT id FROM servers ORDER BY n DESC LIMIT 1").Scan(&newest)
	if err == nil && newest != server || errors.Is(err, sql.ErrNoRows) {
		err = enterServer(ctx, conn, server)
	}
	if err == nil && before != "" {
		err = conn.QueryRowContext(ctx, keptQuery, before).Scan(&kept.Sequence, &kept.Unnumbered)
	}
	return server, kept, err
}

// keptQuery asks how far the first server had come that took over from one. If that one is not known, it was entered last,
// and that was lost.
const keptQuery = "SELECT min(sequence), min(first_unnumbered) FROM servers WHERE n > coalesce((SELECT n FROM servers WHERE id = $1), (SELECT max(n) - 1 FROM servers))"

// enterServer enters a server. If it took over, nobody knows what was lost of processes that have ended: it counts as a
// moment at which anything may have been done, and whoever takes an account over waits for what may be under way.
func enterServer(ctx context.Context, conn *sql.Conn, server string) (err error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	var sequence, n, unnumbered int64
	if err := tx.QueryRowContext(ctx, "SELECT sequence FROM store FOR UPDATE").Scan(&sequence); err != nil {
		return err
	}
	var newest sql.NullString
	err = tx.QueryRowContext(ctx, "SELECT (SELECT id FROM servers ORDER BY n DESC LIMIT 1), coalesce(max(n), 0) + 1, coalesce(max(unnumbered), 0) FROM servers").
		Scan(&newest, &n, &unnumbered)
	if err != nil || newest.String == server { // somebody else was first
		return err
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO servers (n, id, since, sequence, first_unnumbered, unnumbered) VALUES ($1, $2, "+clock+", $3, $4, $4)",
		n, server, sequence, unnumbered); err != nil {
		return err
	}
	if newest.Valid {
		for _, statement := range []string{
			"INSERT INTO gaps (sequence, at, why) SELECT sequence + 1, " + clock + ", 'another server took over, which may lack what was recorded last' FROM store",
			"UPDATE store SET sequence = sequence + 1",
			"UPDATE holders SET under_way_until = greatest(under_way_until, " + clock + " + patience)",
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("enter the server: %w", err)
			}
		}
	}
	return tx.Commit()
}
