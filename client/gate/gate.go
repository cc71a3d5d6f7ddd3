package gate

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/bulknum/bulknum/client/internal/learn"
	"github.com/bulknum/bulknum/client/internal/pause"
)

// Gate is the turnstile that every request of a client passes, reads and token
// requests included. One caller at a time is inside; it waits for a hold, for
// what the server asked, and for the rate, looks again, and leaves. So requests
// leave one by one at the rate also after a wait, and a change of rate applies
// to a wait that has begun. Its methods may be called at any time.
type Gate struct {
	turn   chan struct{} // holds one: putting it in is entering
	jitter func() float64

	mu        sync.Mutex
	rate      Rate
	rates     map[string]Rate // of those who use the client; while there are some the slowest is the rate
	limiter   *rate.Limiter
	learner   *learn.Learner // nil: there is no limit
	least     Rate           // below which the learnt rate does not go
	apart     time.Time      // before which the next would come to the server too soon after the one before
	holds     []hold         // the oldest first
	heldSince time.Time      // when the first of the present holds began
	heldFor   time.Duration  // by those that are over
	underWay  int            // requests that have left and are not answered yet
	notBefore Wait
	share     share
	steps     int           // 429s in a row that did not say how long to wait
	stepped   time.Time     // when the last of them was counted
	changed   chan struct{} // closed, and replaced, when the one inside must look again
}

// New returns a gate that lets requests leave at a rate; the zero Rate is the default. jitter, in [0,1), spreads the
// waits after answers that do not say how long to wait.
func New(r Rate, jitter func() float64) *Gate {
	r = r.orDefault()
	g := &Gate{
		turn:    make(chan struct{}, 1),
		jitter:  jitter,
		rate:    r,
		rates:   make(map[string]Rate),
		limiter: rate.NewLimiter(rate.Every(r.Every()), 1),
		changed: make(chan struct{}),
	}
	relearn(g, 0)
	return g
}

// SetRate changes the rate, also of a wait that has begun. The zero Rate is [DefaultRate].
func (g *Gate) SetRate(r Rate) {
	r = r.orDefault()
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.present()
	g.rate = r
	changeFrom(g, before)
}

// SetRateFor changes the rate for as long as one of those who share the client, told apart by their names, uses it: until
// its EndRateFor. Of several such rates the slowest holds.
func (g *Gate) SetRateFor(name string, r Rate) {
	r = r.orDefault()
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.present()
	g.rates[name] = r
	changeFrom(g, before)
}

// EndRateFor ends the SetRateFor of this name, if there is one.
func (g *Gate) EndRateFor(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.present()
	delete(g.rates, name)
	changeFrom(g, before)
}

// changeFrom applies another rate than before: the caller holds mu. What was learnt of the limit stays, unless somebody asks for
// more.
func changeFrom(g *Gate, before Rate) {
	now := time.Now()
	if r := g.present(); g.learner == nil || r == Unlimited || r.most(now) > before.most(now) {
		relearn(g, 0)
	}
	applyLimit(g, now)
	g.wake()
}

// present is the rate that holds: the caller holds mu.
func (g *Gate) present() Rate {
	slowest, asked := g.rate, false
	for _, r := range g.rates {
		if !asked || r.Every() > slowest.Every() {
			slowest, asked = r, true
		}
	}
	return slowest
}

// Allowed returns the rate that is allowed, by the clock if it is one.
func (g *Gate) Allowed() Rate {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.present()
}

// Waiting returns what all requests wait for just now: a hold, or what the
// server asked for. An outage is told by Trace.Waiting.
func (g *Gate) Waiting() (Wait, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.blocked(time.Now())
}

func (g *Gate) blocked(now time.Time) (Wait, bool) {
	if len(g.holds) > 0 {
		return g.held(), true
	}
	return g.notBefore, now.Before(g.notBefore.Until)
}

// Pass waits for the caller's turn and returns true when its request may leave, which is
// under way from then on, until Landed. It returns false, with nothing of the rate used, once ready no longer holds.
// The only error is the cause of ctx, which ends the wait.
func (g *Gate) Pass(ctx context.Context, ready func(now time.Time) bool, tell func(Wait)) (bool, error) {
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return false, pause.Ended(ctx)
	}
	defer func() { <-g.turn }()
	var told Wait
	for ctx.Err() == nil {
		now := time.Now()
		if !ready(now) {
			return false, nil
		}
		wait, must, changed := g.look(now)
		if must == leave {
			return true, nil
		}
		if must == pushOthers || must == takeSlot {
			if err := g.ask(ctx, must); err != nil {
				return false, err
			}
			continue
		}
		if wait.Reason != "" && wait != told {
			told = wait
			tell(wait)
		}
		if err := pause.Until(ctx, wait.Until, changed); err != nil {
			return false, err
		}
	}
	return false, pause.Ended(ctx)
}

// next is what the one inside does next.
type next int

const (
	await      next = iota // for what there is to wait for
	pushOthers             // as the server asked for, by the quota, and look again
	takeSlot               // of the quota, and look again
	leave
)

