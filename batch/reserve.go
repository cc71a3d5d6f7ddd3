package batch

import (
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
)

// forecast is where the run stands on the way to the end of its plan.
func (e *engine) forecast() plan.Forecast {
	undo, begun := e.progress.counts()
	return plan.Forecast{
		Now: time.Now(), Deadline: e.cfg.Deadline, Every: e.gate().Rate().Every(),
		Done: undo, Left: max(0, e.made.Updates()-begun), Pages: e.made.Reading.PagesInAll,
		Overhead: e.cfg.overhead(e.made.Waves, begun),
	}
}

// rollbackWindow is where the run stands, if it has waves or a deadline.
func (e *engine) rollbackWindow() *plan.RollbackWindow {
	if len(e.made.Waves) == 0 && e.cfg.Deadline.IsZero() {
		return nil
	}
	w := e.forecast().Window()
	return &w
}

// overhead is what takes time besides the updates, in these waves.
func (cfg Config) overhead(waves []plan.Wave, begun int) *plan.Overhead {
	return &plan.Overhead{
		Waves: waves, Begun: begun, Recheck: cfg.recheck(plan.Row{}), ReadsNothing: cfg.All, ReadBack: cfg.Verify, Pause: cfg.PauseBetween,
	}
}

// reserve notes that a row is about to be sent. With --reserve-rollback it is an
// error, a [Stop], when what was sent so far and this row could not be taken
// back before the deadline any more.
func (e *engine) reserve(line int) error {
	if e.reserves() {
		if f := e.undoing(); !f.Fits(1 - undone(e.progress.of(line))) {
			return noReturn(f)
		}
	}
	e.progress.set(line, result.Unknown)
	e.heedReserve()
	return nil
}

// reserves reports whether the run stops at its point of no return.
func (e *engine) reserves() bool { return e.cfg.ReserveRollback && !e.cfg.Deadline.IsZero() }

// undoing is where the run stands on the way back.
func (e *engine) undoing() plan.Forecast {
	f := plan.Forecast{Now: time.Now(), Deadline: e.cfg.Deadline, Every: e.gate().Rate().Every(), Pages: e.made.Reading.PagesInAll}
	f.Done, _ = e.progress.counts()
	return f
}

// heedReserve stops the run at its point of no return also when no row is about
// to be sent then: while it reads, or is held.
func (e *engine) heedReserve() {
	if !e.reserves() {
		return
	}
	f := e.undoing()
	if f.Done == 0 {
		return // there is nothing to be taken back
	}
	after := f.Deadline.Add(-f.Rollback(f.Done+1)).Sub(f.Until(1)) + time.Nanosecond
	e.noting.Lock()
	defer e.noting.Unlock()
	if e.noReturn != nil {
		e.noReturn.Stop()
	}
	e.noReturn = time.AfterFunc(after, func() {
		f := e.undoing()
		if f.Fits(1) { // by a faster pace, or because some row failed
			e.heedReserve()
			return
		}
		e.cfg.Control.Stop(noReturn(f))
	})
}

// noReturn is the stop at the point of no return.
func noReturn(f plan.Forecast) result.Stop {
	return result.Stop{Reason: result.StoppedByReserve, Detail: fmt.Sprintf(
		"the point of no return: a rollback of %d rows takes %s, and one of more would not end before the deadline of %s",
		f.Done, f.Rollback(f.Done).Round(time.Second), clock(f.Deadline))}
}
