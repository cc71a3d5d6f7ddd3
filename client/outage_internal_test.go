package client

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

var down = &Error{Kind: KindUnavailable, Message: "as the test wants it", retry: true, down: true}

func neverHeld() time.Duration { return 0 }

// begin returns an outage that has just begun, and the call that began it.
func begin(patience time.Duration) (*outage, *call) {
	o, c := newOutage(patience, func() {}, neverHeld), &call{}
	o.failure(c, down, true)
	return o, c
}

// enterLater lets a call enter in the background and returns what it got.
func enterLater(ctx context.Context, o *outage, c *call) <-chan *Error {
	entered := make(chan *Error, 1)
	go func() { entered <- o.enter(ctx, c) }()
	return entered
}

func got(entered <-chan *Error) bool {
	synctest.Wait()
	return len(entered) > 0
}

func TestOutageHandsTheProbeOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _ := begin(time.Hour)
		first, second := &call{}, &call{}
		if f := o.enter(t.Context(), first); f != nil {
			t.Fatal(f)
		}
		entered := enterLater(t.Context(), o, second)
		if got(entered) || o.allows(second) || !o.allows(first) {
			t.Error("two calls probe at once")
		}
		o.leave(second) // it is not its to hand on
		if got(entered) {
			t.Error("a call that does not probe handed the probe on")
		}
		o.leave(first)
		if !got(entered) || !o.allows(second) {
			t.Error("a prober that left did not hand the probe on")
		}
	})
}

func TestOutageLetsTheLastProberTryAgainWhenItIsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c := begin(time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		other := enterLater(ctx, o, &call{})
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
		var waiting []<-chan *Error
		for range 3 {
			waiting = append(waiting, enterLater(t.Context(), o, &call{}))
		}
		synctest.Wait()
		if news := o.worked(); news == nil || !news.Over {
			t.Errorf("told %+v, want that it is over", news)
		}
		for _, entered := range waiting {
			if !got(entered) {
				t.Error("a call still waits though it is over")
			}
		}
		if news := o.worked(); news != nil {
			t.Errorf("told %+v twice", news)
		}
		// What failed before it does not count towards the next one.
		for range outageCalls - 1 {
			if isDown, _ := o.failure(&call{}, down, false); isDown {
				t.Error("an outage began with fewer calls than it takes")
			}
		}
	})
}

func TestOutageCountsFailuresInARow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, c := newOutage(time.Hour, func() {}, neverHeld), &call{}
		for range 10 {
			if isDown, _ := o.failure(c, down, false); isDown {
				t.Fatal("one call alone began an outage")
			}
		}
		o.failure(&call{}, down, false)
		o.worked()
		for range outageCalls - 1 {
			if isDown, _ := o.failure(&call{}, down, false); isDown {
				t.Error("failures before a success were counted")
			}
		}
		if isDown, _ := o.failure(&call{}, &Error{Kind: KindUntrusted, retry: true}, false); isDown {
			t.Error("an answer that cannot be trusted was counted")
		}
		if isDown, news := o.failure(&call{}, down, false); !isDown || news == nil || news.Reason != WaitOutage {
			t.Errorf("got %v, %+v, want an outage that is told", isDown, news)
		}
	})
}

func TestOutageGivesUpAtTheEndOfItsPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		woken := 0
		o := newOutage(5*time.Second, func() { woken++ }, neverHeld)
		start := time.Now()
		o.failure(&call{sent: start}, down, true)
		var at []time.Duration
		for len(at) < 5 { // patience that begins anew with each probe has no end
			c := &call{}
			if f := o.enter(t.Context(), c); f != nil {
				if f.Kind != KindOutage || f.Message != "the API has been down for 5s: as the test wants it" {
					t.Errorf("got %+v", f)
				}
				break
			}
			at = append(at, time.Since(start))
			woken = 0
			o.failure(c, down, false)
			if woken == 0 {
				t.Error("those in the gate were not woken")
			}
		}
		// Pauses of 1 s and 2 s, and the last probe at the end and not 4 s after the one before.
		if len(at) != 3 || at[0] != time.Second || at[1] != 3*time.Second || at[2] != 5*time.Second {
			t.Errorf("probes at %v", at)
		}
		if o.allows(&call{}) {
			t.Error("a call may still leave after it was given up")
		}
	})
}
