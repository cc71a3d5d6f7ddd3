package batch

import "sync"

// Control is how a live run is asked for something: by a signal now, later by a
// deadline, a hold file or an operator. It is safe for concurrent use, also
// before the run starts and after it has ended.
type Control struct {
	once    sync.Once
	stopped chan struct{}
	stop    Stop
}

// NewControl returns the control of a run yet to be started.
func NewControl() *Control {
	return &Control{stopped: make(chan struct{})}
}

// Stop asks the run to start no new row, to let those in flight finish, and to
// end. The first call counts.
func (c *Control) Stop(why Stop) {
	c.once.Do(func() {
		c.stop = why
		close(c.stopped)
	})
}
