package write

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

const (
	// Others write between: they have as long as a transaction took, and at least
	// shortestPause, at most longestPause.
	shortestPause, longestPause = 10 * time.Millisecond, time.Second
)

// keepRemoved is that a run was removed, with the function that gives the largest value. It may have been
// before, and have come back.
const keepRemoved = `INSERT INTO removed (run, name, rollback_of, first_sequence, last_sequence, at)
	SELECT u.id, u.name, CASE WHEN EXISTS (SELECT 1 FROM intents WHERE run = u.id) THEN u.rollback_of END, u.sequence, %s(u.sequence,
		coalesce((SELECT max(sequence) FROM milestones WHERE run = u.id), 0), coalesce((SELECT max(sequence) FROM intents WHERE run = u.id), 0),
		coalesce((SELECT max(sequence) FROM results WHERE run = u.id), 0), coalesce((SELECT max(sequence) FROM verifications WHERE run = u.id), 0)), ?
	FROM runs u WHERE u.id = ? ON CONFLICT (run) DO UPDATE SET name = excluded.name, rollback_of = excluded.rollback_of,
	first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence, at = excluded.at`

// Pause lets others write after a transaction.
func Pause(ctx context.Context, took time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(min(max(took, shortestPause), longestPause)):
		return nil
	}
}

// removals are the statements that take rows of a run away, each a few at a time.
// The intents go last: what a run did is known as long as anything is.
var removals = []struct {
	query   string
	atATime int
}{
	{"DELETE FROM request_blocks WHERE (run, n) IN (SELECT run, n FROM request_blocks WHERE run = ? LIMIT ?)", record.BlocksAtATime},
	{"DELETE FROM reading_blocks WHERE (run, n) IN (SELECT run, n FROM reading_blocks WHERE run = ? LIMIT ?)", record.BlocksAtATime},
	{"DELETE FROM plan_numbers WHERE (run, n) IN (SELECT run, n FROM plan_numbers WHERE run = ? LIMIT ?)", record.BlocksAtATime},
	{"DELETE FROM plan_ends WHERE run IN (SELECT run FROM plan_ends WHERE run = ? LIMIT ?)", record.BlocksAtATime},
	{"DELETE FROM plan_blocks WHERE (run, n) IN (SELECT run, n FROM plan_blocks WHERE run = ? LIMIT ?)", record.BlocksAtATime},
	{"DELETE FROM skipped WHERE (run, n) IN (SELECT run, n FROM skipped WHERE run = ? LIMIT ?)", record.RowsAtATime},
	{"DELETE FROM verifications WHERE sequence IN (SELECT sequence FROM verifications WHERE run = ? LIMIT ?)", record.RowsAtATime},
	{"DELETE FROM milestones WHERE sequence IN (SELECT sequence FROM milestones WHERE run = ? LIMIT ?)", record.RowsAtATime},
	{"DELETE FROM in_flight WHERE (run, line) IN (SELECT run, line FROM in_flight WHERE run = ? LIMIT ?)", record.RowsAtATime},
	{"DELETE FROM results WHERE sequence IN (SELECT sequence FROM results WHERE run = ? LIMIT ?)", record.RowsAtATime},
	{"DELETE FROM intents WHERE sequence IN (SELECT sequence FROM intents WHERE run = ? LIMIT ?)", record.RowsAtATime},
}

// Remove takes away what a deleted run has left, bit by bit.
func (w *Writer) Remove(ctx context.Context, run int64) error {
	for _, r := range removals {
		for removed := int64(r.atATime); removed == int64(r.atATime); {
			began := time.Now()
			err := w.Do(false, func(t *Tx) (err error) {
				removed, err = t.execCount(r.query, run, r.atATime)
				return err
			})
			if err != nil {
				return w.Unsaved(err)
			}
			if removed < int64(r.atATime) {
				break
			}
			if err := Pause(ctx, time.Since(began)); err != nil {
				return err
			}
		}
	}
	return w.Unsaved(w.Do(false, func(t *Tx) error { return t.removeRun(run) }))
}

// removeRun takes away a run that has nothing left, and its input if no other run
// has the same.
func (t *Tx) removeRun(run int64) error {
	var input, others int64
	err := t.Row("SELECT input, (SELECT count(*) FROM runs o WHERE o.input = u.input AND o.id <> u.id) FROM runs u WHERE id = ?", run).Scan(&input, &others)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // another process has done it
	}
	if err != nil {
		return err
	}
	if err := t.Exec("DELETE FROM unprotections WHERE cutover = ?", run); err != nil {
		return err
	}
	if err := t.Exec("DELETE FROM runs WHERE id = ?", run); err != nil || others > 0 {
		return err
	}
	return t.DropInput(input)
}

// Forget makes a run one that is not there any more. What it has left is removed
// later.
func (w *Writer) Forget(run store.RunID) error {
	return w.Unsaved(w.Do(false, func(t *Tx) error {
		changed, err := t.execCount("UPDATE runs SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL", record.Now(), int64(run))
		if err == nil && changed == 0 {
			err = fmt.Errorf("run %d: %w", run, store.ErrNotFound)
		}
		if err == nil {
			err = t.Exec(fmt.Sprintf(keepRemoved, t.w.o.Dialect.Greatest), record.Now(), int64(run))
		}
		delete(t.accounts, run)
		return err
	}))
}

// DropInput forgets an input whose run never came.
func (w *Writer) DropInput(id int64) error {
	if id == 0 {
		return nil // it was not even begun
	}
	return w.Unsaved(w.Do(false, func(t *Tx) error { return t.DropInput(id) }))
}
