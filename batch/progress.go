package batch

import (
	"sync"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// progress is what became of the rows so far, in this and in earlier executions,
// as the store would tell it. It is safe for concurrent use.
type progress struct {
	mu     sync.Mutex
	became map[int]result.Status // by line; Unknown while a request is under way
	undo   int                   // rows that a rollback would have to look after
	begun  int                   // rows that came to an end, or are about to
}

// newProgress begins where earlier executions have ended; rows may be nil.
func newProgress(rows map[int]runs.RowState) *progress {
	p := &progress{became: map[int]result.Status{}}
	for line, row := range rows {
		p.set(line, row.Status)
	}
	return p
}

// set takes in what became of a row.
func (p *progress) set(line int, status result.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.became[line]
	p.undo += undone(status) - undone(before)
	p.begun += begun(status) - begun(before)
	p.became[line] = status
}

// undone is 1 for a row that a rollback would have to look after.
func undone(s result.Status) int {
	if s.MayBeWritten() {
		return 1
	}
	return 0
}

// begun is 1 for a row that need not be started any more.
func begun(s result.Status) int {
	if s == "" || s == result.NotAttempted {
		return 0
	}
	return 1
}

// of returns what became of a row.
func (p *progress) of(line int) result.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	if status, known := p.became[line]; known {
		return status
	}
	return result.NotAttempted
}

// counts returns how many rows a rollback would have to look after, and how many
// have come to an end or are about to.
func (p *progress) counts() (undo, begun int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.undo, p.begun
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
