package send

import (
	"cmp"
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
	became result.ByLine    // Unknown while a request is under way
	undo   int              // rows that a rollback would have to look after
	begun  int              // rows that came to an end, or are about to
	again  map[int]struct{} // by line, rows of earlier executions that are begun again
}

// newProgress begins where earlier executions have ended; rows may be nil.
func newProgress(rows map[int]runs.RowState) *progress {
	p := &progress{}
	for line, row := range rows {
		p.set(line, row.Status)
	}
	return p
}

// set takes in what became of a row.
func (p *progress) set(line int, status result.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.became.Set(line, status)
	p.undo += undone(status) - undone(before)
	p.begun += begun(status) - begun(before)
	if _, anew := p.again[line]; anew {
		p.begun += begun(before)
		delete(p.again, line)
	}
}

// restart takes in which rows that came to an end are to be begun again.
func (p *progress) restart(lines iter.Seq[int]) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.again = map[int]struct{}{}
	for line := range lines {
		p.again[line] = struct{}{}
		p.begun -= begun(p.became.Of(line))
	}
}

// undone is 1 for a row that a rollback would have to look after.
func undone(s result.Status) int { return one(s.MayBeWritten()) }

// begun is 1 for a row that need not be started any more.
func begun(s result.Status) int { return one(s != "" && s != result.NotAttempted) }

// of returns what became of a row.
func (p *progress) of(line int) result.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return cmp.Or(p.became.Of(line), result.NotAttempted)
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
	became    result.ByLine // of those that came to an end, each row once, as it stands by now
	finished  int           // how many of them there are
	bad       int           // and how many failed or are unknown
	forbidden int
}

// note takes in what became of a row.
func (t *failures) note(r result.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := r.Status
	if !r.Done() {
		now = ""
	}
	before := t.became.Set(r.Line, now)
	t.finished += ended(now) - ended(before)
	t.bad += failing(now) - failing(before)
}

// ended is 1 for a row that has a status.
func ended(s result.Status) int { return one(s != "") }

// failing is 1 for a row of those that are limited.
func failing(s result.Status) int { return one(s == result.Failed || s == result.Unknown) }

// one is 1 where something is so.
func one(is bool) int {
	if is {
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
	bad, finished := t.bad+t.failed, t.finished+t.failed
	switch {
	case t.limit.Share == 0 && t.limit.Over(bad, finished):
		return stop(bad, finished)
	case t.limit.Share > 0 && t.numbers >= plan.ShareAfter && t.limit.Over(bad, t.numbers):
		return stop(bad, t.numbers)
	case t.limit.Share > 0 && t.finished >= plan.ShareAfter && t.limit.Over(t.bad, t.finished):
		return stop(t.bad, t.finished)
	default:
		return nil
	}
}
