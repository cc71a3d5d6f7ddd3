package batch_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// Tokens that live two seconds, from an endpoint that answers 429 and 500 in
// between, by a clock that jumps: every row is done, and tokens are fetched one
// at a time.
func TestTokenTroubleInALongRun(t *testing.T) {
	testextent.Variant(t)
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		trouble := func(r *http.Request) http.Handler {
			if !strings.HasSuffix(r.URL.Path, "/tokens") {
				return nil
			}
			switch asked.Add(1) % 5 {
			case 2:
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", "1")
					status(http.StatusTooManyRequests)(w, nil)
				})
			case 4:
				return status(http.StatusInternalServerError)
			default:
				return nil
			}
		}
		var offset atomic.Int64
		for at, jump := range map[time.Duration]time.Duration{20 * time.Second: time.Hour, 40 * time.Second: -2 * time.Hour, 60 * time.Second: 0} {
			time.AfterFunc(at, func() { offset.Store(int64(jump)) })
		}
		b := newBench(t, sandbox.Config{
			TokenLife: 2 * time.Second,
			Latency:   50 * time.Millisecond,
			Answer:    trouble,
			Now:       func() time.Time { return time.Now().Add(time.Duration(offset.Load())) },
		}, rows(300))
		b.client.Rate, _ = client.ParseRate("5/s")
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 300})
		if n := b.fake.Stats().TokensAtOnce; n != 1 {
			t.Errorf("%d tokens at once", n)
		}
	})
}
