package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/internal/testextent"
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
			_, err := c.Route(ctx, client.RouteOfMessages, "MRID-1")
			return err
		},
		sandbox.VoiceRoute: func(ctx context.Context, c *client.Client) error {
			_, err := c.Route(ctx, client.RouteOfVoice, "CRID-1")
			return err
		},
		sandbox.MessageRoutes: func(ctx context.Context, c *client.Client) error {
			_, err := c.Routes(ctx, client.RouteOfMessages)
			return err
		},
		sandbox.VoiceRoutes: func(ctx context.Context, c *client.Client) error {
			_, err := c.Routes(ctx, client.RouteOfVoice)
			return err
		},
		sandbox.Subscriber: func(ctx context.Context, c *client.Client) error {
			_, err := c.Subscriber(ctx, "TSUID-1")
			return err
		},
		sandbox.Subscribers: func(ctx context.Context, c *client.Client) error {
			_, err := c.Do(ctx, client.Request{Method: http.MethodGet, Path: "/distributor/subscribers"})
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
					if workers > 1 || attempts == 2 {
						testextent.Variant(t)
					}
					faults := []sandbox.Fault{sandbox.Fault429, sandbox.Fault503, sandbox.FaultHangUpBefore, sandbox.FaultHangUpAfter}
					if !testextent.Plain() { // these are met as a 503 is
						faults = append(faults, sandbox.Fault500, sandbox.Fault502, sandbox.Fault504)
					}
					for _, fault := range faults {
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
	all := slices.DeleteFunc(sandbox.Endpoints(), func(e sandbox.Endpoint) bool { return e == sandbox.Tokens })
	if endpoint == sandbox.Tokens {
		all = []sandbox.Endpoint{endpoint}
	}
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL, cfg.MaxAttempts, cfg.OutageWait = "http://localhost", attempts, time.Minute
		call := calls(orderOf(t, cfg))[endpoint]
		failFor(t, box, fault, 40*time.Second, all...)
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
		failFor(t, box, fault, overdue, all...)
		err := call(t.Context(), newClient(t, cfg))
		e, ok := errors.AsType[*client.Error](err)
		if !ok || e.Kind != client.KindOutage {
			t.Errorf("%s: got %v, want an outage after %v", fault, err, cfg.OutageWait)
			return
		}
		alone := strings.HasPrefix(e.Message, "the only call that there was to try failed for 1m")
		if alone == (endpoint == sandbox.Tokens) { // it is not at fault where there is no token
			t.Errorf("%s: told as %q", fault, e.Message)
		}
	})
}

// A lone call that always fails, though something else is answered, is not waited for again and again: it ends by its
// attempts, and the next one succeeds.
func TestALoneCallThatAlwaysFailsIsNoOutage(t *testing.T) {
	for _, endpoint := range []sandbox.Endpoint{sandbox.Update, sandbox.Number, sandbox.Order, sandbox.MessageRoute} {
		for _, workers := range []int{1, 2} {
			for _, fault := range []sandbox.Fault{
				sandbox.Fault429, sandbox.Fault500, sandbox.Fault503, sandbox.FaultHangUpBefore, sandbox.FaultHangUpAfter,
			} {
				t.Run(fmt.Sprint(endpoint, ", ", workers, " workers, ", fault), func(t *testing.T) {
					failAlone(t, endpoint, fault, workers)
				})
			}
		}
	}
}

func failAlone(t *testing.T, endpoint sandbox.Endpoint, fault sandbox.Fault, workers int) {
	t.Helper()
	box, err := sandbox.New(sandbox.Config{Numbers: 1})
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		call := calls(orderOf(t, cfg))[endpoint]
		failFor(t, box, fault, overdue, endpoint)
		c := newClient(t, cfg)
		before, start := box.Stats().Endpoints[endpoint].Requests, time.Now()
		done := make(chan error)
		for range workers {
			go func() { done <- call(t.Context(), c) }()
		}
		for range workers {
			e, ok := errors.AsType[*client.Error](<-done)
			if !ok || e.Kind != client.KindUnavailable {
				t.Errorf("got %v", e)
			}
		}
		sent := box.Stats().Endpoints[endpoint].Requests - before
		if most := workers * (2*client.DefaultMaxAttempts + 6); sent < client.DefaultMaxAttempts || sent > most {
			t.Errorf("%d requests, want at most %d", sent, most)
		}
		if took := time.Since(start); took > 5*time.Minute {
			t.Errorf("took %v", took)
		}
		if err := box.SetFaults(sandbox.Faults{}); err != nil {
			t.Fatal(err)
		}
		if err := call(t.Context(), c); err != nil {
			t.Errorf("the next one: %v", err)
		}
	})
}

// An outage of updates alone fails no row when it meets three of them: readings that are answered end no wait for it.
func TestAnOutageOfUpdatesAlone(t *testing.T) {
	box, err := sandbox.New(sandbox.Config{Numbers: 1})
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		failFor(t, box, sandbox.Fault503, 10*time.Minute, sandbox.Update)
		wantNoFailure(t, updateAll(t, newClient(t, cfg), 3, 30))
		stats := box.Stats()
		if sent := stats.Endpoints[sandbox.Update].Requests; sent > 30+3+20 {
			t.Errorf("%d updates were sent", sent)
		}
	})
}

// While nothing is answered, no update is sent to find out whether something is.
func TestProbesAreReadings(t *testing.T) {
	box, err := sandbox.New(sandbox.Config{Numbers: 1})
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		c := newClient(t, cfg)
		wantNoFailure(t, updateAll(t, c, 4, 4))
		failFor(t, box, sandbox.Fault503, 20*time.Minute, sandbox.Update, sandbox.Number, sandbox.Inventory)
		wantNoFailure(t, updateAll(t, c, 4, 20))
		stats := box.Stats()
		updates, reads := stats.Endpoints[sandbox.Update].Requests, stats.Endpoints[sandbox.Number].Requests
		if updates > 4+20+4 || reads < 5 {
			t.Errorf("%d updates and %d readings", updates, reads)
		}
	})
}

// failFor makes each request to some endpoints fail for so long.
func failFor(t *testing.T, box *sandbox.Sandbox, fault sandbox.Fault, span time.Duration, on ...sandbox.Endpoint) {
	t.Helper()
	always := map[sandbox.Fault]float64{fault: 1}
	if err := box.SetFaults(sandbox.Faults{Rates: always, On: on}); err != nil {
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
		failFor(t, box, sandbox.Fault503, overdue, sandbox.Inventory)
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
