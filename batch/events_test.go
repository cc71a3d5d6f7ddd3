package batch_test

import (
	"maps"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// summed is how the rows of a run stand at its end, by what the events of its last
// execution told.
func (b *bench) summed() map[result.Status]int {
	counts := map[result.Status]int{}
	for _, e := range b.events {
		switch e := e.(type) {
		case event.Began:
			clear(counts)
		case event.Started:
			counts = maps.Clone(e.Counts)
		case event.Finished:
			counts[e.Was]--
			counts[e.Status]++
		case event.Ended:
			counts[result.NotAttempted] += counts[result.Planned]
			delete(counts, result.Planned)
		}
	}
	maps.DeleteFunc(counts, func(_ result.Status, n int) bool { return n == 0 })
	return counts
}

// Whoever only listens knows at the end what the results say, whatever happened
// on the way: orders that were pending, rows in doubt, a stop, a resumption.
func TestEventsAddUpToTheResults(t *testing.T) {
	judge := func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: "Processing"} }
	for name, c := range map[string]struct {
		fake    sandbox.Config
		waitFor time.Duration
	}{
		"quiet":   {},
		"pending": {fake: sandbox.Config{Judge: judge, Orders: sandbox.Orders{PendingFor: 90 * time.Second}}},
		"awaited": {fake: sandbox.Config{Judge: judge, Orders: sandbox.Orders{PendingFor: 90 * time.Second}}, waitFor: time.Hour},
		"in doubt": {fake: sandbox.Config{Answer: answers(
			silence, status(400), silence, status(http.StatusUnprocessableEntity), status(400),
		)}},
		"credentials refused": {fake: sandbox.Config{Answer: answers(status(403), status(403), status(403))}},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "quiet" || name == "pending" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, c.fake, rows(30))
				b.config.WaitFor, b.config.MaxFailures = c.waitFor, plan.Limit{Rows: 30}
				run, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				wantCounts(t, results, b.summed())
				b.config.WaitFor = time.Hour
				if _, results, err = b.resume(run, batch.ResumeOptions{RetryFailed: true}); err != nil {
					t.Fatal(err)
				}
				wantCounts(t, results, b.summed())
			})
		})
	}
}
