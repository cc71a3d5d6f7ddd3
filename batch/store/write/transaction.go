package write

import (
	"context"
	"database/sql"
	"errors"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/dialect"
	"github.com/bulknum/bulknum/batch/store/record"
)

// Tx is what jobs do their work with.
type Tx struct {
	w    *Writer
	conn *sql.Conn
	ctx  context.Context //nolint:containedctx // it never ends, and spares each statement an argument
	// n is which of the writer's transactions it is.
	n int64
	// began and last are the store's sequence before and by now.
	began, last int64
	// waiting are statements that go together, with the next one whose outcome is waited for, at the latest at the end; and
	// fenced are those of them that must change a row.
	waiting []dialect.Statement
	fenced  []bool
	// mine are the accounts that nobody else can take until the transaction ends.
	mine map[int64]bool
	// accounts are whose the runs are that were appended to.
	accounts map[store.RunID]int64
}

// run does jobs, after those that the server has lost, and writes how far the sequence came.
func (t *Tx) run(lost []kept, group []*job) (deed bool, err error) {
	if err := t.Row(t.w.o.Dialect.Sequence).Scan(&t.began); err != nil {
		return false, err
	}
	highest := t.w.journal.highest
	if t.began < highest && len(lost) == 0 {
		return false, ErrBack
	}
	t.last = t.began
	if err := redo(t, lost, highest); err != nil {
		return false, err
	}
	for _, j := range group {
		if err := j.do(t); err != nil {
			return false, err
		}
		deed = deed || j.deed
	}
	if t.last > t.began {
		if err := t.Exec("UPDATE store SET sequence = ?", t.last); err != nil {
			return deed, err
		}
	}
	if count := t.w.o.Dialect.Count; count != "" {
		if err := t.Exec(count, t.w.o.Name, t.n); err != nil {
			return deed, err
		}
	}
	return deed, t.flush()
}

// Next is the next number of the store.
func (t *Tx) Next() store.Sequence {
	t.last++
	return store.Sequence(t.last)
}

// Reach leaves out the numbers up to one that was given before.
func (t *Tx) Reach(highest int64) { t.last = max(t.last, highest) }

// stmt prepares a statement once.
func (t *Tx) stmt(query string) (*sql.Stmt, error) {
	if stmt := t.w.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := t.conn.PrepareContext(t.ctx, t.w.o.Dialect.Bind(query))
	if err != nil {
		return nil, err
	}
	t.w.stmts[query] = stmt
	return stmt, nil
}

// togetherLimit is how many statements go together at most.
const togetherLimit = 1_000

// Exec executes a statement: where the database is a network away, together with others, so that its error may come
// later, of the job or of the transaction.
func (t *Tx) Exec(query string, args ...any) error { return t.later(false, query, args) }

// later executes a statement like Exec; one that is fenced fails with [ErrFenced] if it changes nothing.
func (t *Tx) later(fenced bool, query string, args []any) error {
	d := t.w.o.Dialect
	if d.Together == nil {
		changed, err := t.execCount(query, args...)
		return behind(fenced, changed, err)
	}
	t.waiting, t.fenced = append(t.waiting, dialect.Statement{Query: d.Bind(query), Args: args}), append(t.fenced, fenced)
	if len(t.waiting) < togetherLimit {
		return nil
	}
	return t.flush()
}

// behind is the error of a statement that has changed so many rows.
func behind(fenced bool, changed int64, err error) error {
	if err == nil && fenced && changed == 0 {
		err = ErrFenced
	}
	return err
}

// flush executes what waits.
func (t *Tx) flush() error {
	if len(t.waiting) == 0 {
		return nil
	}
	all, fenced := t.waiting, t.fenced
	t.waiting, t.fenced = nil, nil
	changed, err := t.w.o.Dialect.Together(t.ctx, t.conn, all)
	if err != nil {
		return err
	}
	for i, n := range changed {
		if err := behind(fenced[i], n, nil); err != nil {
			return err
		}
	}
	return nil
}

// execCount returns how many rows were changed.
func (t *Tx) execCount(query string, args ...any) (int64, error) {
	if err := t.flush(); err != nil {
		return 0, err
	}
	stmt, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Insert enters a record of a table whose first column is its id, with some more columns, and returns
// the id: that of the record, or else the next.
func (t *Tx) Insert(table *record.Table, r record.Record, more ...string) (id int64, err error) {
	given := r[0] != nil
	if !given {
		table, r = &record.Table{Name: table.Name, Columns: table.Columns[1:]}, r[1:]
	}
	err = t.Row(table.InsertWith(more...)+" RETURNING id", r...).Scan(&id)
	if err == nil && given {
		err = t.LeaveOut(table.Name, id)
	}
	return id, err
}

// Through executes a statement that does its work row by row.
func (t *Tx) Through(query string) error {
	if err := t.flush(); err != nil {
		return err
	}
	rows, err := t.conn.QueryContext(t.ctx, query)
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return errors.Join(rows.Err(), rows.Close())
}

// Row reads one row.
func (t *Tx) Row(query string, args ...any) Scanner {
	if err := t.flush(); err != nil {
		return failed{err}
	}
	stmt, err := t.stmt(query)
	if err != nil {
		return failed{err}
	}
	return stmt.QueryRowContext(t.ctx, args...)
}

// Scanner is a row that is read.
type Scanner interface{ Scan(into ...any) error }

// failed is a row that could not be asked for.
type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }
