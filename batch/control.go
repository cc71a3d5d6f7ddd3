package batch

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
)

// Control is how a live run is asked for something: by a signal, its deadline,
// a hold file or an operator. It is safe for concurrent use, also before the run
// starts and after it has ended; listeners must not call it, but for
// [Control.Stop] and [Control.Situation].
type Control struct {
	once      sync.Once
	stopped   chan struct{}
	stop      result.Stop
	stoppedAt time.Time

	asking sync.Mutex // one asks at a time: the store has it in order

	mu     sync.Mutex
	run    *engine // nil before it starts
	ended  bool
	early  []event.Commanded     // asked for before it started
	holds  map[string]event.Held // by name: why nothing may leave
	paused chan struct{}         // closed when the present pause is over
	next   chan struct{}         // closed by Next; nil: no wave is held
	wave   event.Held            // why one is
}

// ErrEnded is what someone is told who asks something of a run that has ended.
var ErrEnded = errors.New("the run has ended")

// NewControl returns the control of a run yet to be started.
func NewControl() *Control {
	return &Control{stopped: make(chan struct{}), holds: map[string]event.Held{}}
}

// Stop asks the run to start no new row, to let those in flight finish, and to
// end. The first call counts. What is held is not waited for.
func (c *Control) Stop(why result.Stop) {
	c.once.Do(func() {
		c.stop, c.stoppedAt = why, time.Now()
		close(c.stopped)
	})
}

// asked returns why the run was asked to stop, or a zero Stop.
func (c *Control) asked() result.Stop {
	select {
	case <-c.stopped:
		return c.stop
	default:
		return result.Stop{}
	}
}

// until returns a context that also ends when the run is asked to stop, with
// that as its cause.
func (c *Control) until(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, stop := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-c.stopped:
			stop(c.stop)
		case <-ctx.Done():
		}
	}()
	return ctx, stop
}

// begin gives the control a run that starts: what was asked for before is done
// now.
func (c *Control) begin(e *engine) {
	c.asking.Lock()
	defer c.asking.Unlock()
	c.mu.Lock()
	early, held := c.early, c.sorted()
	c.run, c.early = e, nil
	for _, h := range held {
		e.gate().Hold(h.Name, h.Why)
	}
	c.mu.Unlock()
	for _, asked := range early {
		e.controlled(asked)
	}
	for _, h := range held {
		e.emit(h)
	}
}

// end tells the control that its run takes no more orders.
func (c *Control) end() {
	c.asking.Lock()
	defer c.asking.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}

// awaitNext waits for Next, or until a moment if it is not zero, or for the end
// of ctx, which is an error. why says to those who ask what is waited for.
func (c *Control) awaitNext(ctx context.Context, until time.Time, why string) error {
	next := c.holdWave(event.Held{Since: time.Now(), Why: why, Until: until})
	defer c.freeWave()
	var passed <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		passed = timer.C
	}
	select {
	case <-next:
		return nil
	case <-passed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// holdWave notes that a wave is held; the channel is closed by Next.
func (c *Control) holdWave(why event.Held) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next, c.wave = make(chan struct{}), why
	return c.next
}

// freeWave notes that no wave is held any more.
func (c *Control) freeWave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = nil
}
