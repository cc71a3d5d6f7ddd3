package client

import (
	"context"
	"slices"
	"strings"
	"time"
)

// hold is one of the reasons why a gate lets nothing leave.
type hold struct {
	name, reason string
	since        time.Time
}

// Hold lets no request leave until its EndHold. There may be several holds, told apart by
// their names; a second one of the same name changes the reason.
func (g *Gate) Hold(name, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if len(g.holds) == 0 {
		g.heldSince = now
	}
	if i := slices.IndexFunc(g.holds, func(h hold) bool { return h.name == name }); i >= 0 {
		g.holds[i].reason = reason
	} else {
		g.holds = append(g.holds, hold{name: name, reason: reason, since: now})
	}
	g.wake()
}

// EndHold ends the Hold of this name. Others stay.
func (g *Gate) EndHold(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := len(g.holds)
	g.holds = slices.DeleteFunc(g.holds, func(h hold) bool { return h.name == name })
	if before > 0 && len(g.holds) == 0 {
		g.heldFor += time.Since(g.heldSince)
	}
	g.wake()
}

// held is what all wait for while there are holds: the caller holds mu.
func (g *Gate) held() Wait {
	reasons := make([]string, len(g.holds))
	for i, h := range g.holds {
		reasons[i] = h.reason
	}
	return Wait{Reason: WaitHold, Since: g.heldSince, Detail: strings.Join(reasons, "; ")}
}

// HeldTime is for how long nothing could leave because of holds, in all.
func (g *Gate) HeldTime() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.holds) == 0 {
		return g.heldFor
	}
	return g.heldFor + time.Since(g.heldSince)
}

// UnderWay returns how many requests of any kind have left and are not answered yet.
func (g *Gate) UnderWay() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.underWay
}

// Quiet waits until no request is under way. After it, and until the EndHold of a Hold that
// was there before, the server gets no request. It takes up to the Timeout of a request.
func (g *Gate) Quiet(ctx context.Context) error {
	for {
		g.mu.Lock()
		quiet, changed := g.underWay == 0, g.changed
		g.mu.Unlock()
		if quiet {
			return nil
		}
		if err := sleep(ctx, time.Time{}, changed); err != nil {
			return err
		}
	}
}

// landed ends what pass began: the request is answered, or never will be.
func (g *Gate) landed() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.underWay--; g.underWay == 0 {
		g.wake()
	}
}
