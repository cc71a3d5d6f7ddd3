package control

import (
	"context"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/result"
)

// end is the end that was asked for of a run, if it was.
type end struct {
	once, again       sync.Once
	stopped, insisted chan struct{}
	stop              result.Stop
	stoppedAt         time.Time
}

func newEnd() end { return end{stopped: make(chan struct{}), insisted: make(chan struct{})} }

// Stop asks the run to start no new row, to let those in flight finish, and to
// end. The first call counts. What is held is not waited for.
func (e *end) Stop(why result.Stop) {
	e.once.Do(func() {
		e.stop, e.stoppedAt = why, time.Now()
		close(e.stopped)
	})
}

// Insist is a second [Control.Stop]: what is in flight is not waited for any more, and is in
// doubt. All is recorded and reported as ever.
func (e *end) Insist() { e.again.Do(func() { close(e.insisted) }) }

// Insisted is closed by Insist.
func (e *end) Insisted() <-chan struct{} { return e.insisted }

// Stopped returns why the run was asked to stop, or a zero Stop.
func (e *end) Stopped() result.Stop {
	select {
	case <-e.stopped:
		return e.stop
	default:
		return result.Stop{}
	}
}

// Until returns a context that ends with the caller's, or when the run is asked to
// stop. Its cause is then a [result.Stop] in any case.
func (e *end) Until(caller context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, stop := context.WithCancelCause(context.WithoutCancel(caller))
	if caller.Err() != nil {
		stop(result.StopOfCaller(caller))
		return ctx, stop
	}
	go func() {
		select {
		case <-e.stopped:
			stop(e.stop)
		case <-caller.Done():
			stop(result.StopOfCaller(caller))
		case <-ctx.Done():
		}
	}()
	return ctx, stop
}
