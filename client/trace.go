package client

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Trace watches the calls of one Reader or Client made by With. Every field is optional, and all are called in the goroutine
// that made the call, with its context. They are told of each request of a call: also of those for a token, and of the
// readings by which the call of an update finds out whether an outage is over; Attempt.Endpoint tells them apart.
type Trace struct {
	// Before is called when a request has passed the gate and is about to leave. An error stops it: nothing is sent, and
	// the call ends with that error, as KindStopped; but with [ErrAgain] it passes the gate again. What has not left at a
	// moment, by the wall clock or the other one, leaves no more, as if there were no connection; zero: at any time.
	Before func(context.Context, Attempt) (leaves time.Time, err error)
	// Done is called after every attempt.
	Done func(context.Context, Attempt)
	// Waiting is called when a wait begins. What the whole client waits for is told
	// once, by the call at its head, and not by all calls behind it.
	Waiting func(context.Context, Wait)
	// Yielding is called when the whole client's rate begins to give way, and when it is back.
	Yielding func(context.Context, Yielding)
}

// And is both traces, this one first: what one of them stops, the other one is not asked about, and of two moments until
// which a request may leave the earlier one counts.
func (t Trace) And(u Trace) Trace {
	return Trace{
		Before:   earlier(t.Before, u.Before),
		Done:     both(t.Done, u.Done),
		Waiting:  both(t.Waiting, u.Waiting),
		Yielding: both(t.Yielding, u.Yielding),
	}
}

// both calls two functions, or is the one of them that there is.
func both[News any](one, other func(context.Context, News)) func(context.Context, News) {
	switch {
	case one == nil:
		return other
	case other == nil:
		return one
	}
	return func(ctx context.Context, news News) {
		one(ctx, news)
		other(ctx, news)
	}
}

// earlier is both of two Before.
func earlier(one, other func(context.Context, Attempt) (time.Time, error)) func(context.Context, Attempt) (time.Time, error) {
	switch {
	case one == nil:
		return other
	case other == nil:
		return one
	}
	return func(ctx context.Context, a Attempt) (time.Time, error) {
		leaves, err := one(ctx, a)
		if err != nil {
			return leaves, err
		}
		second, err := other(ctx, a)
		if leaves.IsZero() || !second.IsZero() && second.Before(leaves) {
			leaves = second
		}
		return leaves, err
	}
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
	// Header is the answer's; nil without one. It is not to be changed, and may have secrets, such as cookies.
	Header     http.Header
	Applied    Applied
	Err        error         // nil when it was answered as asked
	RetryAfter time.Duration // the wait that the answer asked for; 0 when it did not
	Asks       Wait          // what it asks all requests to wait for; zero: nothing
}
