// Package outage is the watch for an API that is down, told from calls that fail by themselves. While it is down all calls
// wait, and one of them at a time tries.
package outage

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bulknum/bulknum/client/gate"
	"github.com/bulknum/bulknum/client/internal/pause"
)

const (
	outageCalls = 3 // distinct calls that must fail in a row, where there are so many; or answers that are pages
	probeFirst  = time.Second
	probeMax    = time.Minute
)

// Call is one call of the API, as far as an outage concerns it.
type Call struct {
	// Patience is for how long it waits for an API that is down; 0, and more than others wait: as long as they do.
	Patience time.Duration
	// FailFast tells that it waits for no turn to try.
	FailFast bool
	// Sent is when its latest attempt left, and Connected whether some attempt reached the server.
	Sent      time.Time
	Connected bool

	worked  int // how often the API had worked when the call began, or was excused
	excused int // how often a reading was answered just before it failed again
}

// Failure is an attempt that failed.
type Failure struct {
	// Err is what it failed for, in the words of Message.
	Err     error
	Message string
	// Down tells that it does not show that the API works, Page that something else answered, Connected that there was a
	// connection, and Free that no number of attempts ends its call.
	Down, Page, Connected, Free bool
	// OfToken tells that it was no request of a call itself, and Hopeless that no waiting cures it.
	OfToken, Hopeless bool
}

// Verdict is what a failed attempt shows.
type Verdict struct {
	// Down tells that the API is down.
	Down bool
	// Fails tells that a call whose attempts are free fails by them all the same: others are answered meanwhile.
	Fails bool
	// News is what is to be told of the outage; nil: nothing.
	News *gate.Wait
}

// Ended is the outage by which a call ends that may make no attempt.
type Ended struct {
	// Cause is the latest failure, and Message what it ends with.
	Cause   Failure
	Message string
	// GivenUp tells that the outage was waited for to the end, by all; else the call's own patience is over.
	GivenUp bool
}

// Error is its message.
func (e *Ended) Error() string { return e.Message }

// Watch watches the attempts of the whole client. While the API is down all
// calls wait in Enter, and one of them at a time is let through as a probe.
type Watch struct {
	patience time.Duration
	wakeGate func()               // those in the gate must learn that they may no longer leave
	held     func() time.Duration // how long the gate was held in all

	mu      sync.Mutex
	works   int           // how often the API worked
	failed  map[*Call]int // failures of distinct calls since it last did
	pages   int           // answers since then that were a page, be they to one call
	since   time.Time     // zero: there is no outage
	first   time.Time     // when the first attempt left that failed since it last did
	before  time.Duration // held when it began
	cause   Failure       // the latest
	prober  *Call
	last    *Call // the prober before: another one is preferred, as its own row may be at fault
	probeAt time.Time
	pause   time.Duration
	lost    bool          // given up
	lasted  time.Duration // how long it failed by then
	waiting int
	changed chan struct{}
}

// New returns the watch of a client that waits so long for an API that is down. wakeGate is called when those in its gate
// must look whether they may still leave; held is how long that was held in all.
func New(patience time.Duration, wakeGate func(), held func() time.Duration) *Watch {
	return &Watch{
		patience: patience, wakeGate: wakeGate, held: held,
		failed: make(map[*Call]int), changed: make(chan struct{}),
	}
}

// Begin notes that a call begins.
func (o *Watch) Begin(c *Call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.worked = o.works
}

// Enter waits until a call may send: at once without an outage, else when it is its turn to probe. The error is an [Ended],
// or the end of ctx.
func (o *Watch) Enter(ctx context.Context, c *Call) error {
	o.count(1)
	defer o.count(-1)
	for {
		until, changed, in, lost := o.look(c, time.Now())
		if lost != nil {
			return lost
		}
		if in {
			return nil
		}
		if err := pause.Until(ctx, until, changed); err != nil {
			return err
		}
	}
}

func (o *Watch) count(change int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting += change
	if !o.since.IsZero() && change < 0 {
		o.wake() // the last prober may be the only one left
	}
}

func (o *Watch) look(c *Call, now time.Time) (until time.Time, changed <-chan struct{}, in bool, lost *Ended) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.lost:
		return until, nil, false, o.loss()
	case o.since.IsZero(), o.prober == c:
		return until, nil, true, nil
	}
	if c.Patience > 0 && c.Patience < o.patience {
		if until = o.end(c.Patience); !now.Before(until) {
			o.probeAt = now // for whoever goes on
			return until, nil, false, o.tooLong(c)
		}
	}
	others := o.prober != nil || c == o.last && o.waiting > 1
	switch {
	case c.FailFast && (others || now.Before(o.probeAt)):
		return until, nil, false, &Ended{Cause: o.cause, Message: "the API is down: " + o.cause.Message}
	case others:
		return until, o.changed, false, nil
	case now.Before(o.probeAt):
		if until.IsZero() || until.After(o.probeAt) {
			until = o.probeAt
		}
		return until, o.changed, false, nil
	default:
		o.prober = c
		return until, nil, true, nil
	}
}

// tooLong is how a call ends that does not wait as long as others do.
func (o *Watch) tooLong(c *Call) *Ended {
	return &Ended{Cause: o.cause, Message: fmt.Sprintf("it failed for %v: %s", pause.Roughly(c.Patience), o.cause.Message)}
}

