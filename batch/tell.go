package batch

import (
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/client"
)

// attempted notes a request and tells it.
func (e *engine) attempted(row input.Row, a client.Attempt) {
	r := request{
		At:         a.Start,
		Endpoint:   string(a.Endpoint),
		Line:       row.Line,
		Number:     a.Number,
		Attempt:    a.N,
		HTTPStatus: a.HTTPStatus,
		DurationMs: a.Duration.Milliseconds(),
	}
	if a.Err != nil {
		r.Error = oneLine(a.Err)
	}
	e.note(r)
	e.emit(Attempted{Row: row.Row, Line: row.Line, Attempt: a})
}

// waiting notes the beginning of a wait, or the end of an outage, and tells it.
func (e *engine) waiting(w client.Wait) {
	if !w.Over {
		e.note(request{At: time.Now(), Wait: string(w.Reason), Until: w.Until})
	}
	e.emit(Waiting{w})
}

// note appends to requests.jsonl. Nobody needs that file for the truth, but a
// disk that cannot take it will not take the journal either.
func (e *engine) note(r request) {
	if err := e.requests.Append(r); err != nil {
		e.stop(stopFor(StoppedByDisk, err))
	}
}
