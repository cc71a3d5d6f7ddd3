package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// dials counts the connections that a transport asks for.
func dials(cfg *client.Config, n *atomic.Int32) {
	transport := cfg.Transport.(*http.Transport)
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		n.Add(1)
		return dial(ctx, network, addr)
	}
}

// overdue is when an outage that should have been given up ends after all, so
// that patience without an end fails a test and does not hang it.
const overdue = 3 * client.DefaultOutageWait

// failing answers a status to requests after the first few, until it is overdue.
func failing(status, after int) func(http.ResponseWriter, *http.Request, string) {
	var once sync.Once
	var start time.Time
	return func(w http.ResponseWriter, r *http.Request, number string) {
		once.Do(func() { start = time.Now() })
		if nth(r) > after && time.Since(start) < overdue {
			fail(w, status)
			return
		}
		ok(w, number)
	}
}

func TestServerDownFromTheStart(t *testing.T) {
	for _, workers := range []int{1, 4} {
		t.Run(fmt.Sprint(workers, " workers"), func(t *testing.T) {
			server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
			inBubble(t, server, func(t *testing.T, cfg client.Config, net *pipenet.Listener) {
				cfg.OutageWait = 3 * time.Second
				net.SetDown(true)
				time.AfterFunc(overdue, func() { net.SetDown(false) })
				var n atomic.Int32
				dials(&cfg, &n)
				c := newClient(t, cfg)
				start := time.Now()
				failed := updateAll(t, c, workers, 50)
				if len(failed) != 50 {
					t.Errorf("%d of 50 failed", len(failed))
				}
				for _, err := range failed {
					if e := wantError(t, err, client.KindOutage, client.AppliedNo); e.Attempts != 0 {
						t.Errorf("%d attempts of an update, want none", e.Attempts)
					}
				}
				took := time.Since(start)
				if took < 3*time.Second || workers > 1 && took > 3*time.Second {
					t.Errorf("took %v, want the 3s of the outage", took)
				}
				before := n.Load()
				_, err := c.Update(t.Context(), update(testNumber))
				wantError(t, err, client.KindOutage, client.AppliedNo)
				if n.Load() != before {
					t.Error("a call after the end still asked for a connection")
				}
			})
		})
	}
}

// TestAnOutageHoldsAndProbes: the server answers 503 from the fifth request on, for ten minutes.
func TestAnOutageHoldsAndProbes(t *testing.T) {
	server := &fake{}
	var start time.Time
	server.rest = func(w http.ResponseWriter, r *http.Request, number string) {
		if nth(r) > 4 && time.Since(start) < 10*time.Minute {
			fail(w, http.StatusServiceUnavailable)
			return
		}
		ok(w, number)
	}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		start = time.Now()
		cfg.Rate, _ = client.ParseRate("10/s")
		var mu sync.Mutex
		var probes []time.Time
		var over []client.Wait
		c := newClient(t, cfg).With(client.Trace{Waiting: func(_ context.Context, w client.Wait) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case w.Reason != client.WaitOutage:
			case w.Over:
				over = append(over, w)
			default:
				probes = append(probes, w.Until)
			}
		}})
		wantNoFailure(t, updateAll(t, c, 4, 30))

		var late []arrival // while the server was down, after the three that began the outage
		for _, a := range server.arrivals()[7:] {
			if a.at.Sub(start) < 10*time.Minute {
				late = append(late, a)
			}
		}
		const token = 100 * time.Millisecond // at the rate: the first reading of a kind needs one
		pause := time.Second
		for i, a := range late {
			if i >= len(probes) || a.at.Sub(probes[i]).Abs() > token {
				t.Errorf("request at %v is none of the told probes", a.at.Sub(start))
			}
			if i > 0 {
				pause = min(2*pause, time.Minute)
				if got := a.at.Sub(late[i-1].at); (got - pause).Abs() > token {
					t.Errorf("probe %d came %v after the one before, want %v", i, got, pause)
				}
				if a.number != "" && a.number == late[i-1].number {
					t.Errorf("probe %d is the same row again, though others wait", i)
				}
			}
		}
		if len(late) < 10 || len(over) != 1 || over[0].Until.Sub(start) < 10*time.Minute {
			t.Errorf("%d probes, told over %+v, want some and one end after 10m", len(late), over)
		}
	})
}