// look takes one request off the rate and off the quota, or returns what must be waited for; a wait without a reason is the
// rate's.
func (g *Gate) look(now time.Time) (wait Wait, must next, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.share.pushed.IsZero() {
		return Wait{}, pushOthers, g.changed
	}
	if wait, blocked := g.blocked(now); blocked {
		return wait, await, g.changed
	}
	if wait, allowed := g.allows(now); !allowed {
		return wait, await, g.changed
	}
	if wait, must = g.shares(now); must == leave {
		g.share.allowed = false
		g.underWay++
	}
	return wait, must, g.changed
}

// allows takes one request off the rate, unless one was taken off it that has not left yet. The caller holds mu.
func (g *Gate) allows(now time.Time) (wait Wait, allowed bool) {
	if g.share.allowed {
		return Wait{}, true
	}
	changes := byClock(g, now)
	if now.Before(g.apart) {
		return Wait{Until: g.apart}, false
	}
	reservation := g.limiter.ReserveN(now, 1)
	delay := reservation.DelayFrom(now)
	if delay <= 0 {
		g.share.allowed = true
		return Wait{}, true
	}
	// Given back, because a reservation keeps its time when the rate changes.
	reservation.CancelAt(now)
	until := now.Add(delay)
	if !changes.IsZero() && changes.Before(until) {
		until = changes
	}
	return Wait{Until: until}, false
}

// byClock applies what holds at a moment, and returns when that changes; zero: it never does. The caller holds mu.
func byClock(g *Gate, now time.Time) (changes time.Time) {
	applyLimit(g, now)
	return g.present().Changes(now)
}

// PushBack moves "not before" for everybody, after an answer to a request that left
// at sent. Without a time from the server each 429 doubles the wait, but those that
// left together count once.
func (g *Gate) PushBack(reason Reason, sent time.Time, asked time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if asked <= 0 {
		if g.learner != nil || sent.Before(g.stepped) { // Answered knows better
			return
		}
		g.steps++
		g.stepped = now
		asked = pause.Throttled(g.steps, g.jitter())
	}
	pushBackFor(g, reason, now, asked)
}

// pushBackFor lets nobody leave for so long: the caller holds mu.
func pushBackFor(g *Gate, reason Reason, now time.Time, span time.Duration) {
	if until := now.Add(span); until.After(g.notBefore.Until) {
		g.notBefore = Wait{Reason: reason, Since: now, Until: until}
		if g.share.quota != nil {
			g.share.pushed = until
			g.wake() // so that others are told at once
		}
	}
}

// Await lets no request leave before the end of a wait that the server asked for of somebody else, such as an earlier
// process: of the longest one. A wait that is over changes nothing.
func (g *Gate) Await(w Wait) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.Until.After(g.notBefore.Until) {
		g.notBefore = w
		g.wake()
	}
}

// Worked notes that a request which left at sent was let through.
func (g *Gate) Worked(sent time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !sent.Before(g.stepped) {
		g.steps = 0
	}
}

// look again: the caller holds mu.
func (g *Gate) wake() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// WakeUp makes the one inside look again.
func (g *Gate) WakeUp() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wake()
}

// hold is one of the reasons why a gate lets nothing leave.
type hold struct {
	name, reason string
}

// Hold lets no request leave until its EndHold. There may be several holds, told apart by
// their names; a second one of the same name changes the reason.
func (g *Gate) Hold(name, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.holds) == 0 {
		g.heldSince = time.Now()
	}
	if i := slices.IndexFunc(g.holds, func(h hold) bool { return h.name == name }); i >= 0 {
		g.holds[i].reason = reason
	} else {
		g.holds = append(g.holds, hold{name, reason})
	}
	g.wake()
}

// EndHold ends the Hold of this name. Others stay.
func (g *Gate) EndHold(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := len(g.holds)
	g.holds = slices.DeleteFunc(g.holds, func(h hold) bool { return h.name == name })
	if before > 0 && len(g.holds) == 0 {
		g.heldFor += time.Since(g.heldSince)
	}
	g.wake()
}

// held is what all wait for while there are holds: the caller holds mu.
func (g *Gate) held() Wait {
	reasons := make([]string, len(g.holds))
	for i, h := range g.holds {
		reasons[i] = h.reason
	}
	return Wait{Reason: Hold, Since: g.heldSince, Detail: strings.Join(reasons, "; ")}
}

// HeldTime is for how long nothing could leave because of holds, in all.
func (g *Gate) HeldTime() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.holds) == 0 {
		return g.heldFor
	}
	return g.heldFor + time.Since(g.heldSince)
}

// UnderWay returns how many requests of any kind have left and are not answered yet.
func (g *Gate) UnderWay() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.underWay
}

// Quiet waits until no request is under way. After it, and until the EndHold of a Hold that
// was there before, the server gets no request. It takes up to the Timeout of a request.
// The only error is the cause of ctx, which ends the wait and not what is under way.
func (g *Gate) Quiet(ctx context.Context) error {
	for {
		g.mu.Lock()
		quiet, changed := g.underWay == 0, g.changed
		g.mu.Unlock()
		if quiet {
			return nil
		}
		if err := pause.Until(ctx, time.Time{}, changed); err != nil {
			return err
		}
	}
}

// Landed ends what pass began: the request is answered, or never will be.
func (g *Gate) Landed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.underWay--; g.underWay == 0 {
		g.wake()
	}
}
