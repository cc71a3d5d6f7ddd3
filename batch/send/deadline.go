package send

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/internal/wallclock"
)

// Overhead is what takes time besides the updates, of which so many have begun.
func (j *Job) Overhead(begun int) *plan.Overhead {
	waves := j.Plan.Waves
	return &plan.Overhead{
		Companions: j.Plan.Companions(j.FreshCompanions()),
		Waves:      waves, Begun: begun, Recheck: j.limit(plan.Row{}, len(waves) > 0), ReadsNothing: j.ReadsNothing,
		ReadBack: j.Verify, Pause: j.PauseBetween, Propagation: j.Propagation, Gated: j.Gate != nil,
	}
}

// deadline is where a run stands on the way to its end and back, and stops it in time.
type deadline struct {
	job      *Job
	progress *progress

	mu       sync.Mutex
	noReturn *time.Timer // looks whether the run is at its point of no return; nil: not yet
}

// deadlineLook is how often it is looked, at least, whether a run has come to its deadline or its point of no return.
// Timers stand still while a machine is suspended, and a slower rate brings the point of no return nearer: a timer for
// the moment itself would come too late.
const deadlineLook = time.Second

// Forecast is where the run stands on the way to the end of its plan.
func (d *deadline) Forecast() plan.Forecast {
	f := d.undoing()
	if allowed := f.Rate.Every(); d.job.Control.Every(allowed) > allowed {
		f.Every = d.job.Control.Every(allowed)
	}
	_, begun := d.progress.counts()
	f.Left = max(0, d.job.Plan.Updates()-begun)
	f.Overhead = d.job.Overhead(begun)
	f.Overhead.Age = f.Now.Sub(d.job.Plan.MadeAt)
	f.Hours = d.job.Hours
	return f
}

// Restart takes in, by their lines, which rows that came to an end are sent or settled again.
func (d *deadline) Restart(lines iter.Seq[int]) { d.progress.restart(lines) }

// undoing is where the run is in its rollback window.
func (d *deadline) undoing() plan.Forecast {
	f := plan.Forecast{
		Now: d.job.WallClock(), Deadline: d.job.Deadline, Rate: d.job.Reader.API.Gate().Rate(),
		Pages: d.job.Plan.Reading.PagesInAll,
	}
	f.Done, _ = d.progress.counts()
	return f
}

// RollbackWindow is where the run stands, if it has waves or a deadline.
func (d *deadline) RollbackWindow() *plan.RollbackWindow {
	if len(d.job.Plan.Waves) == 0 && d.job.Deadline.IsZero() {
		return nil
	}
	w := d.Forecast().Window()
	return &w
}

// WallClock is the time by the wall's clock: the other one, by which Go tells how long ago
// something was, stands still while a machine is suspended.
func (o Options) WallClock() time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now().Round(0)
}

// closedAt is the stop of a run that would begin a row at a moment: after the deadline, or outside the hours.
func (o Options) closedAt(at time.Time) result.Stop {
	begins, _ := o.Hours.Next(at)
	switch {
	case !o.Deadline.IsZero() && !at.Before(o.Deadline):
		return result.Stop{Reason: result.StoppedByDeadline, Detail: "the deadline of " + wallclock.Text(o.Deadline) + " has come"}
	case begins.After(at):
		return result.Stop{Reason: result.StoppedByHours, Detail: fmt.Sprintf("the hours %s have ended, and begin again at %s", o.Hours, wallclock.Text(begins))}
	default:
		return result.Stop{}
	}
}

// StopAtDeadline stops a run at its deadline, by its control, until it is done.
func (o Options) StopAtDeadline(c *control.Control) (done func()) {
	if o.Deadline.IsZero() {
		return func() {}
	}
	o.Hours = nil
	return o.stopAt(c, func(now time.Time) (result.Stop, time.Time) { return o.closedAt(now), o.Deadline })
}

// stopAfterHours stops the run, by its control, when its hours have ended and there are rows that it has not begun, until
// it is done.
func (d *deadline) stopAfterHours() (done func()) {
	if len(d.job.Hours) == 0 {
		return func() {}
	}
	return d.job.stopAt(d.job.Control, func(now time.Time) (result.Stop, time.Time) {
		_, ends := d.job.Hours.Next(now)
		if d.Forecast().Left == 0 {
			return result.Stop{}, ends
		}
		return d.job.closedAt(now), ends
	})
}

// stopAt asks for a stop until there is one, or the run is done: when the one is due, and again and again until then.
func (o Options) stopAt(c *control.Control, ask func(now time.Time) (_ result.Stop, due time.Time)) (done func()) {
	over := make(chan struct{})
	go func() {
		for {
			stop, due := ask(o.WallClock())
			if stop.Early() {
				c.Stop(stop)
				return
			}
			timer := time.NewTimer(min(due.Sub(o.WallClock()), deadlineLook))
			select {
			case <-timer.C:
			case <-over:
				timer.Stop()
				return
			}
		}
	}()
	return func() { close(over) }
}

