package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/event"
)

// pauseName is the name of the hold that is a pause.
const pauseName = "pause"

var (
	// errNotPaused is what someone is told who continues a run that is not paused.
	errNotPaused = errors.New("the run is not paused")
	// errWaveHeld is what someone is told who continues a run of which a wave is held.
	errWaveHeld = errors.New("the run is not paused: a wave is held, which next lets go")
	// errContinued is what someone is told whose pause ended before it was complete.
	errContinued = errors.New("the run was continued meanwhile")
)

// Pause lets no request leave any more, and returns when none is under way: from
// then on the server gets none, until [Control.Continue]. It may take as long as
// one request may. The pause stays also when ctx ends before that, which is an
// error, as is a Continue meanwhile.
func (c *Control) Pause(ctx context.Context, by string) error {
	if _, paused := c.tracker.hold(pauseName); !paused {
		held := event.Held{Name: pauseName, Since: time.Now(), Why: "paused by " + by}
		asked := event.Commanded{What: event.CommandPause, By: by}
		if err := c.carry(asked, func() (event.Event, error) { return c.addHold(held), nil }); err != nil {
			return err
		}
	}
	return c.quiet(ctx)
}

// Continue ends a pause. A hold file goes on holding.
func (c *Control) Continue(by string) error {
	asked := event.Commanded{What: event.CommandContinue, By: by}
	return c.carry(asked, func() (event.Event, error) { return c.dropHold(pauseName) })
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
	asked := event.Commanded{What: event.CommandHold, By: name, Detail: why}
	return c.carry(asked, func() (event.Event, error) { return c.addHold(held), nil })
}

// EndHold ends a Hold. It is harmless when there is none.
func (c *Control) EndHold(name string) error {
	if _, is := c.tracker.hold(name); !is {
		return nil
	}
	asked := event.Commanded{What: event.CommandContinue, By: name}
	return c.carry(asked, func() (event.Event, error) { return c.dropHold(name) })
}

// Holding reports whether something keeps all requests from leaving.
func (c *Control) Holding() bool { return len(c.tracker.holding()) > 0 }

// addHold holds the gate, at once if there is one already.
func (c *Control) addHold(h event.Held) event.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h.Name == pauseName && c.paused == nil {
		c.paused = make(chan struct{})
	}
	if c.run != nil {
		c.run.Gate().Hold(c.named(h.Name), h.Why)
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
	case !is && c.next != nil:
		return nil, errWaveHeld
	case !is:
		return nil, errNotPaused
	}
	if name == pauseName {
		close(c.paused)
		c.paused = nil
	}
	if c.run != nil {
		c.run.Gate().EndHold(c.named(name))
	}
	h.Over = true
	c.Observe(time.Now(), h)
	return h, nil
}

// quiet waits until nothing is under way, as long as the pause lasts.
func (c *Control) quiet(ctx context.Context) error {
	c.mu.Lock()
	run, ended, paused := c.run, c.ended, c.paused
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
	if err := run.Gate().Quiet(ctx); err != nil {
		return fmt.Errorf("nothing more leaves, but a request is still under way: %w", err)
	}
	return nil
}
