package batch

import (
	"context"
	"sync"
	"time"
)

// Control is how a live run is asked for something: by a signal now, later by a
// deadline, a hold file or an operator. It is safe for concurrent use, also
// before the run starts and after it has ended.
type Control struct {
	once    sync.Once
	stopped chan struct{}
	stop    Stop
	next    chan struct{}
}

// NewControl returns the control of a run yet to be started.
func NewControl() *Control {
	return &Control{stopped: make(chan struct{}), next: make(chan struct{})}
}

// Stop asks the run to start no new row, to let those in flight finish, and to
// end. The first call counts.
func (c *Control) Stop(why Stop) {
	c.once.Do(func() {
		c.stop = why
		close(c.stopped)
	})
}

// asked returns why the run was asked to stop, or a zero Stop.
func (c *Control) asked() Stop {
	select {
	case <-c.stopped:
		return c.stop
	default:
		return Stop{}
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

// awaitNext waits for Next, or until a moment if it is not zero, or for the end
// of ctx, which is an error. why says to those who ask what is waited for.
func (c *Control) awaitNext(ctx context.Context, until time.Time, why string) error {
	var passed <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		passed = timer.C
	}
	select {
	case <-c.next:
		return nil
	case <-passed:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
