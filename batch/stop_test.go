package batch_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// Once a run is to stop in an outage, be it asked for, by a signal or by its deadline,
// nothing leaves any more: no retry, though rows are in doubt, and no probe.
func TestNothingLeavesAfterAStopInAnOutage(t *testing.T) {
	testextent.Variant(t) // of TestStopDrains
	for _, fault := range []sandbox.Fault{sandbox.Fault503, sandbox.FaultHangUpAfter} {
		for _, workers := range []int{1, 4} {
			for name, reason := range map[string]result.Reason{
				"asked for": result.StoppedByOperator, "signal": result.StoppedBySignal, "deadline": result.StoppedByDeadline,
			} {
				t.Run(string(fault)+", "+name, func(t *testing.T) {
					if workers == 1 && name != "signal" {
						testextent.Variant(t)
					}
					synctest.Test(t, func(t *testing.T) {
						const at = 30 * time.Second
						stopped := time.Now().Add(at)
						late := 0
						observe := func(s sandbox.Seen) {
							if s.Time.After(stopped) {
								late++
							}
						}
						b := newBench(t, sandbox.Config{Observe: observe}, rows(40))
						b.client.Rate, _ = client.ParseRate("2/s")
						b.config.Workers = workers
						time.AfterFunc(5*time.Second, func() {
							_ = b.fake.SetFaults(sandbox.Faults{Rates: map[sandbox.Fault]float64{fault: 1}, On: sandbox.Endpoints()})
						})
						time.AfterFunc(at+time.Second, func() { _ = b.fake.SetFaults(sandbox.Faults{}) }) // it comes back
						if reason == result.StoppedByDeadline {
							b.config.Deadline = stopped
						} else {
							time.AfterFunc(at, func() { b.config.Control.Stop(result.Stop{Reason: reason}) })
						}
						run, results, err := b.apply()
						if err != nil || run.Stop.Reason != reason {
							t.Fatalf("error %v, stop %v", err, run.Stop)
						}
						if late != 0 || time.Since(stopped) > time.Second {
							t.Errorf("%d requests after the stop, the end %v after it", late, time.Since(stopped))
						}
						got := counts(results)
						if got[result.Failed] != 0 || got[result.NotAttempted] == 0 || got[result.Updated] == 0 {
							t.Errorf("got %v", got)
						}
					})
				})
			}
		}
	}
}
