package prune

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// retainFor bounds what the end of a run takes for removing old ones: the rest is
// left to the next end.
const retainFor = 5 * time.Second

// Retain removes runs of a run's job that are older than is kept, as far as time
// allows, and says what went. That it cannot be done is told, and no reason to stop:
// what the run was to do is done.
func Retain(
	ctx context.Context, in runs.Folder, of store.Run, keep time.Duration,
) (kept *runs.Retention, notes []string) {
	kept = &runs.Retention{Keep: plan.Duration(keep)}
	until, cancel := context.WithTimeout(ctx, retainFor)
	defer cancel()
	if err := removeOld(until, in, of, keep, kept); err != nil {
		kept.Trouble = result.OneLine(err)
		notes = append(notes, "old runs of this job stay: "+kept.Trouble)
	}
	kept.StoreBytes = in.Store.Size()
	if n := len(kept.Removed); n > 0 {
		note := fmt.Sprintf("%s of this job older than %s removed: %s", runsOf(n), kept.Keep, store.FirstNames(kept.Removed))
		notes = append(notes, note)
	}
	return kept, notes
}

// removeOld removes what is old, the oldest first.
func removeOld(ctx context.Context, in runs.Folder, of store.Run, keep time.Duration, kept *runs.Retention) error {
	all, err := in.Siblings(ctx, of)
	if err != nil || len(all) == 0 || time.Since(all[len(all)-1].StartedAt) < keep {
		return err // the usual case costs no more
	}
	p, err := Find(ctx, Config{Folder: in, Job: of.Job, Account: of.Account.ID, Keep: keep, KeepLast: 1})
	if err != nil {
		return err
	}
	kept.Kept = len(p.Kept)
	for i, old := range slices.Backward(p.Old) {
		if ctx.Err() != nil {
			kept.Left = i + 1
			return nil
		}
		if err := Remove(context.WithoutCancel(ctx), in, old); err != nil {
			return err
		}
		kept.Removed = append(kept.Removed, old.Name)
	}
	return nil
}

func runsOf(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}
