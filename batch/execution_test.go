package batch_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// summed is the summary of a run as the store has it now.
func summed(b *bench) *runs.Summary {
	b.t.Helper()
	s, err := b.opened().Summary(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// The time of a run is that of its executions: a plan that was applied hours later, a question
// that was declined the next day, and a resume the week after make it no slower.
func TestTheTimeOfARunIsThatOfItsExecutions(t *testing.T) {
	testextent.Variant(t)
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(60))
		b.config.All, b.client.Rate, b.config.Rate = false, rated(t, "1/s"), rated(t, "1/s")
		takes := func(what string, executions int, least, most time.Duration) {
			t.Helper()
			s := summed(b)
			took := time.Duration(s.DurationMs) * time.Millisecond
			if took < least || took > most || len(s.Executions) != executions {
				t.Errorf("%s: it took %s, by %+v", what, took, s.Executions)
			}
		}
		made, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		planning := made.EndedAt.Sub(made.StartedAt)
		takes("planned", 1, planning, planning)
		time.Sleep(14 * time.Hour) // of synctest: takes no real time
		b.config.Deadline = time.Now().Add(90 * time.Second)
		begun := time.Now()
		run, err := b.applyPlan(made)
		if err != nil || !run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		b.config.Deadline = time.Time{}
		first := planning + run.EndedAt.Sub(begun)
		takes("stopped", 2, first-time.Second, first)
		time.Sleep(24 * time.Hour) // of synctest: takes no real time
		b.config.Confirm = func(_ context.Context, q batch.Question) error { return q.Declined() }
		if _, _, err := b.resume(run, batch.ResumeOptions{}); !errors.Is(err, result.ErrDeclined) {
			t.Fatal(err)
		}
		takes("declined", 2, first-time.Second, first)
		time.Sleep(7 * 24 * time.Hour) // of synctest: takes no real time
		b.config.Confirm, begun = nil, time.Now()
		again, _, err := b.resume(run, batch.ResumeOptions{})
		if err != nil || again.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, again.Stop)
		}
		all := first + again.EndedAt.Sub(begun)
		takes("resumed", 3, all-2*time.Second, all)
	})
}

// What the store tells of when a run ends is what the run itself tells: the pauses between its
// waves, and what is read back after them, take time.
func TestTheStoresEstimateIsTheRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 90, 0, "30,60,100%")
		b.config.PauseBetween = 20 * time.Minute
		var compared atomic.Int32
		for _, after := range []time.Duration{2 * time.Minute, 10 * time.Minute, 30 * time.Minute} {
			time.AfterFunc(after, func() {
				at := time.Now()
				live, stored := b.config.Control.Status(at).RollbackWindow, summed(b).RollbackWindow
				if live == nil || stored == nil {
					t.Errorf("after %s: the run has %+v, the store %+v", after, live, stored)
					return
				}
				compared.Add(1)
				if off := live.EndsAt.Sub(stored.EndsAt).Abs(); off > 10*time.Second || live.RollbackMs != stored.RollbackMs {
					t.Errorf("after %s: the run has %+v, the store %+v", after, live, stored)
				}
			})
		}
		if run, _, err := b.apply(); err != nil || run.Stop.Early() || compared.Load() != 3 {
			t.Fatalf("error %v, stop %v, compared %d times", err, run.Stop, compared.Load())
		}
	})
}
