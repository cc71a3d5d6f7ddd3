package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/write"
)

// Delete forgets a run: at once for all who ask, and then bit by bit.
func (s *Store) Delete(ctx context.Context, run store.RunID) error {
	w, err := s.writable()
	if err != nil {
		return err
	}
	if err := w.Forget(run); err != nil {
		return err
	}
	return s.finishDeletions(ctx)
}

// removeInBackground goes on with deletions that were cut off, until the store is
// closed.
func (s *Store) removeInBackground(ctx context.Context) error {
	var left int
	err := s.pool.DB.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM runs WHERE deleted_at <= ?)
		OR EXISTS (SELECT 1 FROM inputs WHERE sha256 IS NULL)`, record.Now()).Scan(&left)
	if err != nil || left == 0 {
		return s.pool.Unread(err)
	}
	ctx, s.stopRemoving = context.WithCancel(context.WithoutCancel(ctx))
	s.removing.Go(func() { _ = s.finishDeletions(ctx) }) // the next opening tries again
	return nil
}

// finishDeletions removes what deleted runs have left, and inputs whose run never
// came.
func (s *Store) finishDeletions(ctx context.Context) error {
	runs, err := query.Read(ctx, s.pool, query.One[int64], "SELECT id FROM runs WHERE deleted_at <= ? ORDER BY id", record.Now())
	if err != nil {
		return err
	}
	for _, run := range runs {
		if err := s.writer.Remove(ctx, run); err != nil {
			return err
		}
	}
	if len(runs) > 0 {
		if err := s.shrink(ctx); err != nil {
			return err
		}
	}
	old := time.Now().Add(-keepUnfinished).UnixMicro()
	inputs, err := query.Read(ctx, s.pool, query.One[int64], "SELECT id FROM inputs WHERE sha256 IS NULL AND made_at < ?", old)
	if err != nil {
		return err
	}
	for _, input := range inputs {
		if err := s.writer.DropInput(input); err != nil {
			return err
		}
	}
	return nil
}

// keepUnfinished is after what time an input whose run never came is removed.
const keepUnfinished = 24 * time.Hour

// pagesAtATime is how many pages are given back to the disk at a time.
const pagesAtATime = 500

// shrink gives the pages that nothing is in any more back to the disk, some at a
// time: another process that wants to write waits no longer than for these.
func (s *Store) shrink(ctx context.Context) error {
	for {
		var free int64
		began := time.Now()
		err := s.writer.Do(false, func(t *write.Tx) error {
			if err := t.Row("PRAGMA freelist_count").Scan(&free); err != nil || free == 0 {
				return err
			}
			return t.Through(fmt.Sprintf("PRAGMA incremental_vacuum(%d)", pagesAtATime)) // each step of it is a page
		})
		if err != nil || free <= pagesAtATime {
			return s.writer.Unsaved(err)
		}
		if err := write.Pause(ctx, time.Since(began)); err != nil {
			return err
		}
	}
}
