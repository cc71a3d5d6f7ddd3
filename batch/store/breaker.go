package store

import (
	"context"
	"time"
)

// Breaker is a [Store] in which a run can be taken from who carries it out and is not heard of any more.
type Breaker interface {
	// Silence tells for how long nothing was heard of who carries the run out, or did so last. A holder that works is heard
	// of every ten seconds.
	Silence(ctx context.Context, run RunID) (time.Duration, error)
	// Break takes all locks from who carries the run out, if nothing was heard of it for at least so long: it records, and
	// so sends, nothing more.
	Break(ctx context.Context, run RunID, silent time.Duration) error
}
