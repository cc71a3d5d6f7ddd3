package batch

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// DefaultKeep is for how long the runs of a job are kept: a year, with time to
// compare a night with that of a year ago.
const DefaultKeep = "400d"

// retainFor bounds what the end of a run takes for removing old ones: the rest is
// left to the next end.
const retainFor = 5 * time.Second

// Retention is what the end of a run did about older ones of its job.
type Retention struct {
	// Keep is for how long they are kept.
	Keep string `json:"keep"`
	// Removed are the names of those that were removed, Kept is how many are as
	// old and still needed, and Left how many there was no time for.
	Removed []string `json:"removed,omitempty"`
	Kept    int      `json:"kept,omitempty"`
	Left    int      `json:"left,omitempty"`
	// StoreBytes is the size of the store's file after that.
	StoreBytes int64 `json:"storeBytes,omitempty"`
	// Trouble is what kept it from being done.
	Trouble string `json:"trouble,omitempty"`
}

// retain removes the job's runs that are older than the configuration keeps, as
// far as time allows, and says what went. That it cannot be done is told, and no
// reason to stop: what the run was to do is done.
func (e *engine) retain(ctx context.Context) {
	if e.cfg.Keep <= 0 {
		return
	}
	kept := &Retention{Keep: daysOf(e.cfg.Keep)}
	until, cancel := context.WithTimeout(ctx, retainFor)
	defer cancel()
	if err := e.removeOld(until, kept); err != nil {
		kept.Trouble = result.OneLine(err)
	}
	if info, err := os.Lstat(e.cfg.Store.Place()); err == nil {
		kept.StoreBytes = info.Size()
	}
	e.retained = kept
	if n := len(kept.Removed); n > 0 {
		e.emit(event.Noticed{Detail: fmt.Sprintf("%s of this job older than %s removed (--keep): %s", runsOf(n), kept.Keep, someOf(kept.Removed))})
	}
	if kept.Trouble != "" {
		e.emit(event.Noticed{Detail: fmt.Sprintf("old runs of this job stay, of which bulknum runs prune --keep %s --job %s says more: %s", kept.Keep, e.is.Job, kept.Trouble)})
	}
}

// removeOld removes what is old, the oldest first.
func (e *engine) removeOld(ctx context.Context, kept *Retention) error {
	in := e.cfg.runs()
	runs, err := in.Store.Runs(ctx, store.RunFilter{Account: e.is.Account.ID, Job: e.is.Job})
	if err != nil || len(runs) == 0 || time.Since(runs[len(runs)-1].StartedAt) < e.cfg.Keep {
		return err // the usual case costs no more
	}
	p, err := PlanPrune(ctx, PruneConfig{RunsFolder: in, Job: e.is.Job, Account: e.is.Account.ID, Keep: e.cfg.Keep, KeepLast: 1})
	if err != nil {
		return err
	}
	kept.Kept = len(p.Kept)
	for i, old := range slices.Backward(p.Old) {
		select {
		case <-ctx.Done():
			kept.Left = i + 1
			return nil
		default:
		}
		if err := in.Remove(context.WithoutCancel(ctx), old); err != nil {
			return err
		}
		kept.Removed = append(kept.Removed, old.Name)
	}
	return nil
}

// daysOf writes a length of time as --keep reads it.
func daysOf(d time.Duration) string {
	const day = 24 * time.Hour
	if d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}

func runsOf(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

// someOf names the first few.
func someOf(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}
