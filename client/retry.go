package client

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/bulknum/bulknum/client/internal/object"
	"github.com/bulknum/bulknum/client/internal/pause"
)

// shouldRetry decides whether a failed call is tried again, after so many attempts that count.
func shouldRetry(f *Error, used, maxAttempts int) bool {
	return f.retry && (f.free || used < maxAttempts)
}

// retryAfter returns the wait that an answer asks for, in its header (RFC 9110
// section 10.2.3) or in its body as the API's RetryAfter. It is 0 when the
// answer does not ask, or not in a way that can be understood.
func retryAfter(header http.Header, body object.Object, now time.Time) time.Duration {
	for _, text := range header.Values("Retry-After") {
		if wait, ok := pause.Asked(text, now); ok {
			return wait
		}
	}
	wait, _ := pause.Asked(body.Text("RetryAfter"), now)
	return wait
}

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
	return endError{cause, err}
}

// endError is why a context has ended, in the words of its cause; it matches the context's error too.
type endError struct{ cause, err error }

func (e endError) Error() string   { return e.cause.Error() }
func (e endError) Unwrap() []error { return []error{e.cause, e.err} }
