package send

import (
	"errors"
	"fmt"
	"sync"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
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

// shareAfter is how many rows must have finished before a share of them is
// judged: the first row's failure is all of the rows there are.
const shareAfter = 20

// failures watches the results of an execution for what must end it.
type failures struct {
	limit plan.Limit

	mu        sync.Mutex
	finished  map[int]bool // by line, whether the row is failed or unknown
	bad       int
	forbidden int
}

// note takes in what became of a row by now: an order that was pending may end later.
func (t *failures) note(r result.Result) {
	if !r.Done() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.finished == nil {
		t.finished = map[int]bool{}
	}
	if t.finished[r.Line] {
		t.bad--
	}
	bad := r.Status == result.Failed || r.Status == result.Unknown
	if t.finished[r.Line] = bad; bad {
		t.bad++
	}
}

// judge returns the [result.Stop] that a result means for the run, or nil, given the
// error that it came from.
func (t *failures) judge(r result.Result, err error) error {
	if !r.Done() {
		return nil
	}
	var call *client.Error
	t.mu.Lock()
	defer t.mu.Unlock()
	finished := len(t.finished)
	if errors.As(err, &call) && call.Kind == client.KindForbidden {
		t.forbidden++
	} else {
		t.forbidden = 0
	}
	switch {
	case t.forbidden >= result.ForbiddenInARow:
		return result.Stop{Reason: result.StoppedByCredentials, Detail: fmt.Sprintf("%d rows in a row were refused with 403: %s", t.forbidden, r.Error)}
	case t.limit.Over(t.bad, finished) && (t.limit.Share == 0 || finished >= shareAfter):
		return result.Stop{Reason: result.StoppedByFailures, Detail: fmt.Sprintf("%d of %d rows failed or are unknown, more than %s", t.bad, finished, t.limit)}
	default:
		return nil
	}
}