func TestAnOutageThatDoesNotEnd(t *testing.T) {
	server := &fake{rest: failing(http.StatusInternalServerError, 10)}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		start := time.Now()
		failed := updateAll(t, newClient(t, cfg), 4, 40)
		if took := time.Since(start); took < client.DefaultOutageWait || took > client.DefaultOutageWait+time.Minute {
			t.Errorf("took %v, want about %v", took, client.DefaultOutageWait)
		}
		maybe := 0
		for _, err := range failed {
			e, ok := errors.AsType[*client.Error](err)
			if !ok || e.Kind != client.KindOutage {
				t.Fatalf("got %v, want an outage", err)
			}
			if (e.Applied == client.AppliedMaybe) != (e.Attempts > 0) {
				t.Errorf("%d attempts and applied %v: each call tells of its own attempts", e.Attempts, e.Applied)
			}
			if e.Attempts > 0 {
				maybe++
			}
		}
		if len(failed) != 30 || maybe == 0 || maybe > 4 {
			t.Errorf("%d failed, %d of them doubtful, want 30 and those of the 4 workers", len(failed), maybe)
		}
	})
}

// One bad row is no outage where others are answered in between, also when there is one other worker, and it is slow.
// What looks like an outage for a moment costs the row a few more attempts, and the others nothing.
func TestOneBadRowIsNoOutage(t *testing.T) {
	for _, workers := range []int{2, 4} {
		for _, attempts := range []int{1, 2, client.DefaultMaxAttempts} {
			for _, slow := range []time.Duration{0, 20 * time.Second} {
				t.Run(fmt.Sprint(workers, " workers, ", attempts, " attempts, ", slow), func(t *testing.T) {
					server := &fake{}
					server.rest = func(w http.ResponseWriter, _ *http.Request, number string) {
						if number == "+18018010003" {
							fail(w, http.StatusInternalServerError)
							return
						}
						<-time.After(slow) // of the bubble: it takes no real time
						ok(w, number)
					}
					inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
						cfg.Rate, _ = client.ParseRate("2/s")
						cfg.MaxAttempts = attempts
						failed := updateAll(t, newClient(t, cfg), workers, 100)
						if len(failed) != 1 {
							t.Errorf("%d failed, want 1: %v", len(failed), failed)
						}
						e := wantError(t, failed["+18018010003"], client.KindUnavailable, client.AppliedMaybe)
						most := attempts + 3 // a reading of another row may be answered so often before its change is
						if slow > 0 {
							most = attempts + 5 // until another one is answered
						}
						if e.Attempts < attempts || e.Attempts > most {
							t.Errorf("%d attempts, want %d to %d", e.Attempts, attempts, most)
						}
					})
				})
			}
		}
	}
}

func TestALoneCallThatIsAlwaysThrottledEnds(t *testing.T) {
	server := &fake{rest: failing(http.StatusTooManyRequests, 0)}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
		wantError(t, err, client.KindOutage, client.AppliedNo)
	})
}

// TestTokensProveNothing: their endpoint works, the one that they are for does not.
func TestTokensProveNothing(t *testing.T) {
	server := &fake{rest: failing(http.StatusServiceUnavailable, 0)}
	server.tokens = func(w http.ResponseWriter, _ *http.Request) { giveToken(w, "short-lived", 10*time.Second) }
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		start := time.Now()
		for _, err := range updateAll(t, newClient(t, cfg), 4, 10) {
			if e, ok := errors.AsType[*client.Error](err); !ok || e.Kind != client.KindOutage {
				t.Errorf("got %v, want an outage", err)
			}
		}
		if took := time.Since(start); took > client.DefaultOutageWait+time.Minute {
			t.Errorf("took %v, want one outage of %v", took, client.DefaultOutageWait)
		}
		if len(server.tokenFetches()) < 10 {
			t.Errorf("%d tokens: too few for the test to show anything", len(server.tokenFetches()))
		}
	})
}

func TestAnUntrustedCertificateEndsAtOnce(t *testing.T) {
	server := newTLSServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	cfg := config(nil)
	cfg.BaseURL = server.URL
	c := newClient(t, cfg)
	for _, err := range updateAll(t, c, 2, 5) {
		wantError(t, err, client.KindOutage, client.AppliedNo)
	}
}
