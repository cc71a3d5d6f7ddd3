package batch_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// cache is a proxy that keeps answers to readings of some paths for some time, whatever
// the one who asks thinks of that.
type cache struct {
	http.RoundTripper
	path string // the end of the paths
	life time.Duration

	mu   sync.Mutex
	kept map[string]keptAnswer
}

type keptAnswer struct {
	http.Response
	body []byte
	at   time.Time
}

func (c *cache) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, c.path) {
		return c.RoundTripper.RoundTrip(r)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	is, ok := c.kept[r.URL.String()]
	if !ok || time.Since(is.at) > c.life {
		answer, err := c.RoundTripper.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		is = keptAnswer{Response: *answer, at: time.Now()}
		if is.body, err = io.ReadAll(answer.Body); err != nil {
			return nil, err
		}
		c.kept[r.URL.String()] = is
	}
	answer := is.Response
	answer.Body = io.NopCloser(bytes.NewReader(is.body))
	return &answer, nil
}

// behind puts a cache between the bench and the API.
func (b *bench) behind(path string, life time.Duration) {
	b.client.Transport = &cache{RoundTripper: b.client.Transport, path: path, life: life, kept: map[string]keptAnswer{}}
}

// lagging has readings lag behind every update.
func lagging(t *testing.T, behind string) sandbox.Config {
	t.Helper()
	faults, err := sandbox.ParseFaults("lag=1,lag-for=" + behind)
	if err != nil {
		t.Fatal(err)
	}
	return sandbox.Config{Faults: faults}
}

// A wave passes although readings lag behind its updates, however they are read, and not when they lag for longer than is
// told.
func TestAWaveWaitsForReadingsThatLag(t *testing.T) {
	testextent.Variant(t)
	for _, way := range []plan.ReadWay{plan.ReadEach, plan.ReadInventory} {
		for _, behind := range []string{"20s", "2h"} {
			synctest.Test(t, func(t *testing.T) {
				b := newCutover(t, lagging(t, behind), 20, 0, "5,100%")
				b.config.Read, b.config.ReadLag = way, 30*time.Second
				run, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				if behind == "2h" {
					wantStop(t, run, result.StoppedByWave, "wave 1 of 2: 5 drifted of 5 rows")
					return
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 20})
				wantWave(t, run, 1, true, 5, nil)
				wantWave(t, run, 2, true, 15, nil)
				if n := len(told[event.Noticed](b)); n != 2 {
					t.Errorf("told %d times that numbers are read again, want once a wave", n)
				}
			})
		}
	}
}

// A cache on the way keeps readings from before an update: neither a rollback nor a file with the values from before is
// taken for done, and a verification tells no drift.
func TestACacheMakesNoLieOfAReading(t *testing.T) {
	testextent.Variant(t)
	for _, path := range []string{"/numbers", "/numbers/inventory"} {
		synctest.Test(t, func(t *testing.T) {
			b := newCutover(t, sandbox.Config{}, 20, 0, "100%")
			rows, back := "Number,MessageRouteId\n", "Number,MessageRouteId\n"
			for i := range 20 {
				rows, back = rows+b.inventory(i)+",MRID-new\n", back+b.inventory(i)+",MRID-old\n"
			}
			b.config.Waves, b.config.ReadLag = nil, 30*time.Second
			b.client.Rate, _ = client.ParseRate("20/s")
			if path == "/numbers" {
				b.config.Read = plan.ReadEach
			}
			b.behind(path, 3*time.Second)
			applied := func(rows string) {
				t.Helper()
				b.again(rows)
				run, results, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 20})
			}
			applied(rows)
			applied(back)
			b.again(rows)
			run, _, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			b.onceMore()
			v, err := batch.Verify(t.Context(), b.config, run.Identity.Name)
			if err != nil || v.Counts[result.InSync] != 20 {
				t.Errorf("verified %v, error %v", v.Counts, err)
			}
			_, results, err := b.rollback(run, batch.RollbackOptions{})
			if err != nil {
				t.Fatal(err)
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: 20})
			for i := range 20 {
				if got := b.route(b.inventory(i)); got != "MRID-old" {
					t.Errorf("after the rollback %s has %s", b.inventory(i), got)
				}
			}
		})
	}
}

// A number that the listing shows as drifted is asked for by itself; but a listing that was right ten times is believed.
func TestTheListingIsNotTheLastWord(t *testing.T) {
	testextent.Variant(t)
	for _, drifted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := newCutover(t, sandbox.Config{}, 200, 0, "100%")
			b.config.Waves, b.config.ReadLag = nil, 30*time.Second
			b.behind("/numbers/inventory", 24*time.Hour)
			run, _, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour) // of synctest: takes no real time
			want := map[result.VerifyStatus]int{result.InSync: 200}
			if drifted {
				for i := range 200 {
					b.move(b.inventory(i), "MRID-old")
				}
				want = map[result.VerifyStatus]int{result.Drifted: 200}
			}
			b.onceMore()
			before := b.fake.Stats().Endpoints[sandbox.Number].Requests
			v, err := batch.Verify(t.Context(), b.config, run.Identity.Name)
			if err != nil || v.Counts[result.InSync] != want[result.InSync] || v.Counts[result.Drifted] != want[result.Drifted] {
				t.Errorf("verified %v, error %v, want %v", v.Counts, err, want)
			}
			if n := b.fake.Stats().Endpoints[sandbox.Number].Requests - before; drifted && n != 10 {
				t.Errorf("%d numbers were asked for by themselves, want 10", n)
			}
		})
	}
}
