package batch

import (
	"cmp"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// course is where the run stands on the way to the end of its plan.
func (e *engine) course() course {
	p := e.made
	undo, begun := e.progress.counts()
	c := course{
		now:      time.Now(),
		deadline: e.cfg.Deadline,
		every:    e.gate().Rate().Every(),
		done:     undo,
		left:     max(0, p.updates()-begun),
		pages:    p.Reading.PagesInAll,
	}
	c.ahead = e.cfg.aheadOf(p.Waves, begun, c)
	return c
}

// wayBack is where the run stands, if it has waves or a deadline.
func (e *engine) wayBack() *WayBack {
	if len(e.made.Waves) == 0 && e.cfg.Deadline.IsZero() {
		return nil
	}
	w := e.course().wayBack()
	return &w
}

// wayBack is where a run stands that began to be sent, if it has waves or a
// deadline.
func (r *Run) wayBack(now time.Time) *WayBack {
	if !r.applied || len(r.plan.Waves) == 0 && r.deadline.IsZero() {
		return nil
	}
	rate, err := client.ParseRate(cmp.Or(r.pace, r.Identity.Rate))
	if err != nil {
		return nil // it has no pace
	}
	undo, begun := newProgress(r.rows).counts()
	w := course{
		now:      now,
		deadline: r.deadline,
		every:    rate.Every(),
		done:     undo,
		left:     max(0, r.plan.updates()-begun),
		pages:    r.plan.Reading.PagesInAll,
	}.wayBack()
	return &w
}

// aheadOf tells how much time, besides that of their updates, goes by before so
// many more rows are done: for the token of the first update, and between waves.
func (cfg Config) aheadOf(waves []Wave, begun int, c course) func(rows int) time.Duration {
	first := 1
	if begun > 0 {
		first = 0 // the token is there
	}
	return func(rows int) time.Duration {
		requests, pauses := first, time.Duration(0)
		for _, w := range waves {
			begins, ends := w.Upto-w.Rows-begun, w.Upto-begun // in rows from now on
			stale := time.Duration(begins+requests)*c.every+pauses > cfg.recheck(PlanRow{})
			if stale && begins >= 0 && begins < rows && !cfg.All {
				requests += w.reads(w.Rows)
			}
			if ends > 0 && ends <= rows {
				requests += w.reads(cfg.sample(w.Rows))
				if w.N < w.Of {
					pauses += cfg.PauseBetween
				}
			}
		}
		return time.Duration(requests)*c.every + pauses
	}
}

// reserve notes that a row is about to be sent. With --reserve-rollback it is an
// error, a [result.Stop], when what was sent so far and this row could not be taken
// back before the deadline any more.
func (e *engine) reserve(line int) error {
	if e.reserves() {
		if c := e.undoing(); !c.fits(1 - undone(e.progress.of(line))) {
			return noReturn(c)
		}
	}
	e.progress.set(line, result.Unknown)
	e.heedReserve()
	return nil
}

// reserves reports whether the run stops at its point of no return.
func (e *engine) reserves() bool { return e.cfg.ReserveRollback && !e.cfg.Deadline.IsZero() }

// undoing is where the run stands on the way back.
func (e *engine) undoing() course {
	c := course{now: time.Now(), deadline: e.cfg.Deadline, every: e.gate().Rate().Every(), pages: e.made.Reading.PagesInAll}
	c.done, _ = e.progress.counts()
	return c
}

// heedReserve stops the run at its point of no return also when no row is about
// to be sent then: while it reads, or is held.
func (e *engine) heedReserve() {
	if !e.reserves() {
		return
	}
	c := e.undoing()
	if c.done == 0 {
		return // there is nothing to be taken back
	}
	after := c.deadline.Add(-c.rollback(c.done+1)).Sub(c.until(1)) + time.Nanosecond
	e.noting.Lock()
	defer e.noting.Unlock()
	if e.noReturn != nil {
		e.noReturn.Stop()
	}
	e.noReturn = time.AfterFunc(after, func() {
		c := e.undoing()
		if c.fits(1) { // by a faster pace, or because some row failed
			e.heedReserve()
			return
		}
		e.cfg.Control.Stop(noReturn(c))
	})
}

// noReturn is the stop at the point of no return.
func noReturn(c course) result.Stop {
	return result.Stop{Reason: result.StoppedByReserve, Detail: fmt.Sprintf(
		"the point of no return: a rollback of %d rows takes %s, and one of more would not end before the deadline of %s",
		c.done, c.rollback(c.done).Round(time.Second), clock(c.deadline))}
}
