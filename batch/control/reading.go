package control

import (
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
)

// observeReading counts the requests of a reading, of a wave that was sent if there is one.
// The first of them has been made when it is told.
func (t *tracker) observeReading(now time.Time, r plan.Reading) {
	t.begin(now, t.readingPhase())
	first := !t.reading
	if first {
		t.reading, t.reads = true, tally{started: now, at: pace{since: now}}
	}
	before := t.reads.done
	t.reads.done, t.reads.total = readingRequests(r)
	for range t.reads.done - before {
		if !first {
			t.reads.measure(now)
		}
	}
}

// readingPhase is what a run is at that reads.
func (t *tracker) readingPhase() Phase {
	if t.s.Wave == nil {
		return PhaseReading
	}
	return PhaseVerifying
}

// readBack begins or ends the reading of what was sent: then orders may be waited for.
func (t *tracker) readBack(now time.Time, e event.ReadingBack) {
	if e.Over {
		t.send(now, PhaseSending)
		return
	}
	t.begin(now, t.readingPhase())
}

// readingRequests is how many requests a reading has made, and how many it will
// have made at its end, as far as that can be told: 0 if not. As long as pages
// are read, what is cheaper counts: the rest of them, or single numbers.
func readingRequests(r plan.Reading) (done, total int) {
	done = r.Pages + r.Singles
	left := r.SinglesLeft
	if r.Way == plan.ReadInventory && r.Singles == 0 && r.Trouble == "" && left > 0 {
		switch more := r.PagesInAll - r.Pages; {
		case r.PagesInAll == 0:
			return done, 0
		case more > 0:
			left = min(left, more)
		}
	}
	return done, done + left
}
