// Package database is what the drivers of batch/store share: what it says, kept in a database, whichever that is.
package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/dialect"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/transfer"
	"github.com/bulknum/bulknum/batch/store/write"
)

// Database is a store but for its locks.
type Database struct {
	Pool *query.Pool
	*query.Reader
	// Writer is nil when the store is read-only.
	Writer *write.Writer
	// Identity is the store's, see [store.Store].
	Identity string
	// Shrink gives the space of what was deleted back; nil: the database does so by itself.
	Shrink func(context.Context) error

	// removing are deletions that go on until stopRemoving.
	removing     sync.WaitGroup
	stopRemoving context.CancelFunc

	mu sync.Mutex
	// keys are by which key each account was asked for last.
	keys map[store.AccountID]string
}

// New is a store at a place that is not open yet.
func New(place string, d *dialect.Dialect) *Database {
	pool := &query.Pool{Place: place, Dialect: d}
	return &Database{Pool: pool, Reader: query.New(pool), keys: map[store.AccountID]string{}}
}

// Place is what people call the store.
func (d *Database) Place() string { return d.Pool.Place }

// ID is random, and given once, when the store is made.
func (d *Database) ID() string { return d.Identity }

// Close ends the writing: what was appended is committed by then.
func (d *Database) Close() error {
	if d.stopRemoving != nil {
		d.stopRemoving()
		d.removing.Wait()
	}
	if d.Writer != nil {
		return d.Writer.Close()
	}
	return nil
}

// Watch is of [store.Waiter]: who only reads records nothing.
func (d *Database) Watch(hear func(store.Away)) (stop func()) {
	if d.Writer == nil {
		return func() {}
	}
	return d.Writer.Watch(hear)
}

// asked remembers by which key an account was asked for: a run keeps it.
func (d *Database) asked(a store.Account) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys[a.ID] = a.Key
}

// keyOf is what asked remembered.
func (d *Database) keyOf(account store.AccountID) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.keys[account]
}

// writable is the one that writes, unless the store was opened for reading.
func (d *Database) writable() (*write.Writer, error) {
	if d.Writer == nil {
		return nil, fmt.Errorf("store %s: %w", d.Pool.Place, errReadOnly)
	}
	return d.Writer, nil
}

// errReadOnly is a store that was opened for reading.
var errReadOnly = errors.New("it was opened for reading only")

// Append commits records of a run, together. An error of the records themselves,
// such as a run that was deleted, is told as it is, and others go on; all else is
// a [store.BrokenError], from then on for all.
func (d *Database) Append(run store.RunID, records ...store.Record) error {
	if d.Writer == nil {
		return &store.BrokenError{Place: d.Pool.Place, Err: errReadOnly}
	}
	return d.Writer.Append(run, records...)
}

// Export writes all records of a run, with their sequences.
func (d *Database) Export(ctx context.Context, run store.RunID, w io.Writer) error {
	return transfer.Export(ctx, d.Pool, d.Identity, run, w)
}

// Import takes a run back that was exported by this store.
func (d *Database) Import(ctx context.Context, r io.Reader) (store.Run, error) {
	w, err := d.writable()
	if err != nil {
		return store.Run{}, err
	}
	name, err := transfer.Import(ctx, d.Pool, w, d.Identity, r)
	if err != nil {
		return store.Run{}, err
	}
	return d.Run(ctx, name)
}
