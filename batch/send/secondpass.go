package send

import (
	"strings"
	"sync"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// secondPass has the rows that are tried once more at the end of a run, with what became of them before. It is safe for
// concurrent use.
type secondPass struct {
	mu    sync.Mutex
	begun bool
	first map[int]result.Result // by line, those that failed, or are unknown
	owed  map[string]struct{}   // the numbers of those that an earlier execution was to try once more
}

// owe takes in that the rows so far are of earlier executions, and returns how many they are.
func (p *secondPass) owe() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.owed = map[string]struct{}{}
	for _, r := range p.first {
		p.owed[r.Number] = struct{}{}
	}
	return len(p.first)
}

// numbers are those of the rows of earlier executions, which somebody else may have changed since; none where none can
// be read.
func (p *secondPass) numbers(unread bool) map[string]struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if unread {
		return nil
	}
	return p.owed
}

// note takes in what became of a row, until the pass begins: one that failed is tried once more unless its answer is
// sure to be the same, or tells of an order.
func (p *secondPass) note(r result.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.begun:
	case r.Status == result.Unknown, r.Status == result.Failed && r.UpdateOrderId == "" && !client.Final(r.HTTPStatus):
		if p.first == nil {
			p.first = map[int]result.Result{}
		}
		p.first[r.Line] = r
	default:
		delete(p.first, r.Line)
	}
}

// waiting is how many rows wait for the pass: those that failed, and all.
func (p *secondPass) waiting() (failed, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.first {
		if r.Status == result.Failed {
			failed++
		}
	}
	return failed, len(p.first)
}

// begin begins the pass, and returns how its rows stand, by line.
func (p *secondPass) begin() map[int]result.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.begun = true
	rows := make(map[int]result.Status, len(p.first))
	for line, r := range p.first {
		rows[line] = r.Status
	}
	return rows
}

// isBegun reports whether the pass has begun.
func (p *secondPass) isBegun() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.begun
}

// of returns what became of a row before it was tried once more.
func (p *secondPass) of(line int) (first result.Result, again bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first, again = p.first[line]
	return first, again && p.begun
}

// both is what became of a row, together with what became of it before if it was tried once more.
func (p *secondPass) both(r result.Result) result.Result {
	first, again := p.of(r.Line)
	if !again {
		return r
	}
	if r.Attempts > 0 {
		r.DurationMs += r.StartedAt.Sub(first.StartedAt).Milliseconds()
	} else {
		r.HTTPStatus, r.DurationMs = first.HTTPStatus, first.DurationMs
	}
	r.StartedAt, r.Attempts = first.StartedAt, r.Attempts+first.Attempts
	r.Error = strings.TrimPrefix(r.Error+"; second pass, at first: "+first.Error, "; ")
	return r
}
