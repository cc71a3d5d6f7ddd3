package batch

import (
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
)

// attempted notes a request, of a row or of none, and tells it.
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

// waiting notes the beginning of a wait, or the end of an outage, and tells it.
func (e *engine) waiting(w client.Wait) {
	if !w.Over {
		e.note(runs.Request{At: time.Now(), Wait: w.Reason, Until: w.Until})
	}
	e.emit(event.Waiting{Wait: w})
}

// finished is the event of a row's end, by what was told of the row before.
func (e *engine) finished(r result.Result) event.Finished {
	e.noting.Lock()
	defer e.noting.Unlock()
	was, again := e.told[r.Line]
	if !again {
		was = result.Planned
	}
	delete(e.told, r.Line)
	if r.Status == result.Pending || r.Status == result.Unknown {
		if e.told == nil {
			e.told = map[int]result.Status{}
		}
		e.told[r.Line] = r.Status
	}
	return event.Finished{Result: r, Was: was}
}

// note keeps a request. Nobody needs it for the truth, but a store that cannot
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
