package client

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/bulknum/bulknum/client/internal/mask"
	"github.com/bulknum/bulknum/client/internal/pause"
)

const (
	outageCalls = 3 // distinct calls that must fail in a row, where there are so many; or answers that are pages
	probeFirst  = time.Second
	probeMax    = time.Minute
)

// outage watches the attempts of the whole client. While the API is down all
// calls wait in enter, and one of them at a time is let through as a probe.
type outage struct {
	patience time.Duration
	wakeGate func()               // those in the gate must learn that they may no longer leave
	held     func() time.Duration // how long the gate was held in all

	mu      sync.Mutex
	works   int           // how often the API worked
	failed  map[*call]int // failures of distinct calls since it last did
	pages   int           // answers since then that were a page, be they to one call
	since   time.Time     // zero: there is no outage
	first   time.Time     // when the first attempt left that failed since it last did
	before  time.Duration // held when it began
	cause   *Error        // the latest failure
	prober  *call
	last    *call // the prober before: another one is preferred, as its own row may be at fault
	probeAt time.Time
	pause   time.Duration
	lost    bool          // given up
	lasted  time.Duration // how long it failed by then
	waiting int
	changed chan struct{}
}

func newOutage(patience time.Duration, wakeGate func(), held func() time.Duration) *outage {
	return &outage{
		patience: patience, wakeGate: wakeGate, held: held,
		failed: make(map[*call]int), changed: make(chan struct{}),
	}
}

// begin notes that a call begins.
func (o *outage) begin(c *call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.worked = o.works
}

// enter waits until a call may send: at once without an outage, else when it is its turn to probe.
func (o *outage) enter(ctx context.Context, c *call) *Error {
	o.count(1)
	defer o.count(-1)
	for {
		until, changed, in, lost := o.look(c, time.Now())
		if lost != nil || in {
			return lost
		}
		if err := pause.Until(ctx, until, changed); err != nil {
			return stopped(c.endpoint, err)
		}
	}
}

func (o *outage) count(change int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting += change
	if !o.since.IsZero() && change < 0 {
		o.wake() // the last prober may be the only one left
	}
}

func (o *outage) look(c *call, now time.Time) (until time.Time, changed <-chan struct{}, in bool, lost *Error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.lost:
		return until, nil, false, o.loss(c)
	case o.since.IsZero(), o.prober == c:
		return until, nil, true, nil
	}
	if c.patience > 0 && c.patience < o.patience {
		if until = o.end(c.patience); !now.Before(until) {
			o.probeAt = now // for whoever goes on
			return until, nil, false, o.tooLong(c)
		}
	}
	switch {
	case o.prober != nil, c == o.last && o.waiting > 1:
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
func (o *outage) tooLong(c *call) *Error {
	return &Error{
		Endpoint: c.endpoint, HTTPStatus: o.cause.HTTPStatus, Kind: KindUnavailable, Page: o.cause.Page, Cut: o.cause.Cut,
		Message: mask.Cut(fmt.Sprintf("it failed for %v: %s", pause.Roughly(c.patience), o.cause.Message)), Err: o.cause.Err,
	}
}

// loss is how every call ends after the outage was given up.
func (o *outage) loss(c *call) *Error {
	message := fmt.Sprintf("the API has been down for %v: %s", pause.Roughly(o.lasted), o.cause.Message)
	switch {
	case o.cause.hopeless:
		message = o.cause.Message
	case len(o.failed) == 1 && o.cause.connected && o.cause.Endpoint != EndpointToken: // it may be at fault itself
		message = fmt.Sprintf("the only call that there was to try failed for %v: %s", pause.Roughly(o.lasted), o.cause.Message)
	}
	return &Error{
		Endpoint: c.endpoint, HTTPStatus: o.cause.HTTPStatus, Kind: KindOutage, Page: o.cause.Page, Cut: o.cause.Cut,
		Message: mask.Cut(message), RetryAfter: o.cause.RetryAfter, Err: o.cause.Err,
	}
}

// probes reports whether it is a call's turn to find out whether the API works, and how often it failed since it did.
func (o *outage) probes(c *call) (turn bool, failed int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.prober == c, o.failed[c]
}

// answered notes that a reading was answered, for the call at whose turn it was. Where fewer calls failed than it takes, the
// outage is over, and they make an attempt at once; after so many of those that fail they fail by themselves. Otherwise
// what they ask for may still be down.
func (o *outage) answered(c *call) (news *Wait, over bool) {
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

// allows reports whether a call that has entered may still leave the gate.
func (o *outage) allows(c *call) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.since.IsZero() && !o.lost || o.prober == c
}

// failure counts a failed attempt, the last that the call has or not, and reports whether the API is down. news is what
// is to be told of it, if anything.
func (o *outage) failure(c *call, f *Error, last bool) (down bool, news *Wait) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	switch {
	case o.lost:
		return true, nil
	case !o.since.IsZero():
		return true, o.probed(c, f, now)
	case !f.down:
		return false, nil
	}
	if len(o.failed) == 0 {
		o.first = c.sent
	}
	o.failed[c]++
	alone := c.excused >= outageCalls // it fails while others are answered: no outage begins for it again
	if f.free && alone {              // the rate is not what keeps it back
		f.free, f.Kind = false, KindUnavailable
	}
	// A lone call that is refused for its rate again and again has no limit of its own.
	endless := f.free && o.failed[c] >= 2*outageCalls
	if f.Page {
		o.pages++
	}
	lone := last && o.faultless(c, f) || endless || o.pages >= outageCalls ||
		c.excused > 0 && c.worked == o.works // it was answered a reading, and nobody a change since
	if len(o.failed) < outageCalls && (alone || !lone) {
		return false, nil
	}
	o.since, o.before, o.pause, o.last, o.cause = now, o.held(), probeFirst, c, f
	return true, o.schedule(now)
}

