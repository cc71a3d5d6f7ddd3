package client_test

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/internal/testextent"
)

// A rate above the limit costs little time, and few refusals, also when nothing says how long to wait.
func TestALimitIsLearnt(t *testing.T) {
	for name, c := range map[string]struct {
		quota   sandbox.Quota
		rate    string
		updates int
		most    time.Duration
		refused int
	}{
		"rolling":        {sandbox.Quota{N: 10, Per: time.Second, Window: sandbox.Rolling}, "20/s", 120, 16 * time.Second, 8},
		"fixed":          {sandbox.Quota{N: 10, Per: time.Second, Window: sandbox.Fixed}, "20/s", 120, 16 * time.Second, 8},
		"bucket":         {sandbox.Quota{N: 10, Per: time.Second, Window: sandbox.Bucket}, "20/s", 120, 16 * time.Second, 8},
		"spaced":         {sandbox.Quota{N: 10, Per: time.Second, Window: sandbox.Spaced}, "20/s", 120, 18 * time.Second, 12},
		"auto, a minute": {sandbox.Quota{N: 300, Per: time.Minute, Window: sandbox.Rolling}, "auto", 3_000, 14 * time.Minute, 20},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "rolling" && name != "fixed" && name != "bucket" {
				testextent.Variant(t)
			}
			c.quota.RetryAfter = sandbox.RetryNone
			box := newSandbox(t, c.quota)
			inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				cfg.BaseURL = "http://localhost"
				cfg.Rate, _ = client.ParseRate(c.rate)
				cl, start := newClient(t, cfg), time.Now()
				wantNoFailure(t, updateAll(t, cl, 4, c.updates))
				took, learnt := time.Since(start), cl.Gate().Learnt()
				t.Logf("%d updates in %v, %d refused, %+v, at %v", c.updates, took, box.Stats().Throttled, learnt, cl.Gate().Rate())
				if took > c.most || box.Stats().Throttled > c.refused {
					t.Errorf("%d updates in %v, %d refused", c.updates, took, box.Stats().Throttled)
				}
				if learnt.Refusals != box.Stats().Throttled {
					t.Errorf("%d refusals, want %d", learnt.Refusals, box.Stats().Throttled)
				}
			})
		})
	}
}

// When somebody else spends of a limit below which the rate had held, the client gives way and says so, and says when it is
// back.
func TestTheRateGivesWayAndComesBack(t *testing.T) {
	box := newSandbox(t, sandbox.Quota{N: 50, Per: time.Minute, Window: sandbox.Rolling, RetryAfter: sandbox.RetryNone})
	var others atomic.Bool // leave 25 requests of any minute
	var passed []time.Time
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := time.Now()
		passed = slices.DeleteFunc(passed, func(at time.Time) bool { return now.Sub(at) >= time.Minute })
		if others.Load() && len(passed) >= 25 {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		passed = append(passed, now)
		box.ServeHTTP(w, r)
	})
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		cfg.Rate = client.DefaultRate()
		var told []client.Yielding
		cl := newClient(t, cfg).With(client.Trace{Yielding: func(_ context.Context, y client.Yielding) { told = append(told, y) }})
		wantNoFailure(t, updateAll(t, cl, 1, 120))
		if len(told) > 0 {
			t.Fatalf("told %v while nobody else was there", told)
		}
		others.Store(true)
		wantNoFailure(t, updateAll(t, cl, 1, 60))
		if len(told) == 0 || told[0].Over || told[0].From != cfg.Rate || told[0].To.Every() <= cfg.Rate.Every() {
			t.Fatalf("told %v while somebody else was there", told)
		}
		others.Store(false)
		wantNoFailure(t, updateAll(t, cl, 1, 240))
		if last := told[len(told)-1]; !last.Over || last.To != cfg.Rate {
			t.Errorf("told %v in the end", told)
		}
	})
}
