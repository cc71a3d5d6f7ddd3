package client_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

func TestAttemptsThatAreUsedUp(t *testing.T) {
	server := &fake{rest: failOthers(http.StatusBadGateway)}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.MaxAttempts = 3
		var waits []client.Wait
		c := newClient(t, cfg)
		amongOthers(t, c, func() {
			watched := c.With(client.Trace{Waiting: func(_ context.Context, w client.Wait) { waits = append(waits, w) }})
			_, err := watched.Update(t.Context(), update(testNumber))
			e := wantError(t, err, client.KindUnavailable, client.AppliedMaybe)
			arrived := 0
			for _, a := range server.arrivals() {
				if a.number == testNumber {
					arrived++
				}
			}
			if e.Attempts != 3 || arrived != 3 || len(waits) != 2 || waits[0].Reason != client.WaitBackoff {
				t.Errorf("%d attempts, %d arrivals, waits %+v, want 3, 3 and two back-offs", e.Attempts, arrived, waits)
			}
		})
	})
}

func TestA429UsesUpNoAttempt(t *testing.T) {
	server := &fake{}
	server.rest = func(w http.ResponseWriter, r *http.Request, number string) {
		if nth(r) < 4 {
			w.Header().Set("Retry-After", "1")
			fail(w, http.StatusTooManyRequests)
			return
		}
		ok(w, number)
	}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.MaxAttempts = 1
		if _, err := newClient(t, cfg).Update(t.Context(), update(testNumber)); err != nil {
			t.Errorf("got %v, want success after three 429", err)
		}
	})
}

func TestA429BetweenDoesNotCount(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, r *http.Request, number string) {
		switch nth(r) {
		case 1, 2:
			fail(w, http.StatusTooManyRequests)
		case 3:
			fail(w, http.StatusInternalServerError)
		default:
			ok(w, number)
		}
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.MaxAttempts = 2
		if _, err := newClient(t, cfg).Update(t.Context(), update(testNumber)); err != nil {
			t.Errorf("got %v, want success in the second attempt that counts", err)
		}
	})
}

func TestALongerRetryAfterThanAllowed(t *testing.T) {
	for _, tt := range []struct {
		status     int
		asks, said string
	}{
		{http.StatusTooManyRequests, "301", "5m1s"},
		{http.StatusTooManyRequests, "300.5", "5m1s"},
		{http.StatusServiceUnavailable, "86400", "24h0m0s"},
		{http.StatusTooManyRequests, "2592000", "30 days"},
		{http.StatusServiceUnavailable, "99999999999999999999", "more than a year"},
		{http.StatusTooManyRequests, "Fri, 31 Dec 9999 23:59:59 GMT", "more than a year"},
	} {
		server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Retry-After", tt.asks)
			fail(w, tt.status)
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			start := time.Now()
			_, err := newClient(t, cfg).Number(t.Context(), testNumber)
			e := wantError(t, err, client.KindRateLimited, client.AppliedNo)
			want := fmt.Sprintf("asks to wait longer than the allowed 5m0s (%s): as the test wants it", tt.said)
			if e.RetryAfter <= 5*time.Minute || time.Since(start) != 0 || e.Message != want {
				t.Errorf("asked wait %v, took %v, says %q, want %q at once", e.RetryAfter, time.Since(start), e.Message, want)
			}
		})
	}
}

func TestA503MayAskForTime(t *testing.T) {
	server := &fake{}
	server.rest = func(w http.ResponseWriter, r *http.Request, number string) {
		if nth(r) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"Title":"Service Unavailable","RetryAfter":90}`))
			return
		}
		ok(w, number)
	}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		var waits []client.Wait
		c := newClient(t, cfg).With(client.Trace{Waiting: func(_ context.Context, w client.Wait) { waits = append(waits, w) }})
		start := time.Now()
		if _, err := c.Update(t.Context(), update(testNumber)); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) != 90*time.Second || len(waits) != 1 || waits[0].Reason != client.WaitUnavailable {
			t.Errorf("took %v with waits %+v, want 90s for the 503", time.Since(start), waits)
		}
	})
}
