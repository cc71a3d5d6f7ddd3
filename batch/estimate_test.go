package batch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
)

// rated is a rate of a test.
func rated(t *testing.T, text string) client.Rate {
	t.Helper()
	rate, err := client.ParseRate(text)
	if err != nil {
		t.Fatal(err)
	}
	return rate
}

// A plan that is applied at another rate takes as long as that needs: so says the
// question, in both of its lines, and so does what is said of the deadline.
func TestTheQuestionHasTheFiguresOfThisExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(120))
		b.config.All, b.client.Rate, b.config.Rate = false, rated(t, "20/s"), rated(t, "20/s")
		made, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		b.client.Rate, b.config.Rate = rated(t, "2/s"), rated(t, "2/s")
		b.config.Deadline = time.Now().Add(time.Hour)
		var asked batch.Question
		var at time.Time
		b.config.Confirm = func(_ context.Context, q batch.Question) error {
			asked, at = q, time.Now()
			if s := b.config.Control.Status(at); s.RollbackWindow == nil || !s.RollbackWindow.EndsAt.Equal(q.RollbackWindow.EndsAt) ||
				!s.Progress.Ends.Equal(q.RollbackWindow.EndsAt) {
				t.Errorf("the status has %+v, the question %+v", s.RollbackWindow, q.RollbackWindow)
			}
			return result.ErrDeclined
		}
		_, _ = b.applyPlan(made)
		if asked.Updates != 120 || asked.Takes < 60*time.Second || asked.Takes > 62*time.Second ||
			!asked.RollbackWindow.EndsAt.Equal(at.Add(asked.Takes)) {
			t.Errorf("%d updates take %s until %s, asked at %s", asked.Updates, asked.Takes, asked.RollbackWindow.EndsAt, at)
		}
		fits := fmt.Sprintf("the updates end at %s,", at.Add(asked.Takes).Format("2006-01-02 15:04:05 MST"))
		if told := b.told(); !strings.Contains(told, fits) {
			t.Errorf("%q is not told:\n%s", fits, told)
		}
	})
}

// A person who takes an hour to answer does not make the run slower: what is left takes as
// long as before, and it is one figure wherever it is shown. A rate that the API does not
// take is no estimate.
func TestOneEstimate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 90, 0, "30,100%")
		c, asked := b.config.Control, false
		left := func(what string, want time.Duration) {
			t.Helper()
			s := c.Status(time.Now())
			off := s.Progress.Left - want
			if off < -5*time.Second || off > 5*time.Second || s.RollbackWindow == nil || !s.Progress.Ends.Equal(s.RollbackWindow.EndsAt) ||
				!s.Progress.Ends.Equal(s.At.Add(s.Progress.Left)) {
				t.Errorf("%s: %s left until %s, want %s; window %+v", what, s.Progress.Left, s.Progress.Ends, want, s.RollbackWindow)
			}
		}
		every := client.DefaultRate().Every()
		b.config.ConfirmWave = func(context.Context, event.WaveEnded) error {
			asked = true
			time.Sleep(time.Hour) // of synctest: takes no real time
			if s := c.Status(time.Now()); s.Phase != control.PhaseAsking || s.Why == "" {
				t.Errorf("%s: %q", s.Phase, s.Why)
			}
			left("asked for an hour", 61*every)
			if err := c.Pause(t.Context(), "ada"); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Hour) // of synctest: takes no real time
			left("paused for an hour", 61*every)
			return c.Continue("ada", "")
		}
		_, _, err := b.apply()
		if err != nil || !asked {
			t.Fatalf("error %v, asked %v", err, asked)
		}
	})
}
