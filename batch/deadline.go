package batch

import (
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
)

// heed stops the run at its deadline, if it has one. The returned function ends
// that, and [engine.heedReserve].
func (e *engine) heed() (done func()) {
	if e.cfg.Deadline.IsZero() {
		return func() {}
	}
	stop := result.Stop{Reason: result.StoppedByDeadline, Detail: "the deadline of " + clock(e.cfg.Deadline) + " has come"}
	timer := time.AfterFunc(time.Until(e.cfg.Deadline), func() { e.cfg.Control.Stop(stop) })
	return func() {
		timer.Stop()
		e.noting.Lock()
		defer e.noting.Unlock()
		if e.noReturn != nil {
			e.noReturn.Stop()
		}
	}
}

// fits says whether what is left to be sent ends before the deadline, and
// refuses if it must and does not.
func (e *engine) fits(p *plan.Plan) error {
	if e.cfg.Deadline.IsZero() || p.Budget.Updates == 0 {
		return nil
	}
	ends := time.Now().Add(time.Duration(p.Budget.TakesMs) * time.Millisecond)
	if len(e.made.Waves) > 0 { // what stands between them takes time as well
		ends = e.rollbackWindow().EndsAt
	}
	spare := e.cfg.Deadline.Sub(ends).Round(time.Second)
	if spare >= 0 {
		e.emit(event.Noticed{Detail: fmt.Sprintf("the updates end at %s, %s before the deadline of %s", clock(ends), spare, clock(e.cfg.Deadline))})
		return nil
	}
	what := fmt.Sprintf("the updates end at %s, %s after the deadline of %s", clock(ends), -spare, clock(e.cfg.Deadline))
	if e.cfg.RequireFit {
		return &guard.RefusedError{Refusals: []guard.Refusal{{What: what, Guard: guard.Fit}}}
	}
	e.emit(event.Noticed{Detail: what})
	return nil
}

// clock is a moment with its date and zone, and the same in UTC where that is
// another time of the day.
func clock(t time.Time) string {
	text := t.Format("2006-01-02 15:04:05 MST")
	if _, ahead := t.Zone(); ahead != 0 {
		text += t.UTC().Format(" (15:04:05 UTC)")
	}
	return text
}