// faultless reports whether a call that has used up its attempts does not fail for what it asks for: it never reached
// the server, there is no token, or no other call had more luck, of which there may be none.
func (o *outage) faultless(c *call, f *Error) bool {
	return !c.connected || f.Endpoint == EndpointToken || c.worked == o.works || o.failed[c] > 1
}

// probed counts a failed probe; failures of requests that were under way when the outage began tell nothing new.
func (o *outage) probed(c *call, f *Error, now time.Time) *Wait {
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
func (o *outage) schedule(now time.Time) *Wait {
	o.probeAt = now.Add(o.pause)
	if end := o.end(o.patience); o.probeAt.After(end) {
		o.probeAt = end
	}
	o.wake()
	return &Wait{Reason: WaitOutage, Since: o.since, Until: o.probeAt, Detail: o.cause.Message}
}

// end is when a patience is over. Time in which the gate is held does not count.
func (o *outage) end(patience time.Duration) time.Time {
	return o.since.Add(patience + o.held() - o.before)
}

// hopeless ends all calls at once, for a failure that waiting does not cure.
func (o *outage) hopeless(f *Error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cause = f
	o.giveUp()
}

func (o *outage) giveUp() {
	o.lost, o.lasted = true, time.Since(o.first)
	o.wake()
}

// worked notes that the API works. news tells of an outage that is over.
func (o *outage) worked() (news *Wait) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.works++
	clear(o.failed)
	o.pages = 0
	return o.over()
}

// over ends an outage, if there is one: the caller holds mu.
func (o *outage) over() (news *Wait) {
	if o.since.IsZero() {
		return nil
	}
	news = &Wait{Reason: WaitOutage, Since: o.since, Until: time.Now(), Detail: o.cause.Message, Over: true}
	o.since, o.prober, o.last, o.lost = time.Time{}, nil, nil, false
	o.wake()
	return news
}

// leave ends a call's part: if it was the prober, another one is.
func (o *outage) leave(c *call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.prober == c {
		o.prober = nil
		o.wake()
	}
}

// wake makes all look again: the caller holds mu.
func (o *outage) wake() {
	close(o.changed)
	o.changed = make(chan struct{})
	o.wakeGate()
}
