package control_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
)

// A wave that is held waits for Next, or for its time, and those who ask are
// told why.
func TestNextLetsAHeldWaveGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := control.New()
		let := make(chan error, 1)
		go func() { let <- c.AwaitNext(t.Context(), 2, time.Time{}, "wave 1 of 3 is done") }()
		time.Sleep(time.Minute) // of synctest: takes no real time
		if s := c.Status(time.Now()); s.Phase != control.PhaseHeld || s.HeldWave != 2 || s.Why != "wave 1 of 3 is done" || !slices.Equal(s.Ways, []control.Way{{Do: event.CommandNext, Wave: 2}}) || time.Since(s.Since) != time.Minute {
			t.Errorf("got %+v", s)
		}
		if err := c.Next("alice", 0); err != nil {
			t.Error(err)
		}
		if err := <-let; err != nil {
			t.Error(err)
		}
		if err := c.Next("alice", 0); err == nil {
			t.Error("the next wave was let go before it was held")
		}
		began := time.Now()
		if err := c.AwaitNext(t.Context(), 3, began.Add(time.Hour), ""); err != nil || time.Since(began) != time.Hour {
			t.Errorf("error %v after %v", err, time.Since(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.AwaitNext(ctx, 4, time.Time{}, ""); err == nil {
			t.Error("an ended context lets waves go")
		}
		if s := c.Status(time.Now()); s.Phase != control.PhaseStarting {
			t.Errorf("got %+v", s)
		}
	})
}
