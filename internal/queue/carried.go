package queue

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// Carry carries a task out until it ends, or the context does: then it stops in good order, for the context's cause. By show
// it says where to look for how far it is.
type Carry func(ctx context.Context, t Task, show func(func() Progress)) Outcome

// End is what follows from how the work of a task ended.
type End int

const (
	// Done is a task that came to its end.
	Done End = iota
	// NeedsPerson is one that goes on when somebody has seen to it, and is not tried again by itself.
	NeedsPerson
	// Outage is one that met an outage: it is tried again, after a pause that grows.
	Outage
	// Again is one that goes on after a wait, anywhere: it was handed over, or what it needs was taken.
	Again
)

// Outcome is how the work of a task ended.
type Outcome struct {
	End      End
	ExitCode int
	// Why says it in words, unless it is Done.
	Why string
	// Wait is after which it goes on Again.
	Wait time.Duration
}

// ErrCancelled is why a task ends that somebody cancelled.
var ErrCancelled = errors.New("the job was cancelled")

// going is what a worker carries out: it goes on between the slices that attend it.
type going struct {
	task   Task
	since  time.Time
	cancel context.CancelCauseFunc
	done   chan struct{}
	// told is closed when nothing is told of it any more.
	told chan struct{}
	// outcome is how it ended, once it is done.
	outcome Outcome

	mu   sync.Mutex
	view func() Progress
}

// show notes where to look for the progress.
func (g *going) show(view func() Progress) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.view = view
}

// progress is how far it is.
func (g *going) progress() Progress {
	g.mu.Lock()
	view := g.view
	g.mu.Unlock()
	if view == nil {
		return Progress{Run: g.task.Run}
	}
	p := view()
	p.Run = cmp.Or(p.Run, g.task.Run)
	return p
}

// ended reports whether it is done.
func (g *going) ended() bool {
	select {
	case <-g.done:
		return true
	default:
		return false
	}
}

// carried is all that a worker carries out.
type carried struct {
	mu        sync.Mutex
	stopped   bool
	byJob     map[int64]*going
	byAccount map[string]*going // one of an account: they share the process's lock
}

// of is what goes on for a job; nil: nothing does here.
func (c *carried) of(job int64) *going {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byJob[job]
}

// begin enters what begins, if there is room for it. What has ended, and was concluded elsewhere, has no place, nor has what
// waits for somebody.
func (c *carried) begin(job int64, g *going, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	on := 0
	for _, other := range c.byJob {
		if !other.ended() && !other.progress().Waits {
			on++
		}
	}
	if other := c.byAccount[g.task.Account]; other != nil && !other.ended() || on >= most || c.stopped {
		return false
	}
	c.byJob[job], c.byAccount[g.task.Account] = g, g
	return true
}

// forget takes out what was concluded.
func (c *carried) forget(job int64, g *going) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byJob[job] == g {
		delete(c.byJob, job)
	}
	if c.byAccount[g.task.Account] == g {
		delete(c.byAccount, g.task.Account)
	}
}

// stop stops all in good order, and lets nothing begin.
func (c *carried) stop(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	for _, g := range c.byJob {
		g.cancel(why)
	}
}

// all are those that go on, or were not concluded, by job.
func (c *carried) all() map[int64]*going {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.byJob)
}

// Going is something that a worker carries out.
type Going struct {
	Account string    `json:"account"`
	Command []string  `json:"command,omitempty"`
	Since   time.Time `json:"since"`
	Progress
}

// Going is all that goes on, by account.
func (c *carried) Going() []Going {
	list := []Going{}
	for _, g := range c.all() {
		if g.ended() {
			continue
		}
		list = append(list, Going{Account: g.task.Account, Command: g.task.Command, Since: g.since, Progress: g.progress()})
	}
	slices.SortFunc(list, func(a, b Going) int { return cmp.Compare(a.Account, b.Account) })
	return list
}
