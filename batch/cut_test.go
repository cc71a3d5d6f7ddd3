package batch_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// perNumber counts the updates that reached the API, by number.
type perNumber struct {
	mu sync.Mutex
	of map[string]int
}

// updateOf is the number of an update; "": it is something else.
func updateOf(r *http.Request) string {
	var update struct{ Number string }
	if !strings.HasSuffix(r.URL.Path, "/update") || json.NewDecoder(r.Body).Decode(&update) != nil {
		return ""
	}
	return update.Number
}

// count is an Answer of a sandbox that answers nothing.
func (p *perNumber) count(r *http.Request) http.Handler {
	number := updateOf(r)
	if number == "" {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.of == nil {
		p.of = map[string]int{}
	}
	p.of[number]++
	return nil
}

// most is how many one number got.
func (p *perNumber) most() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	most := 0
	for _, n := range p.of {
		most = max(most, n)
	}
	return most
}

// stalled answers a 200 of which some of the body comes, and then nothing.
func stalled(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "500")
	_, _ = w.Write([]byte(`{"Number":`))
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// cutShort is stalled, but that the connection is closed.
func cutShort(w http.ResponseWriter, r *http.Request) {
	now, cancel := context.WithCancel(r.Context())
	cancel()
	stalled(w, r.WithContext(now))
	panic(http.ErrAbortHandler)
}

// A number whose update's answer is cut is read before anything is sent again.
func TestACutAnswerIsRead(t *testing.T) {
	testextent.Variant(t)
	synctest.Test(t, func(t *testing.T) {
		faults, err := sandbox.ParseFaults("truncated=1")
		if err != nil {
			t.Fatal(err)
		}
		var sent perNumber
		b := newBench(t, sandbox.Config{Faults: faults, Answer: sent.count}, rows(60))
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 60})
		if n := sent.most(); n != 1 {
			t.Errorf("a number got %d updates, want 1", n)
		}
	})
}

// An answer that stalls, of an update that never takes effect, is sent again after a reading, and no five times.
func TestAStalledAnswerIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{Answer: func(r *http.Request) http.Handler {
			if strings.HasSuffix(r.URL.Path, "/update") {
				return http.HandlerFunc(stalled)
			}
			return nil
		}}, rows(12))
		b.config.MaxFailures = plan.Limit{Share: 1}
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Unknown: 12})
		if n := b.lookups(client.EndpointUpdate); n > 3*12 {
			t.Errorf("12 numbers got %d updates", n)
		}
		if !strings.Contains(results[0].Error, "the answer of localhost:80 was not complete within 30s: 10 bytes came") {
			t.Errorf("the row says %q", results[0].Error)
		}
	})
}

// Where all answers are cut, readings too, the API is down: it is held and probed, and the run stops by that.
func TestAnswersThatAreAllCutAreAnOutage(t *testing.T) {
	testextent.Variant(t) // of TestACutAnswerIsRead
	for _, minutes := range []int{10, 90} {
		synctest.Test(t, func(t *testing.T) {
			var sent perNumber
			start := time.Now()
			b := newBench(t, sandbox.Config{Answer: func(r *http.Request) http.Handler {
				d := time.Since(start)
				if d > 30*time.Second && d < time.Duration(minutes)*time.Minute && !strings.HasSuffix(r.URL.Path, "/tokens") {
					sent.count(r)
					return http.HandlerFunc(cutShort)
				}
				return sent.count(r)
			}}, rows(60))
			run, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			if n := sent.most(); n > 2 {
				t.Errorf("a number got %d updates", n)
			}
			if minutes == 10 {
				if run.Stop.Early() {
					t.Errorf("stop %v", run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 60})
				return
			}
			wantStop(t, run, result.StoppedByOutage, "the answer of localhost:80 was cut short after")
			for _, r := range results {
				if r.Status == result.Failed {
					t.Errorf("failed for an outage: %+v", r)
				}
			}
		})
	}
}
