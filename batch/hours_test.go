package batch_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// from are hours that begin so long from now, and last so long.
func from(t *testing.T, now time.Time, wait, long time.Duration) hours.Hours {
	t.Helper()
	begins := now.Add(wait)
	h, err := hours.Parse(begins.Format("15:04") + "-" + begins.Add(long).Format("15:04"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// updatesAt are when updates came, by number.
type updatesAt struct {
	mu sync.Mutex
	at map[string][]time.Time
}

// take is a [sandbox.Config.Answer] that answers nothing itself.
func (u *updatesAt) take(r *http.Request) http.Handler {
	if number := updateOf(r); number != "" {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.at == nil {
			u.at = map[string][]time.Time{}
		}
		u.at[number] = append(u.at[number], time.Now())
	}
	return nil
}

// A run waits for its hours, stops when they end, and goes on in those of the next nights, as often as its plan says.
func TestHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen updatesAt
		b := newBench(t, sandbox.Config{Answer: seen.take}, rows(100))
		began := time.Now()
		first := began.Add(time.Hour)
		b.config.Hours = from(t, began, time.Hour, time.Minute)
		b.config.Confirm = func(context.Context, batch.Question) error { return nil }
		var waits event.Held
		on(b, func(h event.Held) {
			if waits = h; h.Over || h.Since.After(first) {
				return
			}
			if s := b.config.Control.Status(time.Now()); !strings.HasPrefix(s.Why, "waiting until "+first.Format("15:04")) || !s.Until.Equal(first) ||
				s.RollbackWindow == nil || !s.RollbackWindow.EndsAt.Equal(first.Add(48*time.Hour+6250*time.Millisecond)) {
				t.Errorf("it waits as %q until %s, and ends as %+v", s.Why, s.Until, s.RollbackWindow)
			}
		})
		run, results, err := b.apply()
		if err != nil || !waits.Expected {
			t.Fatalf("%+v, %v", waits, err)
		}
		wantStop(t, run, result.StoppedByHours, "the hours "+b.config.Hours.String()+" have ended, and begin again at "+first.AddDate(0, 0, 1).Format("2006-01-02 15:04"))
		if run.Stop.ExitCode() != result.ExitStopped || !run.Stop.Reason.Expected() {
			t.Errorf("it stopped as %+v", run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 47, result.NotAttempted: 53}) // a token went first
		nights := run.Plan.Nights
		if nights == nil || !nights.BeginsAt.Equal(first) || nights.Nights != 3 || !nights.EndsAt.Equal(first.Add(48*time.Hour+6250*time.Millisecond)) {
			t.Fatalf("the plan says %+v", nights)
		}
		for range nights.Nights - 1 {
			wantStop(t, run, result.StoppedByHours, "")
			if run, results, err = b.resume(run, batch.ResumeOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		if run.Stop.Early() {
			t.Errorf("after %d nights: %+v", nights.Nights, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 100})
		for number, at := range seen.at {
			if in := at[0].Sub(first) % (24 * time.Hour); len(at) != 1 || in < 0 || in >= time.Minute {
				t.Errorf("%s was sent at %s", number, at)
			}
		}
	})
}

// What ends a run that waits for its hours, or goes on in them, and what their end leaves alone.
func TestTheEndOfHours(t *testing.T) {
	testextent.Variant(t) // of TestHours
	stop := result.Stop{Reason: result.StoppedBySignal, Signal: 15}
	for name, c := range map[string]struct {
		fake      sandbox.Config
		wait      time.Duration // until the hours begin
		set       func(*bench)
		reason    result.Reason // "": it comes to its end
		updated   int
		took, say string
	}{
		"at once": {took: "37.5s", updated: 30},
		"the deadline in the wait": {
			wait: time.Hour, reason: result.StoppedByDeadline, took: "30m0s",
			set: func(b *bench) { b.config.Deadline = time.Now().Add(30 * time.Minute) },
		},
		"the deadline in the hours": {
			wait: time.Hour, reason: result.StoppedByDeadline, took: "1h0m10s", updated: 7,
			set: func(b *bench) { b.config.Deadline = time.Now().Add(time.Hour + 10*time.Second) },
		},
		"a stop in the wait": {
			wait: time.Hour, reason: result.StoppedBySignal, took: "0s",
			set: func(b *bench) { on(b, func(event.Held) { b.config.Control.Stop(stop) }) },
		},
		"a hold that lasts longer": {
			reason: result.StoppedByHours, took: "1m0s",
			set: func(b *bench) { _ = b.config.Control.Hold("hold file", "not yet") },
		},
		"orders that take longer": {
			fake: pendingOrders(sandbox.Orders{PendingFor: 90 * time.Second}), updated: 30,
			set: func(b *bench) { b.config.WaitFor = 10 * time.Minute },
		},
		"waves that take longer": {
			reason: result.StoppedByHours, took: "1m0s", updated: 10,
			set: func(b *bench) {
				b.again(routed(30, "MRID-new"))
				b.config.Waves, _ = plan.ParseWaves("10,100%")
				b.config.PauseBetween = time.Hour
			},
		},
		"a second pass that would begin later": {
			fake: func() sandbox.Config {
				r := newRefusing()
				r.refuse(3, 400, 1)
				return sandbox.Config{Answer: r.answer}
			}(),
			updated: 29, took: "37.5s", say: "no second pass: when it would begin, the hours",
			set: func(b *bench) { b.config.SecondPass = 5 * time.Minute },
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, c.fake, rows(30))
				b.config.Hours = from(t, time.Now(), c.wait, time.Minute)
				if c.set != nil {
					c.set(b)
				}
				began := time.Now()
				run, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				wantStop(t, run, c.reason, "")
				if took := time.Since(began); c.took != "" && took.String() != c.took || counts(results)[result.Updated] != c.updated {
					t.Errorf("%v after %s, want %d updated after %s", counts(results), took, c.updated, c.took)
				}
				var said strings.Builder
				for _, n := range told[event.Noticed](b) {
					said.WriteString(n.Detail + "\n")
				}
				if !strings.Contains(said.String(), c.say) {
					t.Errorf("it said %q, want %q", said.String(), c.say)
				}
			})
		})
	}
}

// Whether a run fits before its deadline is judged within its hours, and a rollback knows none.
func TestHoursOfTheDeadlineAndTheRollback(t *testing.T) {
	testextent.Variant(t) // of TestHours
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(96)))
		begins := time.Now().Add(time.Hour)
		b.config.Hours = from(t, time.Now(), time.Hour, time.Minute)
		b.config.Deadline, b.config.RequireFit = time.Now().Add(24*time.Hour), true
		_, _, err := b.apply()
		if text := refused(t, b, err); !strings.Contains(text, "after the deadline") {
			t.Errorf("got %q", text)
		}
		b.again(rows(30))
		run, _, err := b.apply()
		if err != nil || run.Stop.Early() || run.Plan.Ends().Before(begins) {
			t.Fatalf("stop %v, error %v", run.Stop, err)
		}
		time.Sleep(time.Hour)
		b.config.Deadline, b.config.RequireFit = time.Time{}, false
		began := time.Now()
		if _, results, err := b.rollback(run, batch.RollbackOptions{AllowClear: true}); err != nil || counts(results)[result.Updated] != 30 || time.Since(began) > 5*time.Minute {
			t.Errorf("%v after %s, %v", counts(results), time.Since(began), err)
		}
	})
}
