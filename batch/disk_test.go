package batch_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// Whichever record the disk cannot take: nothing leaves that is not recorded, and
// when there is space again, the run goes on to its end.
func TestAFullDiskAnywhere(t *testing.T) {
	const n = 4
	left, stopped := 0, true
	for ; stopped && left < 100; left += testextent.Spaced(5) {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{}, rows(n)))
			whole := b.config.Store
			b.config.Store = &storetest.Full{Store: whole, Left: left}
			run, _, err := b.apply()
			if stopped = run.Stop.Reason == result.StoppedByDisk || errors.Is(err, storetest.ErrFull); !stopped {
				return
			}
			b.config.Store = whole
			is, err := whole.Run(t.Context(), run.Identity.Name)
			if err != nil {
				t.Fatal(err)
			}
			intents := 0
			for _, err := range whole.Writes(t.Context(), store.WriteFilter{Run: is.ID}) {
				if err != nil {
					t.Fatal(err)
				}
				intents++
			}
			if sent := b.fake.Stats().Endpoints[sandbox.Update].Requests; sent > intents {
				t.Errorf("%d records: %d requests left, and %d are recorded", left, sent, intents)
			}
			again, results, err := b.resume(run, batch.ResumeOptions{})
			if err != nil || again.Stop.Early() {
				t.Fatalf("%d records: error %v, stop %v", left, err, again.Stop)
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: n})
			if updates := b.fake.Stats().Updates; updates != n {
				t.Errorf("%d records: %d updates", left, updates)
			}
		})
	}
	if left < 2*n+3 {
		t.Errorf("the test tests too little: a run has %d records", left)
	}
}

// What was asked and waited for is no truth, but a store that cannot take it will
// not take the truth either.
func TestUnwritableRequestsStopTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(3))
		b.config.Workers = 1
		b.config.Store = &storetest.Full{Store: b.config.Store, Counts: func(record store.Record) bool {
			_, is := record.(*store.Requests)
			return is
		}}
		run, _, _ := b.apply()
		if run.Stop.Reason != result.StoppedByDisk || b.fake.Stats().Updates > 1 {
			t.Errorf("stop %v after %d updates", run.Stop, b.fake.Stats().Updates)
		}
	})
}
