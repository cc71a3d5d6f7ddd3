package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/bulknum/bulknum/batch/store"
)

// querier is a pool of readers, or the writer's connection.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// rowsOf reads all rows of a query, so that none is left open while the caller
// works.
func rowsOf[T any](ctx context.Context, db querier, scan func(*sql.Rows) (T, error), query string, args ...any) (all []T, err error) {
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

// one reads a row of one column.
func one[T any](rows *sql.Rows) (value T, err error) {
	err = rows.Scan(&value)
	return value, err
}

// read is rowsOf, of the readers.
func read[T any](ctx context.Context, s *Store, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	if s.explain != nil {
		s.explain(query, args)
	}
	all, err := rowsOf(ctx, s.reading, scan, query, args...)
	return all, s.unread(err)
}

// damage is a record that is not as it was written.
func (s *Store) damage(run, what string, args ...any) error {
	return &store.DamagedError{Place: s.path, Run: run, What: fmt.Sprintf(what, args...)}
}

// live returns the name of a run that was not deleted.
func (s *Store) live(ctx context.Context, run store.RunID) (name string, err error) {
	err = s.reading.QueryRowContext(ctx, "SELECT name FROM runs WHERE id = ? AND deleted_at IS NULL", int64(run)).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("run %d: %w", run, store.ErrNotFound)
	}
	return name, s.unread(err)
}

// each yields what the pages of a run have, until there is no more. page returns
// what comes after a place, and the next place; more is false at the end.
func each[T, P any](ctx context.Context, s *Store, run store.RunID, from P, page func(name string, after P) (items []T, next P, more bool, err error)) func(yield func(T, error) bool) {
	return func(yield func(T, error) bool) {
		var none T
		name, err := s.live(ctx, run)
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
