package postgres

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// patience is for how long a server that is away is waited for.
type patience struct {
	// usual is how long that is, and ending is done when the command is to end: from then on it is drain.
	usual  time.Duration
	ending context.Context //nolint:containedctx // who writes has none, see write.Writer
	// gaveUp tells that who writes waits no longer, and so does nobody.
	gaveUp atomic.Bool
	// endedAt is when ending was done, by who asks first: the context itself does not tell.
	endedAt func() time.Time
}

// drain is for how long a server that is away is waited for once the command is to end.
const drain = 10 * time.Second

func newPatience(ending context.Context, usual time.Duration) *patience {
	p := &patience{usual: usual, ending: ending, endedAt: sync.OnceValue(time.Now)}
	context.AfterFunc(ending, func() { p.endedAt() })
	return p
}

// lasts is until when a server is waited for that was tried since a moment, and found to be away at another.
func (p *patience) lasts(since, found time.Time) time.Time {
	until := found.Add(p.usual)
	if p.ending.Err() != nil {
		until = earlier(until, later(since, p.endedAt()).Add(drain))
	}
	return until
}

// hurries is closed when the command is to end; nil: that is known.
func (p *patience) hurries() <-chan struct{} {
	if p.ending.Err() != nil {
		return nil
	}
	return p.ending.Done()
}

// limited is a context for one try, which may take so long; once the command is to end, no longer than a server is waited for
// then: one that hangs is away.
func (p *patience) limited(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	limited, done := context.WithTimeout(ctx, limit)
	hurried, off := p.hurried(limited)
	return hurried, func() {
		off()
		done()
	}
}

// hurried is limited, for what may take as long as it does until the command is to end.
func (p *patience) hurried(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, done := context.WithCancel(ctx)
	off := context.AfterFunc(p.ending, func() { time.AfterFunc(drain, done) })
	return ctx, func() {
		off()
		done()
	}
}

// hurry does something by a context that is hurried.
func (p *patience) hurry(ctx context.Context, do func(context.Context) error) error {
	ctx, done := p.hurried(ctx)
	defer done()
	return do(ctx)
}

// earlier is the earlier of two moments.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// later is the later of two moments.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
