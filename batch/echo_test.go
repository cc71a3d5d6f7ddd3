package batch_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
)

// An answer with the old settings is read after: three that were wrong are enough to pass over the others.
func TestAnOldEchoIsRefutedByAReading(t *testing.T) {
	for _, life := range []time.Duration{0, 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			faults, err := sandbox.ParseFaults("echo-old=1")
			if err != nil {
				t.Fatal(err)
			}
			b := newCutover(t, sandbox.Config{Faults: faults}, 20, 0, "100%")
			b.config.Waves, b.config.Workers, b.config.ReadLag = nil, 1, 30*time.Second
			b.client.Rate, _ = client.ParseRate("20/s")
			if b.config.Read = plan.ReadInventory; life > 0 {
				b.config.Read = plan.ReadEach // of which the cache keeps the answers
			}
			b.behind("/numbers", life)
			run, results, err := b.apply()
			if err != nil || run.Stop.Early() {
				t.Fatalf("error %v, stop %v", err, run.Stop)
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: 20})
			if r := results[0]; r.UpdateOrderId == "" || !strings.Contains(r.Error, `the answer has MessageRouteId "MRID-old", as it was`) {
				t.Errorf("the row says %+v", r)
			}
			if n := b.fake.Stats().Endpoints[sandbox.Number].Requests; life == 0 && n != 3 {
				t.Errorf("%d numbers were read, want 3", n)
			}
			if n := b.fake.Stats().Updates; n != 20 {
				t.Errorf("%d updates, want 20", n)
			}
		})
	}
}

// An update that is answered as complete and never takes effect is unknown, and not sent for ever.
func TestAnOldEchoThatIsTrueIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		faults, err := sandbox.ParseFaults("ignored=1")
		if err != nil {
			t.Fatal(err)
		}
		b := newCutover(t, sandbox.Config{Faults: faults}, 3, 0, "100%")
		b.config.Waves, b.config.ReadLag = nil, 30*time.Second
		began := time.Now()
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Unknown: 3})
		if r := results[0]; !strings.Contains(r.Error, "MRID-new -> MRID-old") || r.HTTPStatus != 200 {
			t.Errorf("the row says %+v", r)
		}
		if n := b.fake.Stats().Endpoints[sandbox.Update].Requests; n > 6 {
			t.Errorf("3 numbers got %d updates", n)
		}
		if time.Since(began) < 30*time.Second {
			t.Error("nobody waited for a reading that lags")
		}
	})
}
