package database

import (
	"context"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
)

// Delete forgets a run: at once for all who ask, and then bit by bit.
func (d *Database) Delete(ctx context.Context, run store.RunID) error {
	w, err := d.writable()
	if err != nil {
		return err
	}
	if err := w.Forget(run); err != nil {
		return err
	}
	return d.finishDeletions(ctx)
}

// RemoveInBackground goes on with deletions that were cut off, until the store is
// closed.
func (d *Database) RemoveInBackground(ctx context.Context) error {
	var left bool
	err := d.Pool.Row(ctx, `SELECT EXISTS (SELECT 1 FROM runs WHERE deleted_at <= ?)
		OR EXISTS (SELECT 1 FROM inputs WHERE sha256 IS NULL)`, record.Now()).Scan(&left)
	if err != nil || !left {
		return d.Pool.Unread(err)
	}
	ctx, d.stopRemoving = context.WithCancel(context.WithoutCancel(ctx))
	d.removing.Go(func() { _ = d.finishDeletions(ctx) }) // the next opening tries again
	return nil
}

// WaitRemoved waits for what RemoveInBackground does.
func (d *Database) WaitRemoved() { d.removing.Wait() }

// finishDeletions removes what deleted runs have left, and inputs whose run never
// came.
func (d *Database) finishDeletions(ctx context.Context) error {
	runs, err := query.Read(ctx, d.Pool, query.One[int64], "SELECT id FROM runs WHERE deleted_at <= ? ORDER BY id", record.Now())
	if err != nil {
		return err
	}
	for _, run := range runs {
		if err := d.Writer.Remove(ctx, run); err != nil {
			return err
		}
	}
	if len(runs) > 0 && d.Shrink != nil {
		if err := d.Shrink(ctx); err != nil {
			return err
		}
	}
	old := time.Now().Add(-keepUnfinished).UnixMicro()
	inputs, err := query.Read(ctx, d.Pool, query.One[int64], "SELECT id FROM inputs WHERE sha256 IS NULL AND made_at < ?", old)
	if err != nil {
		return err
	}
	for _, input := range inputs {
		if err := d.Writer.DropInput(input); err != nil {
			return err
		}
	}
	return nil
}

// keepUnfinished is after what time an input whose run never came is removed.
const keepUnfinished = 24 * time.Hour
