package send

import (
	"errors"
	"fmt"
	"iter"
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
	again  map[int]struct{}      // by line, rows of earlier executions that are begun again
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
	if _, anew := p.again[line]; anew {
		p.begun += begun(before)
		delete(p.again, line)
	}
	p.became[line] = status
}

// restart takes in which rows that came to an end are to be begun again.
func (p *progress) restart(lines iter.Seq[int]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.again = map[int]struct{}{}
	for line := range lines {
		p.again[line] = struct{}{}
		p.begun -= begun(p.became[line])
	}
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

// failures watches the rows that came to an end in this execution for what must end it.
type failures struct {
	limit plan.Limit
	// numbers is how many rows the plan has, and failed how many of them ended when
	// their numbers were read for it, if that concerns this execution.
	numbers, failed int

	mu        sync.Mutex
	became    map[int]result.Status // by line, each row once, as it stands by now
	bad       int                   // how many of them failed or are unknown
	forbidden int
}

// note takes in what became of a row.
func (t *failures) note(r result.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bad -= failing(t.became[r.Line])
	if !r.Done() {
		delete(t.became, r.Line)
		return
	}
	if t.became == nil {
		t.became = map[int]result.Status{}
	}
	t.bad += failing(r.Status)
	t.became[r.Line] = r.Status
}

// failing is 1 for a row of those that are limited.
func failing(s result.Status) int {
	if s == result.Failed || s == result.Unknown {
		return 1
	}
	return 0
}

// refusals counts rows in a row that were refused with 403, and returns the
// [result.Stop] that they mean for the run, or nil.
func (t *failures) refusals(r result.Result, err error) error {
	var call *client.Error
	t.mu.Lock()
	defer t.mu.Unlock()
	if !r.Done() {
		return nil
	}
	if t.forbidden++; !errors.As(err, &call) || call.Kind != client.KindForbidden {
		t.forbidden = 0
	}
	if t.forbidden < result.ForbiddenInARow {
		return nil
	}
	return result.Stop{Reason: result.StoppedByCredentials, Detail: fmt.Sprintf("%d rows in a row were refused with 403: %s", t.forbidden, r.Error)}
}

// over returns the [result.Stop] that the rows which failed or are unknown mean for the
// run, or nil. A share is one of the rows that were sent, and with what failed in
// reading one of all: the reading is over before the first row is sent.
func (t *failures) over() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	stop := func(bad, of int) error {
		return result.Stop{Reason: result.StoppedByFailures, Detail: fmt.Sprintf("%d of %d rows failed or are unknown, more than %s", bad, of, t.limit)}
	}
	bad, finished := t.bad+t.failed, len(t.became)+t.failed
	switch {
	case t.limit.Share == 0 && t.limit.Over(bad, finished):
		return stop(bad, finished)
	case t.limit.Share > 0 && t.numbers >= plan.ShareAfter && t.limit.Over(bad, t.numbers):
		return stop(bad, t.numbers)
	case t.limit.Share > 0 && len(t.became) >= plan.ShareAfter && t.limit.Over(t.bad, len(t.became)):
		return stop(t.bad, len(t.became))
	default:
		return nil
	}
}
