package client_test

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// A limit that the body of a 200 tells is a limit: all wait as long as it says, and each update is applied once.
func TestALimitToldInA200(t *testing.T) {
	for _, shape := range []sandbox.ErrorShape{sandbox.ErrorsSpec, sandbox.ErrorsProblem} {
		box, err := sandbox.New(sandbox.Config{Errors: shape, Faults: sandbox.Faults{
			At:         map[int]sandbox.Fault{3: sandbox.FaultSoft429, 4: sandbox.FaultSoft429, 6: sandbox.FaultSoft429},
			RetryAfter: 20 * time.Second,
		}})
		if err != nil {
			t.Fatal(err)
		}
		inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			cfg.BaseURL, cfg.MaxAttempts = "http://localhost", 1
			cfg.Rate, _ = client.ParseRate("1/s")
			start := time.Now()
			wantNoFailure(t, updateAll(t, newClient(t, cfg), 1, 10))
			if took := time.Since(start); took < time.Minute {
				t.Errorf("took %v, want the three waits of 20s", took)
			}
			if stats := box.Stats(); stats.Updates != 10 || stats.Endpoints[sandbox.Update].Requests != 13 {
				t.Errorf("%d updates by %d requests", stats.Updates, stats.Endpoints[sandbox.Update].Requests)
			}
		})
	}
}
