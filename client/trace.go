package client

import (
	"errors"
	"time"
)

// Trace watches the calls of one Reader or Client made by With. Every field is
// optional, and all are called in the goroutine that made the call.
type Trace struct {
	// Before is called when a request of the call itself has passed the gate and is
	// about to leave. An error stops it: nothing is sent, and the call ends with that error; but
	// with [ErrAgain] it passes the gate again. What has not left at a moment, by the wall clock or the
	// other one, leaves no more, as if there were no connection; zero: at any time.
	Before func(Attempt) (leaves time.Time, err error)
	// Done is called after every attempt, token requests included.
	Done func(Attempt)
	// Waiting is called when a wait begins. What the whole client waits for is told
	// once, by the call at its head, and not by all calls behind it.
	Waiting func(Wait)
}

// ErrAgain is what [Trace.Before] says of a request that took too long to be ready: others may have their turn.
var ErrAgain = errors.New("the request must pass the gate again")

// Attempt is one request.
type Attempt struct {
	Endpoint Endpoint
	Number   string // the number that the call is about, if it is about one
	N        int    // counted from 1 within the call; token requests are counted apart
	Start    time.Time

	// What follows is known in Done only.
	Duration   time.Duration
	HTTPStatus int // 0: no answer
	Applied    Applied
	Err        error         // nil when it was answered as asked
	RetryAfter time.Duration // the wait that the answer asked for; 0 when it did not
	Asks       Wait          // what it asks all requests to wait for; zero: nothing
}
