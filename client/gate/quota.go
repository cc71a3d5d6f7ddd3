package gate

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/bulknum/bulknum/client/internal/pause"
)

// Quota is a budget of requests that others spend as well: other processes, on this host or on others. A gate that has one
// takes a slot of it for each request that its own rate allows, before the request leaves, and so before its time-out
// begins. A gate calls one of its methods at a time.
type Quota interface {
	// Take takes the next free slot, long enough for n requests that leave one every so often. It does not wait for the
	// slot. An error means that nothing may leave.
	Take(ctx context.Context, every time.Duration, n int) (Slot, error)
	// PushBack lets no slot of anybody begin before so long is over: the server asked for it.
	PushBack(ctx context.Context, wait time.Duration) error
}

// Slot is a span of time in which requests may leave.
type Slot struct {
	// Begins and Ends are when, by this process's clock. One that was not used by its end is lost.
	Begins, Ends time.Time
	// Taken is false where others come first: then Begins is when to ask again.
	Taken bool
	// Asked tells that it begins as late as it does because the server asked somebody to wait.
	Asked bool
}

// QuotaError is a [Quota] that cannot be asked: nothing may leave.
type QuotaError struct{ Err error }

// Error tells the trouble.
func (e *QuotaError) Error() string {
	return fmt.Sprintf("what others spend cannot be told: %v", e.Err)
}

// Unwrap returns Err.
func (e *QuotaError) Unwrap() error { return e.Err }

// share is a gate's part of a quota. The gate's mu guards it.
type share struct {
	quota Quota // nil: nobody else spends anything
	// allowed tells that the gate's own rate allows a request that has not left yet.
	allowed bool
	slot    Slot
	wait    Wait      // for the slot
	left    int       // requests that may leave in the slot
	pushed  time.Time // until when the server asked to wait, which the quota has not been told
}

// toldAbove is how long a wait for what the server asked of others is at least that is told.
const toldAbove = time.Second

// shortestSlot is how long a slot is at least, so that a high rate is no high rate of taking slots.
const shortestSlot = 100 * time.Millisecond

// requestsIn is how many requests a slot is for: one, or as many as the shortest slot has.
func requestsIn(every time.Duration) int {
	if 2*every >= shortestSlot {
		return 1
	}
	return int(shortestSlot / max(every, 1))
}

// Share makes the gate take a slot of a quota for each request, from now on; nil: of none.
func (g *Gate) Share(q Quota) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.share = share{quota: q}
	g.wake()
}

// shares looks whether the quota lets a request leave that the rate allows: at once, at a time to wait for, or after another
// slot was taken. The caller holds mu.
func (g *Gate) shares(now time.Time) (wait Wait, must next) {
	s := &g.share
	switch {
	case s.quota == nil || g.limiter.Limit() == rate.Inf:
		return Wait{}, leave
	case now.Before(s.slot.Begins):
		return s.wait, await
	case s.left == 0 || now.After(s.slot.Ends):
		return Wait{}, takeSlot
	default:
		s.left--
		return Wait{}, leave
	}
}

// ask asks the quota for another slot, or tells it for how long the server asked to wait. Nobody else is inside.
func (g *Gate) ask(ctx context.Context, must next) (err error) {
	g.mu.Lock()
	quota, pushed, every := g.share.quota, g.share.pushed, inForce(g, time.Now())
	g.mu.Unlock()
	var slot Slot
	n := requestsIn(every)
	switch {
	case quota == nil:
		return nil
	case must == pushOthers:
		err = quota.PushBack(ctx, time.Until(pushed))
	default:
		slot, err = quota.Take(ctx, every, n)
	}
	if ended := pause.Ended(ctx); err != nil && ended != nil {
		return ended
	}
	if err != nil {
		return &QuotaError{err}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if must == pushOthers {
		if g.share.pushed.Equal(pushed) {
			g.share.pushed = time.Time{}
		}
		return nil
	}
	if !slot.Taken {
		n = 0
	}
	g.share.slot, g.share.left, g.share.wait = slot, n, Wait{Until: slot.Begins}
	if now := time.Now(); slot.Asked && slot.Begins.Sub(now) > toldAbove {
		g.share.wait = Wait{Reason: Throttled, Since: now, Until: slot.Begins, Detail: "the API asked another command to wait"}
	}
	return nil
}

// AskedError is a longer wait than this process takes, for which the server asked another one.
type AskedError struct{ Left, Allowed time.Duration }

// Error tells both.
func (e *AskedError) Error() string {
	return fmt.Sprintf("the API asked another command to wait: %v are left, longer than the allowed %v", pause.Roughly(e.Left), e.Allowed)
}
