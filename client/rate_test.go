package client_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/internal/testextent"
)

func TestRateStaysUnderARollingQuota(t *testing.T) {
	box := newSandbox(t, sandbox.Quota{N: 50, Per: time.Minute, Window: sandbox.Rolling})
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		cfg.Rate = client.DefaultRate()
		start := time.Now()
		wantNoFailure(t, updateAll(t, newClient(t, cfg), 8, 300))
		if n := box.Stats().Throttled; n != 0 {
			t.Errorf("%d requests were answered 429, want none", n)
		}
		gap := cfg.Rate.Every()
		// The token is one request more.
		if took := time.Since(start); took < 299*gap-gap || took > 300*gap+gap {
			t.Errorf("took %v, want about 300 gaps of %v", took, gap)
		}
	})
}

func TestUpdatesLeaveOneByOneAtTheRate(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.Rate = client.DefaultRate()
		gap := cfg.Rate.Every()
		wantNoFailure(t, updateAll(t, newClient(t, cfg), 8, 300))
		seen := server.arrivals()
		if took := seen[len(seen)-1].at.Sub(seen[0].at); len(seen) != 300 || took.Round(time.Millisecond) != 299*gap {
			t.Errorf("%d updates took %v, want 300 in 299 gaps of %v", len(seen), took, gap)
		}
		for i := 1; i < len(seen); i++ {
			if got := seen[i].at.Sub(seen[i-1].at); got < gap || got > gap+time.Millisecond {
				t.Errorf("update %d came %v after the one before, want %v", i+1, got, gap)
			}
		}
	})
}

func TestEveryQuotaIsOvercome(t *testing.T) {
	for _, window := range []sandbox.Window{sandbox.Fixed, sandbox.Rolling, sandbox.Bucket, sandbox.Spaced} {
		for _, told := range []sandbox.RetryAfter{sandbox.RetrySeconds, sandbox.RetryDate, sandbox.RetryBody, sandbox.RetryNone} {
			t.Run(fmt.Sprint(window, " ", told), func(t *testing.T) {
				if told != sandbox.RetryNone { // TestNothingLeavesWhileTheGateWaits has what is told, in each form
					testextent.Variant(t)
				}
				box := newSandbox(t, sandbox.Quota{N: 50, Per: time.Minute, Window: window, RetryAfter: told})
				inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
					cfg.BaseURL = "http://localhost"
					cfg.Rate, _ = client.ParseRate("100/m")
					wantNoFailure(t, updateAll(t, newClient(t, cfg), 8, 200))
					stats := box.Stats()
					if stats.Throttled == 0 {
						t.Error("no request was answered 429: the test shows nothing")
					}
					for number, n := range stats.Numbers {
						if n.Updates != 1 {
							t.Errorf("%s was updated %d times, want once", number, n.Updates)
						}
					}
				})
			})
		}
	}
}

// TestNothingLeavesWhileTheGateWaits sends one 429 with each form of Retry-After.
func TestNothingLeavesWhileTheGateWaits(t *testing.T) {
	const asked, gap = time.Minute, time.Second
	for name, refuse := range map[string]func(http.ResponseWriter, time.Time){
		"seconds":  func(w http.ResponseWriter, _ time.Time) { w.Header().Set("Retry-After", "60") },
		"IMF date": func(w http.ResponseWriter, at time.Time) { w.Header().Set("Retry-After", at.Format(http.TimeFormat)) },
		"RFC 850 date": func(w http.ResponseWriter, at time.Time) {
			w.Header().Set("Retry-After", at.Format("Monday, 02-Jan-06 15:04:05 GMT"))
		},
		"asctime date": func(w http.ResponseWriter, at time.Time) { w.Header().Set("Retry-After", at.Format(time.ANSIC)) },
		"body text":    nil,
	} {
		t.Run(name, func(t *testing.T) {
			server := &fake{}
			const refused = 6 // the arrival that is refused
			server.rest = func(w http.ResponseWriter, r *http.Request, number string) {
				if nth(r) != refused {
					ok(w, number)
					return
				}
				// The server's clock is an hour ahead of ours.
				clock := time.Now().UTC().Add(time.Hour)
				w.Header().Set("Date", clock.Format(http.TimeFormat))
				if refuse != nil {
					refuse(w, clock.Add(asked))
				}
				w.WriteHeader(http.StatusTooManyRequests)
				if refuse == nil {
					_, _ = w.Write([]byte(`{"Title":"Too Many Requests","Status":429,"RetryAfter":"60"}`))
				}
			}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				cfg.Rate, _ = client.ParseRate("1/s")
				wantNoFailure(t, updateAll(t, newClient(t, cfg), 4, 12))
				seen := server.arrivals()
				if len(seen) != 13 {
					t.Fatalf("%d requests, want 12 and the one again", len(seen))
				}
				for i := 1; i < len(seen); i++ {
					want := gap
					if i == refused {
						want = asked
					}
					if got := seen[i].at.Sub(seen[i-1].at); got < want || got > want+time.Millisecond {
						t.Errorf("request %d came %v after the one before, want %v", i+1, got, want)
					}
				}
			})
		})
	}
}

func TestRateChangeAppliesToAWaitThatHasBegun(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.Rate, _ = client.ParseRate("1/h")
		c := newClient(t, cfg)
		start := time.Now()
		time.AfterFunc(10*time.Minute, func() { c.Gate().SetRate(client.Unlimited) })
		wantNoFailure(t, updateAll(t, c, 3, 5))
		if took := time.Since(start); took != 10*time.Minute {
			t.Errorf("took %v, want the 10m until the change", took)
		}
		if got := c.Gate().Rate(); got != client.Unlimited {
			t.Errorf("the gate's rate is %v", got)
		}
	})
}

func TestHoldLetsNothingLeave(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		c := newClient(t, cfg)
		c.Gate().Hold("pause", "lunch")
		time.AfterFunc(time.Hour, func() { c.Gate().EndHold("pause") })
		var told []client.Wait
		start := time.Now()
		watched := c.With(client.Trace{Waiting: func(_ context.Context, w client.Wait) { told = append(told, w) }})
		if _, err := watched.Update(t.Context(), update(testNumber)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != time.Hour {
			t.Errorf("took %v, want the hour of the hold", took)
		}
		if len(told) != 1 || told[0].Reason != client.WaitHold || told[0].Detail != "lunch" || !told[0].Since.Equal(start) {
			t.Errorf("told %+v, want one hold for lunch", told)
		}
	})
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		c := newClient(t, cfg)
		c.Gate().Hold("pause", "for ever")
		if w, waits := c.Gate().Waiting(); !waits || w.Reason != client.WaitHold {
			t.Errorf("the gate says it waits for %+v, %v", w, waits)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := c.Update(ctx, update(testNumber))
		e := wantError(t, err, client.KindStopped, client.AppliedNo)
		if e.Attempts != 0 || len(server.tokenFetches()) != 0 {
			t.Errorf("%d attempts and %d token requests, want none", e.Attempts, len(server.tokenFetches()))
		}
	})
}

func newSandbox(t *testing.T, quota sandbox.Quota) *sandbox.Sandbox {
	t.Helper()
	box, err := sandbox.New(sandbox.Config{Quota: quota})
	if err != nil {
		t.Fatal(err)
	}
	return box
}
