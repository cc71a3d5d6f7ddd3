package batch

import (
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
)

// attempted records and tells a request, of a row or of none.
func (e *engine) attempted(row, line int, a client.Attempt) {
	r := runs.Request{
		At:         a.Start,
		Endpoint:   a.Endpoint,
		Line:       line,
		Number:     a.Number,
		Attempt:    a.N,
		HTTPStatus: a.HTTPStatus,
		DurationMs: a.Duration.Milliseconds(),
	}
	if a.Err != nil {
		r.Error = result.OneLine(a.Err)
	}
	e.note(r)
	e.spent.count(a.Endpoint)
	e.emit(event.Attempted{Row: row, Line: line, Attempt: a})
}

// waiting records and tells the beginning of a wait, and tells the end of an outage.
func (e *engine) waiting(w client.Wait) {
	if !w.Over {
		e.note(runs.Request{At: time.Now(), Wait: w.Reason, Until: w.Until})
	}
	e.emit(event.Waiting{Wait: w})
}

// note records a request or a wait. Nobody needs it for the truth, but a store that cannot
// take it will not take the truth either.
func (e *engine) note(r runs.Request) {
	if err := e.log.Note(r); err != nil {
		e.stop(err)
	}
}

// spent counts requests. It is safe for concurrent use.
type spent struct {
	mu     sync.Mutex
	tokens int
	others int
}

// count counts a request.
func (s *spent) count(e client.Endpoint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e == client.EndpointToken {
		s.tokens++
	} else {
		s.others++
	}
}

// get returns the counts so far.
func (s *spent) get() (tokens, others int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens, s.others
}
