package batch_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/history"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// throttledOnce is an API that answers the nth update with a 429 and a Retry-After, and all
// others as ever. It counts the requests since.
func throttledOnce(nth int64, seconds string) (answer func(*http.Request) http.Handler, since *atomic.Int64) {
	var updates atomic.Int64
	since = new(atomic.Int64)
	return func(r *http.Request) http.Handler {
		if updates.Load() >= nth {
			since.Add(1)
		}
		if r.Method != http.MethodPost || updates.Add(1) != nth {
			return nil
		}
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", seconds)
			w.WriteHeader(http.StatusTooManyRequests)
		})
	}, since
}

// throttled is a run that was stopped a minute after the server had asked it to wait: with
// what a process would find that came then.
func (b *bench) throttled() (run *runs.Run, left client.Wait) {
	b.t.Helper()
	b.client.Rate, _ = client.ParseRate("100/s")
	b.config.Listeners = append(b.config.Listeners, func(e event.Event) {
		if a, ok := e.(event.Attempted); !ok || a.Asks.Reason == "" {
			return
		}
		account, err := b.config.Store.Account(b.t.Context(), b.config.API, b.config.Account)
		if err != nil {
			b.t.Error(err)
		}
		if left, err = history.Asked(b.t.Context(), b.runs(), account.ID, time.Hour); err != nil {
			b.t.Error(err)
		}
	})
	time.AfterFunc(time.Minute, func() { b.config.Control.Stop(sigint) })
	run, _, err := b.apply()
	if err != nil || run.Stop.Reason != result.StoppedBySignal {
		b.t.Fatalf("error %v, stop %v", err, run.Stop)
	}
	return run, left
}

// What the server asked to wait holds for the commands after, whatever ended the run that
// was asked: nothing leaves before.
func TestARetryAfterHoldsAcrossProcesses(t *testing.T) {
	for name, next := range map[string]func(*bench, *runs.Run) error{
		"resume": func(b *bench, run *runs.Run) error {
			_, _, err := b.resume(run, batch.ResumeOptions{})
			return err
		},
		"apply": func(b *bench, _ *runs.Run) error {
			b.config.Job = "other"
			b.again(rows(3))
			_, _, err := b.apply()
			return err
		},
		"verify": func(b *bench, run *runs.Run) error {
			b.onceMore()
			_, err := batch.Verify(b.t.Context(), b.config, run.Identity.Name)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answer, since := throttledOnce(10, "240")
				b := newBench(t, sandbox.Config{Answer: answer}, rows(100))
				began := time.Now()
				run, left := b.throttled()
				if left.Reason != client.WaitThrottled || time.Until(left.Until) < 179*time.Second {
					t.Fatalf("kept is %+v", left)
				}
				if took := time.Since(began); took > 2*time.Minute {
					t.Fatalf("it ended after %v", took)
				}
				before := since.Load()
				time.AfterFunc(time.Until(left.Until)-time.Second, func() {
					if n := since.Load() - before; n != 0 {
						t.Errorf("%d requests left before", n)
					}
				})
				if err := next(b, run); err != nil {
					t.Fatal(err)
				}
				if n := since.Load() - before; n == 0 || time.Now().Before(left.Until) {
					t.Errorf("%d requests, ended at %v", n, time.Now())
				}
				if !b.waited("the API asked an earlier command to wait") {
					t.Error("it was not told")
				}
			})
		})
	}
}

// waited reports whether a wait with this detail was told.
func (b *bench) waited(detail string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.events {
		if w, ok := e.(event.Waiting); ok && w.Detail == detail {
			return true
		}
	}
	return false
}

// A wait that is longer than this command allows ends it, and nothing leaves: also the one
// that ended the run before.
func TestTooLongARetryAfterHoldsAcrossProcesses(t *testing.T) {
	testextent.Variant(t) // of TestARetryAfterHoldsAcrossProcesses
	synctest.Test(t, func(t *testing.T) {
		answer, since := throttledOnce(10, "3600")
		b := newBench(t, sandbox.Config{Answer: answer}, rows(100))
		run, _, err := b.apply()
		if err != nil || run.Stop.Reason != result.StoppedByThrottling {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		before := since.Load()
		run, _, err = b.resume(run, batch.ResumeOptions{})
		if err != nil || run.Stop.Reason != result.StoppedByThrottling || since.Load() != before {
			t.Fatalf("error %v, stop %v, %d requests", err, run.Stop, since.Load()-before)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		if run, _, err = b.resume(run, batch.ResumeOptions{}); err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
	})
}
