package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// calls are a call of each kind, by where the sandbox meets it.
func calls(order string) map[sandbox.Endpoint]func(context.Context, *client.Client) error {
	return map[sandbox.Endpoint]func(context.Context, *client.Client) error{
		sandbox.Update: func(ctx context.Context, c *client.Client) error {
			_, err := c.Update(ctx, update(testNumber))
			return err
		},
		sandbox.Number: func(ctx context.Context, c *client.Client) error {
			_, err := c.Number(ctx, testNumber)
			return err
		},
		sandbox.Inventory: func(ctx context.Context, c *client.Client) error {
			for _, err := range c.Inventory(ctx, 1) {
				return err
			}
			return errors.New("the inventory has no page")
		},
		sandbox.Order: func(ctx context.Context, c *client.Client) error {
			_, err := c.Order(ctx, order)
			return err
		},
		sandbox.MessageRoute: func(ctx context.Context, c *client.Client) error {
			_, err := c.MessageRoute(ctx, "MRID-1")
			return err
		},
		sandbox.VoiceRoute: func(ctx context.Context, c *client.Client) error {
			_, err := c.VoiceRoute(ctx, "CRID-1")
			return err
		},
		sandbox.Tokens: func(ctx context.Context, c *client.Client) error {
			_, err := c.Token(ctx, client.EndpointVoiceRoute)
			return err
		},
	}
}

// orderOf places an order, past all that a test lets go wrong.
func orderOf(t *testing.T, cfg client.Config) string {
	t.Helper()
	answer, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
	if err != nil {
		t.Fatal(err)
	}
	return answer.UpdateOrderId
}

// A lone call, and two at a time, outlast an outage of whatever they are about, however few attempts they have. An
// outage that does not end is told as such.
func TestAnOutageFailsNoLoneCall(t *testing.T) {
	for endpoint := range calls("") {
		for _, workers := range []int{1, 2} {
			for _, attempts := range []int{1, 2, client.DefaultMaxAttempts} {
				t.Run(fmt.Sprint(endpoint, ", ", workers, " workers, ", attempts, " attempts"), func(t *testing.T) {
					for _, fault := range []sandbox.Fault{
						sandbox.Fault429, sandbox.Fault500, sandbox.Fault502, sandbox.Fault503, sandbox.Fault504,
						sandbox.FaultHangUpBefore, sandbox.FaultHangUpAfter,
					} {
						outlast(t, endpoint, fault, workers, attempts)
					}
				})
			}
		}
	}
}

func outlast(t *testing.T, endpoint sandbox.Endpoint, fault sandbox.Fault, workers, attempts int) {
	t.Helper()
	box, err := sandbox.New(sandbox.Config{Numbers: 1})
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL, cfg.MaxAttempts, cfg.OutageWait = "http://localhost", attempts, time.Minute
		call := calls(orderOf(t, cfg))[endpoint]
		failFor(t, box, fault, endpoint, 40*time.Second)
		c := newClient(t, cfg)
		done := make(chan error)
		for range workers {
			go func() { done <- call(t.Context(), c) }()
		}
		for range workers {
			if err := <-done; err != nil {
				t.Errorf("%s: %v", fault, err)
			}
		}
		failFor(t, box, fault, endpoint, overdue)
		err := call(t.Context(), newClient(t, cfg))
		e, ok := errors.AsType[*client.Error](err)
		if !ok || e.Kind != client.KindOutage {
			t.Errorf("%s: got %v, want an outage after %v", fault, err, cfg.OutageWait)
			return
		}
		alone := strings.HasPrefix(e.Message, "the only call that there was to try failed for 1m0s: ")
		if alone == (endpoint == sandbox.Tokens) { // it is not at fault where there is no token
			t.Errorf("%s: told as %q", fault, e.Message)
		}
	})
}

// failFor makes each request to an endpoint fail for so long.
func failFor(t *testing.T, box *sandbox.Sandbox, fault sandbox.Fault, endpoint sandbox.Endpoint, span time.Duration) {
	t.Helper()
	always := map[sandbox.Fault]float64{fault: 1}
	if err := box.SetFaults(sandbox.Faults{Rates: always, On: []sandbox.Endpoint{endpoint}}); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(span, func() { _ = box.SetFaults(sandbox.Faults{}) }) // which are none
}

// That another call was answered since a call began does not make the later failures its own.
func TestAnOutageThatBeginsUnderACall(t *testing.T) {
	start := time.Time{}
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
		if number != lucky && time.Since(start) < time.Minute {
			fail(w, http.StatusServiceUnavailable)
			return
		}
		ok(w, number)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		start = time.Now()
		c := newClient(t, cfg)
		done := make(chan error)
		go func() {
			_, err := c.Update(t.Context(), update(testNumber))
			done <- err
		}()
		synctest.Wait() // it has met its first failure
		if _, err := c.Update(t.Context(), update(lucky)); err != nil {
			t.Error(err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// A call with a patience of its own ends when that is over, and leaves the way to others.
func TestPatienceOfACall(t *testing.T) {
	box, err := sandbox.New(sandbox.Config{Numbers: 1})
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		failFor(t, box, sandbox.Fault503, sandbox.Inventory, overdue)
		c := newClient(t, cfg)
		const patience = 20 * time.Second
		start := time.Now()
		for _, err := range c.WithPatience(patience).Inventory(t.Context(), 1) {
			wantError(t, err, client.KindUnavailable, client.AppliedNo)
		}
		if took := time.Since(start); took < patience || took > 2*patience {
			t.Errorf("took %v, want %v from when the outage began", took, patience)
		}
		start = time.Now()
		if _, err := c.Number(t.Context(), testNumber); err != nil || time.Since(start) != 0 {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}
