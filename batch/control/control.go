// Package control is the control of a running run, by which it is asked for something,
// and its live status.
//
// A [Control] belongs to one run. Signals, the deadline, a hold file and operators
// ask it; the run tells it every event, and out of these it keeps the one [Status]
// that ctl, the live page, the bar, the metrics and the notifications show.
//
// # Contexts and errors
//
// Where a ctx is taken, its end ends the waiting, and what was asked for stays asked for. What is asked before the run
// has begun, or cannot be had of it, such as a rate that is none, is an error for whoever asked, and the run
// goes on as it was.
package control

import (
	"errors"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/client"
)

// Control asks a running run for something: to stop, to hold, to change its rate.
// It is safe for concurrent use, also before the run starts and after it has ended;
// listeners must not call it, but for [Control.Stop] and [Control.Status].
type Control struct {
	end
	asking  sync.Mutex // one asks at a time: the store has it in order
	tracker tracker

	mu       sync.Mutex
	run      Execution // nil before it starts
	schedule Schedule
	forecast func() plan.Forecast // nil: there is no plan yet
	ended    bool
	early    []event.Commanded        // asked for before it started
	paused   map[string]chan struct{} // by the name of its hold, closed when a pause is over
	wave     *heldWave                // nil: none is held
	approved approval                 // the last one
}

// Execution is one of a run, as a control has something done by it.
type Execution interface {
	// Gate is that of all its requests.
	Gate() *client.Gate
	// Record keeps what was asked for; what cannot be kept stops the run.
	Record(event.Commanded)
	// Emit tells an event to the control and to all who listen.
	Emit(event.Event)
}

// Schedule is what is known of a run from its beginning.
type Schedule struct {
	Run      string    // its name, of all that go on in this process
	Deadline time.Time // zero: none
}

// ErrEnded is what someone is told who asks something of a run that has ended.
var ErrEnded = errors.New("the run has ended")

// New returns the control of a run yet to be started.
func New() *Control { return &Control{end: newEnd()} }

// Begin gives the control an execution that starts: what was asked for before is
// done now.
func (c *Control) Begin(run Execution, schedule Schedule) {
	c.asking.Lock()
	defer c.asking.Unlock()
	c.mu.Lock()
	early, held := c.early, c.tracker.holding()
	c.run, c.schedule, c.early = run, schedule, nil
	for _, h := range held {
		run.Gate().Hold(c.schedule.named(h.Name), h.Why)
	}
	c.mu.Unlock()
	c.SetAllowed(run.Gate().Allowed())
	for _, asked := range early {
		run.Record(asked)
		run.Emit(asked)
	}
	for _, h := range held {
		run.Emit(h)
	}
}

// named is what the gate knows a hold of this run by: several runs may share it.
func (s Schedule) named(hold string) string { return s.Run + " " + hold }

// End tells the control that its run takes no more orders: what it held, and its rate,
// are others' no longer.
func (c *Control) End() {
	c.asking.Lock()
	defer c.asking.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.run == nil {
		return
	}
	for _, h := range c.tracker.holding() {
		c.run.Gate().EndHold(c.schedule.named(h.Name))
	}
	c.run.Gate().EndRateFor(c.schedule.Run)
}

// Observe takes in an event of the run at a moment.
func (c *Control) Observe(now time.Time, e event.Event) { c.tracker.observe(now, e) }

// SetAllowed tells the rate of all requests that a run begins with. Another one
// that somebody asks for is told by an event.
func (c *Control) SetAllowed(rate client.Rate) { c.tracker.allow(rate) }

// Foresee gives the control the forecast of its run, for its status.
func (c *Control) Foresee(forecast func() plan.Forecast) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forecast = forecast
}

// Every is the time from one request to the next at the rate that holds: the allowed one,
// or what the API was seen to take where that is slower.
func (c *Control) Every(allowed time.Duration) time.Duration {
	return c.tracker.every(time.Now(), allowed)
}

// emit tells an event to all who listen, if there is a run.
func (c *Control) emit(e event.Event) {
	c.mu.Lock()
	run := c.run
	c.mu.Unlock()
	if run == nil {
		c.Observe(time.Now(), e)
		return
	}
	run.Emit(e)
}
