package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/event"
)

// errNoWave is what someone is told who approves a wave when none is held.
var errNoWave = errors.New("no wave is held")

// glance is how long a wave must have been held for whoever approves it to have seen that, and
// why: two operators may say the same within seconds.
const glance = 5 * time.Second

// heldWave is a wave that waits for somebody's approval.
type heldWave struct {
	wave  int
	since time.Time
	why   string
	next  chan struct{} // closed by the approval
}

// approval is what somebody said of a wave; its zero value is none.
type approval struct {
	wave int
	by   string
	at   time.Time
}

// String tells who approved which wave, and when.
func (a approval) String() string {
	return fmt.Sprintf("wave %d was approved by %s at %s", a.wave, a.by, a.at.Format("15:04:05 MST"))
}

// AwaitNext holds a wave: it waits for its approval, or until a moment if it is not zero, or for the
// end of ctx, which is an error. why says to those who ask what is waited for.
func (c *Control) AwaitNext(ctx context.Context, wave int, until time.Time, why string) error {
	held, release := c.HoldWave(ctx, wave, until, why)
	defer release()
	<-held.Done()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// HoldWave holds a wave: until release is called, those who ask are told why, and how it is
// approved. The context ends with its approval, at a moment if it is not zero, or with ctx.
func (c *Control) HoldWave(ctx context.Context, wave int, until time.Time, why string) (_ context.Context, release func()) {
	held := event.Held{Since: time.Now(), Why: why, Until: until, Wave: wave}
	holding, free := c.AskWave(ctx, wave, why)
	c.emit(held)
	done := func() {}
	if !until.IsZero() {
		holding, done = context.WithDeadline(holding, until)
	}
	return holding, func() {
		done()
		free()
		held.Over = true
		c.emit(held)
	}
}

// AskWave lets Next answer what a person is asked before a wave: the context ends with it, or
// with ctx.
func (c *Control) AskWave(ctx context.Context, wave int, why string) (_ context.Context, release func()) {
	held := &heldWave{wave: wave, since: time.Now(), why: why, next: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wave = held
	asking, done := context.WithCancel(ctx)
	endWith(asking, held.next, done)
	return asking, func() {
		done()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.wave = nil
	}
}

// endWith ends a context when a channel is closed.
func endWith(ctx context.Context, closed <-chan struct{}, end func()) {
	go func() {
		select {
		case <-closed:
			end()
		case <-ctx.Done():
		}
	}()
}

// Next approves the wave that is held, which is an error when none is. The wave says which one is
// meant, as it was shown; 0 is whichever is held, unless that changed within the last seconds or
// by the hand of another.
func (c *Control) Next(by string, wave int) error {
	return c.approve(by, func(held *heldWave, last approval) error { return held.unseen(by, wave, last) })
}

// Agree approves the wave about which somebody was asked, by the answer to just that question.
func (c *Control) Agree(by string) error {
	return c.approve(by, func(*heldWave, approval) error { return nil })
}

// approve lets the wave go that is held, unless something speaks against it.
func (c *Control) approve(by string, against func(*heldWave, approval) error) error {
	asked := event.Commanded{What: event.CommandNext, By: by}
	return c.carry(&asked, func() (event.Event, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case c.wave == nil && c.approved.wave != 0:
			return nil, fmt.Errorf("%w: %s", errNoWave, c.approved)
		case c.wave == nil:
			return nil, errNoWave
		}
		if err := against(c.wave, c.approved); err != nil {
			return nil, err
		}
		c.approved = approval{wave: c.wave.wave, by: by, at: time.Now()}
		asked.Detail = fmt.Sprintf("wave %d", c.wave.wave)
		close(c.wave.next)
		c.wave = nil
		return nil, nil
	})
}

// unseen is why an approval cannot have been meant for the wave that is held: it names another
// one, or came too soon for what holds it to have been seen. A wave may be held more than once.
func (h *heldWave) unseen(by string, wave int, last approval) error {
	fresh := time.Since(h.since) < glance
	switch {
	case wave == h.wave && last.wave == wave && fresh:
		return h.refuse("%s, and is held again since: %s", last, h.why)
	case wave == h.wave:
		return nil
	case wave != 0 && wave == last.wave:
		return h.refuse("%s; %s", last, h)
	case wave != 0:
		return h.refuse("wave %d is not held; %s", wave, h)
	case fresh:
		return h.refuse("new since %s: %s", h.since.Format("15:04:05 MST"), h)
	case last.wave != 0 && last.by != by:
		return h.refuse("%s; now %s", last, h)
	default:
		return nil
	}
}

// String says what is held, and why.
func (h *heldWave) String() string { return fmt.Sprintf("wave %d is held: %s", h.wave, h.why) }

// refuse refuses an approval that does not say which wave is meant, and why.
func (h *heldWave) refuse(format string, args ...any) error {
	return &RefusedError{Why: fmt.Sprintf(format, args...), Way: Way{Do: event.CommandNext, Wave: h.wave}}
}
