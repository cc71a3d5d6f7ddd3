package outage

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/client/gate"
)

var down = Failure{Message: "as the test wants it", Down: true}

func neverHeld() time.Duration { return 0 }

// begin returns an outage that has just begun, and the call that began it.
func begin(patience time.Duration) (*Watch, *Call) {
	o, c := New(patience, func() {}, neverHeld), &Call{}
	o.Failed(c, down, true)
	return o, c
}

// enterLater lets a call enter in the background and returns what it got.
func enterLater(ctx context.Context, o *Watch, c *Call) <-chan error {
	entered := make(chan error, 1)
	go func() { entered <- o.Enter(ctx, c) }()
	return entered
}

func got(entered <-chan error) bool {
	synctest.Wait()
	return len(entered) > 0
}

func TestOutageHandsTheProbeOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _ := begin(time.Hour)
		first, second := &Call{}, &Call{}
		if f := o.Enter(t.Context(), first); f != nil {
			t.Fatal(f)
		}
		entered := enterLater(t.Context(), o, second)
		if got(entered) || o.Allows(second) || !o.Allows(first) {
			t.Error("two calls probe at once")
		}
		o.Leave(second) // it is not its to hand on
		if got(entered) {
			t.Error("a call that does not probe handed the probe on")
		}
		o.Leave(first)
		if !got(entered) || !o.Allows(second) {
			t.Error("a prober that left did not hand the probe on")
		}
	})
}

func TestOutageLetsTheLastProberTryAgainWhenItIsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c := begin(time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		other := enterLater(ctx, o, &Call{})
		synctest.Wait()
		again := enterLater(t.Context(), o, c)
		synctest.Wait()
		cancel() // the other one goes away before the probe
		if !got(other) || got(again) {
			t.Fatal("the one call should have left, the other should wait")
		}
		start := time.Now()
		if f := <-again; f != nil || time.Since(start) != probeFirst {
			t.Errorf("got %v after %v, want in after %v", f, time.Since(start), probeFirst)
		}
	})
}

func TestOutageIsOverForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _ := begin(time.Hour)
		var waiting []<-chan error
		for range 3 {
			waiting = append(waiting, enterLater(t.Context(), o, &Call{}))
		}
		synctest.Wait()
		if news := o.Worked(); news == nil || !news.Over {
			t.Errorf("told %+v, want that it is over", news)
		}
		for _, entered := range waiting {
			if !got(entered) {
				t.Error("a call still waits though it is over")
			}
		}
		if news := o.Worked(); news != nil {
			t.Errorf("told %+v twice", news)
		}
		// What failed before it does not count towards the next one.
		for range outageCalls - 1 {
			if o.Failed(&Call{}, down, false).Down {
				t.Error("an outage began with fewer calls than it takes")
			}
		}
	})
}

func TestOutageCountsFailuresInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c := New(time.Hour, func() {}, neverHeld), &Call{}
		for range 10 {
			if o.Failed(c, down, false).Down {
				t.Fatal("one call alone began an outage")
			}
		}
		o.Failed(&Call{}, down, false)
		o.Worked()
		for range outageCalls - 1 {
			if o.Failed(&Call{}, down, false).Down {
				t.Error("failures before a success were counted")
			}
		}
		if o.Failed(&Call{}, Failure{}, false).Down {
			t.Error("an answer that cannot be trusted was counted")
		}
		if v := o.Failed(&Call{}, down, false); !v.Down || v.News == nil || v.News.Reason != gate.Outage {
			t.Errorf("got %v, %+v, want an outage that is told", v.Down, v.News)
		}
	})
}

func TestOutageGivesUpAtTheEndOfItsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		woken := 0
		o := New(5*time.Second, func() { woken++ }, neverHeld)
		start := time.Now()
		o.Failed(&Call{Sent: start}, down, true)
		var at []time.Duration
		for len(at) < 5 { // patience that begins anew with each probe has no end
			c := &Call{}
			if f := o.Enter(t.Context(), c); f != nil {
				if ended, ok := errors.AsType[*Ended](f); !ok || !ended.GivenUp || ended.Message != "the API has been down for 5s: as the test wants it" {
					t.Errorf("got %v", f)
				}
				break
			}
			at = append(at, time.Since(start))
			woken = 0
			o.Failed(c, down, false)
			if woken == 0 {
				t.Error("those in the gate were not woken")
			}
		}
		// Pauses of 1 s and 2 s, and the last probe at the end and not 4 s after the one before.
		if len(at) != 3 || at[0] != time.Second || at[1] != 3*time.Second || at[2] != 5*time.Second {
			t.Errorf("probes at %v", at)
		}
		if o.Allows(&Call{}) {
			t.Error("a call may still leave after it was given up")
		}
	})
}
