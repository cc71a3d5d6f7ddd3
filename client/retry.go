package client

import (
	"net/http"
	"time"

	"github.com/bulknum/bulknum/client/internal/object"
	"github.com/bulknum/bulknum/client/internal/pause"
)

// shouldRetry decides whether a failed call is tried again, after so many attempts that count.
func shouldRetry(f *Error, used, maxAttempts int) bool {
	return f.retry && (f.free || used < maxAttempts)
}

// asks is the wait that a failure asks for; none for a nil one.
func (e *Error) asks() time.Duration {
	if e == nil {
		return 0
	}
	return e.RetryAfter
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