// loss is how every call ends after the outage was given up.
func (o *Watch) loss() *Ended {
	message := fmt.Sprintf("the API has been down for %v: %s", pause.Roughly(o.lasted), o.cause.Message)
	switch {
	case o.cause.Hopeless:
		message = o.cause.Message
	case len(o.failed) == 1 && o.cause.Connected && !o.cause.OfToken: // it may be at fault itself
		message = fmt.Sprintf("the only call that there was to try failed for %v: %s", pause.Roughly(o.lasted), o.cause.Message)
	}
	return &Ended{Cause: o.cause, Message: message, GivenUp: true}
}

// Probes reports whether it is a call's turn to find out whether the API works, and how often it failed since it did.
func (o *Watch) Probes(c *Call) (turn bool, failed int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.prober == c, o.failed[c]
}

// Answered notes that a reading was answered, for the call at whose turn it was. Where fewer calls failed than it takes, the
// outage is over, and they make an attempt at once; after so many of those that fail they fail by themselves. Otherwise
// what they ask for may still be down.
func (o *Watch) Answered(c *Call) (news *gate.Wait, over bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.prober != c || len(o.failed) >= outageCalls {
		return nil, false
	}
	for failed := range o.failed {
		failed.excused++
		failed.worked = o.works
	}
	o.pages = 0
	return o.over(), true
}

// Allows reports whether a call that has entered may still leave the gate.
func (o *Watch) Allows(c *Call) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.since.IsZero() && !o.lost || o.prober == c
}

// Failed counts a failed attempt, the last that the call has or not.
func (o *Watch) Failed(c *Call, f Failure, last bool) Verdict {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	switch {
	case o.lost:
		return Verdict{Down: true}
	case !o.since.IsZero():
		return Verdict{Down: true, News: o.probed(c, f, now)}
	case !f.Down:
		return Verdict{}
	}
	if len(o.failed) == 0 {
		o.first = c.Sent
	}
	o.failed[c]++
	alone := c.excused >= outageCalls // it fails while others are answered: no outage begins for it again
	fails := f.Free && alone          // the rate is not what keeps it back
	// A lone call that is refused for its rate again and again has no limit of its own.
	endless := f.Free && !fails && o.failed[c] >= 2*outageCalls
	if f.Page {
		o.pages++
	}
	lone := last && o.faultless(c, f) || endless || o.pages >= outageCalls ||
		c.excused > 0 && c.worked == o.works // it was answered a reading, and nobody a change since
	if len(o.failed) < outageCalls && (alone || !lone) {
		return Verdict{Fails: fails}
	}
	o.since, o.before, o.pause, o.last, o.cause = now, o.held(), probeFirst, c, f
	return Verdict{Down: true, Fails: fails, News: o.schedule(now)}
}

// faultless reports whether a call that has used up its attempts does not fail for what it asks for: it never reached
// the server, there is no token, or no other call had more luck, of which there may be none.
func (o *Watch) faultless(c *Call, f Failure) bool {
	return !c.Connected || f.OfToken || c.worked == o.works || o.failed[c] > 1
}

// probed counts a failed probe; failures of requests that were under way when the outage began tell nothing new.
func (o *Watch) probed(c *Call, f Failure, now time.Time) *gate.Wait {
	if o.prober != c {
		return nil
	}
	o.failed[c]++
	o.prober, o.last, o.cause = nil, c, f
	if !now.Before(o.end(o.patience)) {
		o.giveUp()
		return nil
	}
	o.pause = min(2*o.pause, probeMax)
	return o.schedule(now)
}

// schedule sets the next probe; the last one is at the end of the patience.
func (o *Watch) schedule(now time.Time) *gate.Wait {
	o.probeAt = now.Add(o.pause)
	if end := o.end(o.patience); o.probeAt.After(end) {
		o.probeAt = end
	}
	o.wake()
	return &gate.Wait{Reason: gate.Outage, Since: o.since, Until: o.probeAt, Detail: o.cause.Message}
}

// end is when a patience is over. Time in which the gate is held does not count.
func (o *Watch) end(patience time.Duration) time.Time {
	return o.since.Add(patience + o.held() - o.before)
}

// GiveUp ends all calls at once, for a failure that waiting does not cure.
func (o *Watch) GiveUp(f Failure) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cause = f
	o.giveUp()
}

func (o *Watch) giveUp() {
	o.lost, o.lasted = true, time.Since(o.first)
	o.wake()
}

// AskAgain lets one call try at once although the outage was given up: for all that is known the API is down, and its
// patience over.
func (o *Watch) AskAgain() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.lost {
		return
	}
	now := time.Now()
	if o.first.IsZero() { // it never came to an attempt of which others could fail
		o.first = now
	}
	o.lost, o.prober, o.last, o.probeAt = false, nil, nil, now
	o.since, o.before = now.Add(-o.patience), o.held()
	o.wake()
}

// Worked notes that the API works. news tells of an outage that is over.
func (o *Watch) Worked() (news *gate.Wait) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.works++
	clear(o.failed)
	o.pages = 0
	return o.over()
}

// over ends an outage, if there is one: the caller holds mu.
func (o *Watch) over() (news *gate.Wait) {
	if o.since.IsZero() {
		return nil
	}
	news = &gate.Wait{Reason: gate.Outage, Since: o.since, Until: time.Now(), Detail: o.cause.Message, Over: true}
	o.since, o.prober, o.last, o.lost = time.Time{}, nil, nil, false
	o.wake()
	return news
}

// Leave ends a call's part: if it was the prober, another one is.
func (o *Watch) Leave(c *Call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.prober == c {
		o.prober = nil
		o.wake()
	}
}

// wake makes all look again: the caller holds mu.
func (o *Watch) wake() {
	close(o.changed)
	o.changed = make(chan struct{})
	o.wakeGate()
}
