package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/event"
)

// pausePrefix is how the names of holds begin that are pauses, before whose it is.
const pausePrefix = "pause by "

// pauseOf is the name of the hold that is somebody's pause.
func pauseOf(whose string) string { return pausePrefix + whose }

// ownerOf is whose pause a hold is; "": it is none.
func ownerOf(hold string) string {
	whose, is := strings.CutPrefix(hold, pausePrefix)
	if !is {
		return ""
	}
	return whose
}

var (
	// errNotPaused is what someone is told who continues a run that is not paused.
	errNotPaused = errors.New("the run is not paused")
	// errContinued is what someone is told whose pause ended before it was complete.
	errContinued = errors.New("the run was continued meanwhile")
)

// Pause lets no request leave any more, and returns when none is under way: from
// then on the server gets none, until [Control.Continue] ends this pause and every other one. It
// may take as long as one request may. The pause stays also when ctx ends before that, which is
// an error, as is a Continue meanwhile. Whoever has paused the run does so once.
func (c *Control) Pause(ctx context.Context, by string) error {
	name := pauseOf(by)
	if _, paused := c.tracker.hold(name); !paused {
		held := event.Held{Name: name, Since: time.Now(), Why: "paused by " + by}
		asked := &event.Commanded{What: event.CommandPause, By: by}
		if err := c.carry(asked, func() (event.Event, error) { return c.addHold(held), nil }); err != nil {
			return err
		}
	}
	return c.quiet(ctx, name)
}

// Continue ends somebody's pause; "" is that of who asks. The pauses of others, and a hold file,
// go on holding.
func (c *Control) Continue(by, whose string) error {
	whose = c.tracker.pauser(cmp.Or(whose, by))
	asked := &event.Commanded{What: event.CommandContinue, By: by, Detail: "the pause by " + whose}
	return c.carry(asked, func() (event.Event, error) { return c.dropHold(pauseOf(whose)) })
}

// pauser is who of those that have paused the run is called so, or else whoever that is. The
// user of an operator who gives a name is told after it, and need not be repeated.
func (t *tracker) pauser(called string) string {
	all := t.pausedBy()
	if i := slices.IndexFunc(all, func(by string) bool { return name(by) == called }); i >= 0 && !slices.Contains(all, called) {
		return all[i]
	}
	return called
}

// name is what somebody is called, without the user.
func name(by string) string {
	name, _, _ := strings.Cut(by, " (")
	return name
}

// pausedBy are those whose pauses hold the run, in the order of these.
func (t *tracker) pausedBy() []string {
	var by []string
	for _, h := range t.holding() {
		if whose := ownerOf(h.Name); whose != "" {
			by = append(by, whose)
		}
	}
	return by
}

// Hold lets no request leave until the EndHold of this name, whatever happens
// to a pause. A second Hold of a name changes why. It does not wait for what is
// under way.
func (c *Control) Hold(name, why string) error {
	held := event.Held{Name: name, Since: time.Now(), Why: why}
	if before, is := c.tracker.hold(name); is {
		if before.Why == why {
			return nil
		}
		held.Since = before.Since
	}
	asked := &event.Commanded{What: event.CommandHold, By: name, Detail: why}
	return c.carry(asked, func() (event.Event, error) { return c.addHold(held), nil })
}

// EndHold ends a Hold. It is harmless when there is none.
func (c *Control) EndHold(name string) error {
	if _, is := c.tracker.hold(name); !is {
		return nil
	}
	asked := &event.Commanded{What: event.CommandContinue, By: name}
	return c.carry(asked, func() (event.Event, error) { return c.dropHold(name) })
}

// Await holds the run, or ends that, for what nobody has asked for, such as a store that is away. It is told, and not
// recorded.
func (c *Control) Await(h event.Held) {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return
	}
	switch name := c.schedule.named(h.Name); {
	case c.run == nil: // Begin holds its gate
	case h.Over:
		c.run.Gate().EndHold(name)
	default:
		c.run.Gate().Hold(name, h.Why)
	}
	c.mu.Unlock()
	c.emit(h)
}

// Holding reports whether something keeps all requests from leaving.
func (c *Control) Holding() bool { return len(c.tracker.holding()) > 0 }

// addHold holds the gate, at once if there is one already.
func (c *Control) addHold(h event.Held) event.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ownerOf(h.Name) != "" {
		if c.paused == nil {
			c.paused = map[string]chan struct{}{}
		}
		c.paused[h.Name] = make(chan struct{})
	}
	if c.run != nil {
		c.run.Gate().Hold(c.schedule.named(h.Name), h.Why)
	}
	c.Observe(time.Now(), h)
	return h
}

// dropHold frees the gate of one hold, and returns that it is over.
func (c *Control) dropHold(name string) (event.Event, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h, is := c.tracker.hold(name)
	switch {
	case is:
	case len(c.tracker.pausedBy()) > 0:
		return nil, othersPause(c.tracker.pausedBy())
	case c.wave != nil:
		return nil, c.wave.refuse("the run is not paused: %s", c.wave)
	default:
		return nil, errNotPaused
	}
	if paused, is := c.paused[name]; is {
		close(paused)
		delete(c.paused, name)
	}
	if c.run != nil {
		c.run.Gate().EndHold(c.schedule.named(name))
	}
	h.Over = true
	c.Observe(time.Now(), h)
	return h, nil
}

// othersPause refuses to continue a run that somebody else has paused, until that pause is named.
func othersPause(by []string) error {
	return &RefusedError{Why: "the run is paused by " + strings.Join(by, " and by "), Way: endOfPause(by[0])}
}

// quiet waits until nothing is under way, as long as a pause lasts.
func (c *Control) quiet(ctx context.Context, pause string) error {
	c.mu.Lock()
	run, ended, paused := c.run, c.ended, c.paused[pause]
	c.mu.Unlock()
	switch {
	case ended:
		return ErrEnded
	case paused == nil:
		return errContinued
	case run == nil:
		return nil // nothing has left yet
	}
	ctx, done := context.WithCancelCause(ctx)
	defer done(nil)
	go func() {
		select {
		case <-paused:
			done(errContinued)
		case <-ctx.Done():
		}
	}()
	switch err := run.Gate().Quiet(ctx); {
	case errors.Is(err, errContinued):
		return err
	case err != nil:
		return fmt.Errorf("nothing more leaves, but a request is still under way: %w", err)
	}
	return nil
}
