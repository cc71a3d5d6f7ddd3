package send

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/client"
)

// Requests records and tells the requests of an execution, and counts them. It is safe
// for concurrent use.
type Requests struct {
	// Log keeps them; nil: they are told only.
	Log  *runs.Recorder
	Emit func(event.Event)
	// Stop starts no further row.
	Stop func(error)

	tokens, others atomic.Int64
}

// Trace is how requests are watched that are made for no row.
func (r *Requests) Trace() client.Trace {
	return client.Trace{Done: func(_ context.Context, a client.Attempt) { r.attempted(0, 0, a) }, Waiting: r.waiting, Yielding: r.yielding}
}

// Count returns how many there were so far: for tokens, and others.
func (r *Requests) Count() (tokens, others int) { return int(r.tokens.Load()), int(r.others.Load()) }

// attempted records and tells a request, of a row or of none.
func (r *Requests) attempted(row, line int, a client.Attempt) {
	made := request.Request{
		At: a.Start, Endpoint: a.Endpoint, Line: line, Number: a.Number, Attempt: a.N,
		HTTPStatus: a.HTTPStatus, DurationMs: a.Duration.Milliseconds(), Asks: a.Asks.Reason, Until: a.Asks.Until,
	}
	if a.Err != nil {
		made.Error = result.OneLine(a.Err)
	}
	r.note(made)
	if a.Endpoint == client.EndpointToken {
		r.tokens.Add(1)
	} else {
		r.others.Add(1)
	}
	r.Emit(event.Attempted{Row: row, Line: line, Attempt: a})
}

// waiting records and tells the beginning of a wait, and tells the end of an outage.
func (r *Requests) waiting(_ context.Context, w client.Wait) {
	if !w.Over {
		r.note(request.Request{At: time.Now(), Wait: w.Reason, Until: w.Until})
	}
	r.Emit(event.Waiting{Wait: w})
}

// yielding tells that the rate gives way, or is back.
func (r *Requests) yielding(_ context.Context, y client.Yielding) {
	r.Emit(event.Noticed{Detail: y.String(), Good: y.Over})
}

// note records a request or a wait. Nobody needs it for the truth, but a store that cannot
// take it will not take the truth either.
func (r *Requests) note(made request.Request) {
	if r.Log == nil {
		return
	}
	if err := r.Log.Note(made); err != nil {
		r.Stop(err)
	}
}
