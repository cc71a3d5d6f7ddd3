package client_test

import (
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
