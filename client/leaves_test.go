package client_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// What was not ready to leave in time does not leave, and has not been applied; the next attempt asks anew.
func TestWhatIsLateDoesNotLeave(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		var attempts []client.Attempt
		c := newClient(t, cfg).With(client.Trace{
			Before: func(_ context.Context, a client.Attempt) (time.Time, error) {
				leaves := time.Now().Add(5 * time.Second)
				if a.N == 1 {
					time.Sleep(6 * time.Second) // as of a process that was stopped
				}
				return leaves, nil
			},
			Done: func(_ context.Context, a client.Attempt) {
				if a.Endpoint == client.EndpointUpdate {
					attempts = append(attempts, a)
				}
			},
		})
		if _, err := c.Update(t.Context(), update(testNumber)); err != nil {
			t.Fatal(err)
		}
		if len(attempts) != 2 || attempts[0].Applied != client.AppliedNo || attempts[0].Err == nil || attempts[1].Err != nil {
			t.Errorf("attempts %+v", attempts)
		}
		if n := len(server.arrivals()); n != 1 {
			t.Errorf("%d requests arrived, want 1", n)
		}
	})
}

// Who takes too long to be ready gives up its turn, and has another one.
func TestAgainPassesTheGateAgain(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		var asked []time.Time
		c := newClient(t, cfg).With(client.Trace{Before: func(_ context.Context, a client.Attempt) (leaves time.Time, err error) {
			if a.Endpoint == client.EndpointToken {
				return leaves, nil
			}
			if asked = append(asked, time.Now()); len(asked) == 1 {
				err = client.ErrAgain
			}
			return leaves, err
		}})
		if _, err := c.Update(t.Context(), update(testNumber)); err != nil {
			t.Fatal(err)
		}
		if len(asked) != 2 || asked[1].Sub(asked[0]) < cfg.Rate.Every() {
			t.Errorf("asked at %v", asked)
		}
		if n := len(server.arrivals()); n != 1 {
			t.Errorf("%d requests arrived, want 1", n)
		}
	})
}
