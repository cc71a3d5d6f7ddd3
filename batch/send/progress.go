package send

import (
	"cmp"
	"iter"
	"sync"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
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

// one is 1 where something is so.
func one(is bool) int {
	if is {
		return 1
	}
	return 0
}