// AwaitHours waits until rows may be started. An error is the context's cause, or the stop of a run that is not to wait.
func (d *deadline) AwaitHours(ctx context.Context) error {
	now := d.job.WallClock()
	begins, _ := d.job.Hours.Next(now)
	switch {
	case !begins.After(now):
		return nil
	case d.job.Leaves:
		return d.job.closedAt(now)
	}
	return d.idle(ctx, begins, fmt.Sprintf("waiting until %s, as no row is sent outside the hours %s", begins.Format("15:04"), d.job.Hours))
}

// idle lets time pass until a moment by the wall clock, and tells why. An error is the context's cause.
func (d *deadline) idle(ctx context.Context, until time.Time, why string) error {
	held := event.Held{Since: time.Now(), Until: until, Why: why, Expected: true}
	d.job.Requests.Emit(held)
	defer func() {
		held.Over = true
		d.job.Requests.Emit(held)
	}()
	for left := until.Sub(d.job.WallClock()); left > 0; left = until.Sub(d.job.WallClock()) {
		if !sleep(ctx, min(left, deadlineLook)) {
			break
		}
	}
	return context.Cause(ctx)
}

// Close stops no run at its point of no return any more.
func (d *deadline) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.noReturn != nil {
		d.noReturn.Stop()
	}
}

// Fits says whether what is left to be sent ends before the deadline, and refuses if it must and does not.
func (d *deadline) Fits() error {
	at, f := d.job.Deadline, d.Forecast()
	if at.IsZero() || f.Left == 0 {
		return nil
	}
	ends := f.Until(f.Left)
	spare := at.Sub(ends).Round(time.Second)
	what := fmt.Sprintf("the updates end at %s, %s before the deadline of %s", wallclock.Text(ends), spare, wallclock.Text(at))
	if spare < 0 {
		what = fmt.Sprintf("the updates end at %s, %s after the deadline of %s", wallclock.Text(ends), -spare, wallclock.Text(at))
		if d.job.RequireFit {
			return &guard.RefusedError{Refusals: []guard.Refusal{{Measured: what, Guard: guard.Fit}}}
		}
	}
	if more := d.SecondPassAhead(); more != nil {
		what += "; this leaves out that " + more.String()
	}
	d.job.Requests.Emit(event.Noticed{Detail: what, Good: spare >= 0})
	return nil
}

// SecondPassAhead is the one that may follow what is left to be sent; nil: none, also because it would not begin before the
// deadline, and within the hours.
func (d *deadline) SecondPassAhead() *plan.SecondPass {
	f := d.Forecast()
	if d.job.closedAt(f.Until(f.Left).Add(d.job.SecondPass)).Early() {
		return nil
	}
	return plan.SecondPassOf(d.job.SecondPass, f.Left, d.job.Plan.Numbers(), d.job.MaxFailures)
}

// reserve notes that a row is about to be sent. Where the rollback is reserved, it is an error, a [result.Stop], when
// what was sent so far and this row could not be rolled back before the deadline any more.
func (d *deadline) reserve(line int) error {
	if d.reserves() {
		if f := d.undoing(); !f.Fits(1 - undone(d.progress.of(line))) {
			return noReturn(f)
		}
	}
	d.progress.set(line, result.Unknown)
	d.watchReserve()
	return nil
}

// reserves reports whether the run stops at its point of no return.
func (d *deadline) reserves() bool { return d.job.ReserveRollback && !d.job.Deadline.IsZero() }

// watchReserve stops the run at its point of no return also when no row is about
// to be sent then: while it reads, or is held.
func (d *deadline) watchReserve() {
	if !d.reserves() {
		return
	}
	f := d.undoing()
	if f.Done == 0 {
		return // there is nothing to be rolled back
	}
	after := f.NoReturn(f.Done+1).Sub(f.Until(1)) + time.Nanosecond
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.noReturn != nil {
		d.noReturn.Stop()
	}
	d.noReturn = time.AfterFunc(min(after, deadlineLook), func() {
		f := d.undoing()
		if f.Fits(1) {
			d.watchReserve()
			return
		}
		d.job.Control.Stop(noReturn(f))
	})
}

// noReturn is the stop at the point of no return.
func noReturn(f plan.Forecast) result.Stop {
	return result.Stop{Reason: result.StoppedByReserve, Detail: fmt.Sprintf(
		"the point of no return: a rollback of %d rows takes %s, and one of more would not end before the deadline of %s",
		f.Done, f.Rollback(f.Now, f.Done).Round(time.Second), wallclock.Text(f.Deadline))}
}
