package database

import (
	"context"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/write"
)

// Locker locks accounts, as [store.Store] does.
type Locker interface {
	Lock(ctx context.Context, a store.Account, me store.Holder, wait time.Duration) (store.Lock, error)
}

// AdoptWith gives the runs of an account that the API does not name to another one.
// Nobody works with either meanwhile.
func (d *Database) AdoptWith(ctx context.Context, by Locker, from, to store.Account) error {
	w, err := d.writable()
	if err != nil {
		return err
	}
	me := store.Myself("", "bulknum store adopt")
	theirs, err := by.Lock(ctx, from, me, 0)
	if err != nil {
		return err
	}
	defer theirs.Release()
	ours, err := by.Lock(ctx, to, me, 0)
	if err != nil {
		return err
	}
	defer ours.Release()
	return w.Unsaved(w.Do(false, func(t *write.Tx) error {
		var name, api string
		if err := t.Row("SELECT coalesce(name, ''), api FROM accounts WHERE id = ? AND merged IS NULL", int64(from.ID)).Scan(&name, &api); err != nil {
			return fmt.Errorf("account %s is not what it was: %w", from, err)
		}
		if name != "" || api != to.API || from.ID == to.ID {
			return fmt.Errorf("account %s cannot go over to %s", from, to)
		}
		return t.Merge(int64(from.ID), int64(to.ID))
	}))
}
