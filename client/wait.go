package client

import (
	"context"
	"errors"
	"time"
)

// sleep waits until a time (the zero time is never), a change, or the end of the
// context, which alone is an error.
func sleep(ctx context.Context, until time.Time, changed <-chan struct{}) error {
	var timer <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
	case <-changed:
	case <-ctx.Done():
	}
	// The select is random when several are ready: an ended context always wins.
	return ended(ctx)
}

// ended returns why a context has ended: its error and, where that differs, its cause. It is nil for a live one.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) {
		return cause
	}
	return errors.Join(cause, err)
}
