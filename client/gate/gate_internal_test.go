package gate

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/client/internal/pause"
)

func always(time.Time) bool { return true }

func ignore(Wait) {}

func TestThrottledTogetherCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Unlimited, rand.Float64)
		sent := time.Now()
		time.AfterFunc(time.Second, func() {
			for range 8 { // eight workers hear of the same quota
				g.PushBack(Throttled, sent, 0)
			}
		})
		<-time.After(time.Second)
		synctest.Wait()
		if w, waits := g.Waiting(); !waits || time.Until(w.Until) > pause.Throttled(1, 1) {
			t.Errorf("waits %v, want that of one 429", time.Until(w.Until))
		}
		<-time.After(pause.Throttled(2, 0))
		g.PushBack(Throttled, time.Now(), 0)
		if w, _ := g.Waiting(); time.Until(w.Until) < pause.Throttled(2, 0) {
			t.Errorf("waits %v after the second, want at least %v", time.Until(w.Until), pause.Throttled(2, 0))
		}
		<-time.After(time.Minute)
		g.Worked(time.Now())
		g.PushBack(Throttled, time.Now(), 0)
		if w, _ := g.Waiting(); time.Until(w.Until) > pause.Throttled(1, 1) {
			t.Errorf("waits %v after a success, want that of one 429", time.Until(w.Until))
		}
	})
}

func TestAShorterWaitDoesNotShortenALongerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Unlimited, rand.Float64)
		g.PushBack(Throttled, time.Now(), time.Minute)
		g.PushBack(Unavailable, time.Now(), time.Second)
		start := time.Now()
		if open, err := g.Pass(t.Context(), always, ignore); !open || err != nil || time.Since(start) != time.Minute {
			t.Errorf("got %v, %v after %v, want to leave after a minute", open, err, time.Since(start))
		}
	})
}

func TestWhoIsNoLongerReadyUsesNothingOfTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Rate{n: 1, per: time.Hour}, rand.Float64)
		ready := true
		g.Hold("test", "")
		left := make(chan bool)
		go func() {
			open, _ := g.Pass(t.Context(), func(time.Time) bool { return ready }, ignore)
			left <- open
		}()
		synctest.Wait()
		ready = false
		g.WakeUp()
		if <-left {
			t.Error("it left though it was no longer ready")
		}
		g.EndHold("test")
		start := time.Now()
		if open, _ := g.Pass(t.Context(), always, ignore); !open || time.Since(start) != 0 {
			t.Errorf("the next one waited %v", time.Since(start))
		}
	})
}

func TestAnEndedContextNeverPasses(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g := New(Unlimited, rand.Float64)
	for range 100 {
		if open, err := g.Pass(ctx, always, ignore); open || err == nil {
			t.Fatalf("got %v, %v", open, err)
		}
	}
}

// Each hold has its own end, and the time of all of them is counted once.
func TestHoldsAreReleasedByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, start := New(Unlimited, rand.Float64), time.Now()
		g.Hold("pause", "lunch")
		<-time.After(time.Minute)
		g.Hold("file", "frozen")
		if w, waits := g.Waiting(); !waits || w.Detail != "lunch; frozen" || !w.Since.Equal(start) {
			t.Errorf("waits for %+v, %v", w, waits)
		}
		g.EndHold("pause")
		g.EndHold("pause")
		<-time.After(time.Minute)
		if w, waits := g.Waiting(); !waits || w.Detail != "frozen" {
			t.Errorf("waits for %+v, %v", w, waits)
		}
		g.EndHold("file")
		<-time.After(time.Minute)
		if _, waits := g.Waiting(); waits || g.HeldTime() != 2*time.Minute {
			t.Errorf("waits: %v, held for %v", waits, g.HeldTime())
		}
	})
}

func TestQuietIsWhenAllHaveLanded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Unlimited, rand.Float64)
		for range 2 {
			if open, err := g.Pass(t.Context(), always, ignore); !open || err != nil {
				t.Fatal(open, err)
			}
			time.AfterFunc(time.Duration(g.UnderWay())*time.Minute, g.Landed)
		}
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.Quiet(ctx); err == nil {
			t.Error("quiet though two are under way")
		}
		if err := g.Quiet(t.Context()); err != nil || time.Since(start) != 2*time.Minute || g.UnderWay() != 0 {
			t.Errorf("error %v after %v, %d under way", err, time.Since(start), g.UnderWay())
		}
	})
}
