package batch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// Whoever reports a run while it goes on does not write: the run will, at its end.
func TestAReportDuringARunIsNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(3)))
		asked := false
		b.config.Confirm = func(ctx context.Context, _ batch.Question) error {
			asked = true
			run, err := b.runs().Find(ctx, runs.Latest)
			if err != nil {
				return err
			}
			began := time.Now()
			_, done, ours, err := run.Hold(ctx)
			done()
			if ours || err != nil || time.Since(began) > 0 {
				t.Errorf("ours %v, error %v after %v", ours, err, time.Since(began))
			}
			return nil
		}
		if _, _, err := b.apply(); err != nil || !asked {
			t.Fatal(err)
		}
	})
}

// What a report would write of a run that somebody has gone on with meanwhile, is
// what the run is by now: nothing older is written over it.
func TestAReportIsOfTheRunAsItIsNow(t *testing.T) {
	testextent.Variant(t)
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(100)))
		old := b.half()
		if _, _, err := b.resume(old, batch.ResumeOptions{}); err != nil {
			t.Fatal(err)
		}
		now, done, ours, err := old.Hold(t.Context())
		if err != nil || !ours || now.Stop.Early() || !now.EndedAt.After(old.EndedAt) {
			t.Fatalf("ours %v, %+v, %v", ours, now.Stop, err)
		}
		n := 0
		for r, err := range now.Results(t.Context()) {
			if err != nil || r.Status != result.Updated {
				t.Errorf("%+v, %v", r, err)
			}
			n++
		}
		if n != 100 {
			t.Errorf("%d rows", n)
		}
		done()
	})
}

// Two who write reports of a run do so one after the other; nobody can go on with
// the run meanwhile, and it does not count as one that goes on.
func TestReportsAreWrittenOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(100)))
		run := b.half()
		_, done, ours, err := run.Hold(t.Context())
		if err != nil || !ours {
			t.Fatalf("ours %v, %v", ours, err)
		}
		if info := b.listed(); info.State != runs.Stopped || info.Holder != nil {
			t.Errorf("it is %s, held by %+v", info.State, info.Holder)
		}
		b.onceMore()
		_, err = batch.Resume(t.Context(), b.config, run.Identity.Name, batch.ResumeOptions{})
		wantLocked(t, err)
		began := time.Now()
		time.AfterFunc(5*time.Second, done)
		_, done, ours, err = run.Hold(t.Context())
		if took := time.Since(began); err != nil || !ours || took < 5*time.Second || took > 10*time.Second {
			t.Errorf("ours %v, %v after %v", ours, err, took)
		}
		_, second, ours, err := run.Hold(t.Context()) // the first never ends
		if second(); ours || err != nil {
			t.Errorf("ours %v, %v", ours, err)
		}
		done()
	})
}
