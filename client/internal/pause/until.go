package pause

import (
	"context"
	"errors"
	"time"
)

// Until waits until a time (the zero time is never), a change, or the end of the
// context, which alone is an error.
func Until(ctx context.Context, until time.Time, changed <-chan struct{}) error {
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
	return Ended(ctx)
}

// Ended returns why a context has ended: its error and, where that differs, its cause. It is nil for a live one.
func Ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == nil || errors.Is(cause, err) {
		return cause
	}
	return endError{cause, err}
}

// endError is why a context has ended, in the words of its cause; it matches the context's error too.
type endError struct{ cause, err error }

func (e endError) Error() string   { return e.cause.Error() }
func (e endError) Unwrap() []error { return []error{e.cause, e.err} }
