// Package query has the queries of the store: all that is read of runs.
package query

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/dialect"
)

// Pool are the connections that read a store.
type Pool struct {
	// DB is nil until the store is open.
	DB *sql.DB
	// Place is what people call the store, such as the path of its file.
	Place string
	// Dialect is the database's.
	Dialect *dialect.Dialect
	// Patient reads again what could not be read while the database was away; nil: it never is.
	Patient func(ctx context.Context, read func(context.Context) error) error
	// Explain looks at queries, in tests.
	Explain func(query string, args []any)

	// statements are those that were prepared, by their text; see [Pool.prepared].
	statements map[string]*sql.Stmt
	preparing  sync.Mutex
}

// Reader answers what is asked of runs; see [store.Store].
type Reader struct{ pool *Pool }

// New reads by some connections.
func New(p *Pool) *Reader { return &Reader{p} }

// querier is a pool of readers, or the writer's connection.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// RowsOf reads all rows of a query, so that none is left open while the caller
// works.
func RowsOf[T any](ctx context.Context, db querier, scan func(*sql.Rows) (T, error), query string, args ...any) (all []T, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// One reads a row of one column.
func One[T any](rows *sql.Rows) (value T, err error) {
	err = rows.Scan(&value)
	return value, err
}

// Read is rowsOf, of the readers.
func Read[T any](ctx context.Context, p *Pool, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	if p.Explain != nil {
		p.Explain(p.Dialect.Bind(query), args)
	}
	var all []T
	err := p.patiently(ctx, func(ctx context.Context) (err error) {
		all, err = RowsOf(ctx, p, scan, p.Dialect.Bind(query), args...)
		return err
	})
	return all, p.Unread(err)
}

// patiently reads something, as often as it takes.
func (p *Pool) patiently(ctx context.Context, read func(context.Context) error) error {
	if p.Patient == nil {
		return read(ctx)
	}
	return p.Patient(ctx, read)
}

// Row asks for one row.
func (p *Pool) Row(ctx context.Context, query string, args ...any) Row {
	return Row{func(into []any) error {
		return p.patiently(ctx, func(ctx context.Context) error { return p.scan(ctx, into, p.Dialect.Bind(query), args) })
	}}
}

// scan reads one row.
func (p *Pool) scan(ctx context.Context, into []any, query string, args []any) error {
	if !p.Dialect.Prepares {
		return p.DB.QueryRowContext(ctx, query, args...).Scan(into...)
	}
	stmt, err := p.prepared(ctx, query)
	if err != nil {
		return err
	}
	return stmt.QueryRowContext(ctx, args...).Scan(into...)
}

// QueryContext asks a query.
func (p *Pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if !p.Dialect.Prepares {
		return p.DB.QueryContext(ctx, query, args...)
	}
	stmt, err := p.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

// prepared is a query that the database has parsed before: that takes longer than the answer to most of them. It is
// closed with its connections.
func (p *Pool) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	p.preparing.Lock()
	stmt := p.statements[query]
	p.preparing.Unlock()
	if stmt != nil {
		return stmt, nil
	}
	stmt, err := p.DB.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.preparing.Lock()
	defer p.preparing.Unlock()
	if before := p.statements[query]; before != nil { // another reader was as quick
		return before, stmt.Close()
	}
	if p.statements == nil {
		p.statements = map[string]*sql.Stmt{}
	}
	p.statements[query] = stmt
	return stmt, nil
}

// Row is a row that is asked for when it is scanned.
type Row struct{ scan func(into []any) error }

// Scan reads it.
func (r Row) Scan(into ...any) error { return r.scan(into) }

// Damage is a record that is not as it was written.
func (p *Pool) Damage(run, what string, args ...any) error {
	return &store.DamagedError{Place: p.Place, Run: run, What: fmt.Sprintf(what, args...)}
}

// Live returns the name of a run that was not deleted.
func (p *Pool) Live(ctx context.Context, run store.RunID) (name string, err error) {
	err = p.Row(ctx, "SELECT name FROM runs WHERE id = ? AND deleted_at IS NULL", int64(run)).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("run %d: %w", run, store.ErrNotFound)
	}
	return name, p.Unread(err)
}

// each yields what the pages of a run have, until there is no more. page returns
// what comes after a place, and the next place; more is false at the end.
func each[T, P any](ctx context.Context, p *Pool, run store.RunID, from P, page func(name string, after P) (items []T, next P, more bool, err error)) func(yield func(T, error) bool) {
	return func(yield func(T, error) bool) {
		var none T
		name, err := p.Live(ctx, run)
		if err != nil {
			yield(none, err)
			return
		}
		for more := true; more; {
			var items []T
			items, from, more, err = page(name, from)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// Sequence is the last one that was given.
func (p *Pool) Sequence(ctx context.Context) (int64, error) {
	var n int64
	err := p.Row(ctx, "SELECT sequence FROM store").Scan(&n)
	return n, p.Unread(err)
}

// Unread is an error of reading: what is damaged is told apart.
func (p *Pool) Unread(err error) error { return p.Dialect.Unread(p.Place, err) }

// snapshot reads the store as it is at one moment.
func (p *Pool) snapshot(ctx context.Context, do func(*sql.Tx) error) error {
	return p.patiently(ctx, func(ctx context.Context) error {
		tx, err := p.DB.BeginTx(ctx, &p.Dialect.Snapshot)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }() // nothing was written
		return do(tx)
	})
}
