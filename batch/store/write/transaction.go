package write

import (
	"context"
	"database/sql"

	"github.com/bulknum/bulknum/batch/store"
)

// Tx is what jobs do their work with.
type Tx struct {
	w   *Writer
	ctx context.Context //nolint:containedctx // it never ends, and spares each statement an argument
	// began and last are the store's sequence before and by now.
	began, last int64
	// accounts are whose the runs are that were appended to.
	accounts map[store.RunID]int64
}

// run does jobs, and writes how far the sequence came.
func (t *Tx) run(group []*job) (deed bool, err error) {
	if err := t.Row("SELECT sequence FROM store").Scan(&t.began); err != nil {
		return false, err
	}
	t.last = t.began
	for _, j := range group {
		if err := j.do(t); err != nil {
			return false, err
		}
		deed = deed || j.deed
	}
	if t.last == t.began {
		return deed, nil
	}
	return deed, t.Exec("UPDATE store SET sequence = ?", t.last)
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
	stmt, err := t.w.conn.PrepareContext(t.ctx, query)
	if err != nil {
		return nil, err
	}
	t.w.stmts[query] = stmt
	return stmt, nil
}

// Exec executes a statement.
func (t *Tx) Exec(query string, args ...any) error {
	_, err := t.exec(query, args...)
	return err
}

// execCount returns how many rows were changed.
func (t *Tx) execCount(query string, args ...any) (int64, error) {
	result, err := t.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// Insert returns the new row's id.
func (t *Tx) Insert(query string, args ...any) (int64, error) {
	result, err := t.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

func (t *Tx) exec(query string, args ...any) (sql.Result, error) {
	stmt, err := t.stmt(query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(t.ctx, args...)
}

// Row reads one row.
func (t *Tx) Row(query string, args ...any) Scanner {
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
