package batch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// handle takes one row to its result. An error ends the run. Nothing of the row
// leaves once starting has ended, unless a request of it had already left; ctx
// cuts even that short.
func (e *engine) handle(ctx, starting context.Context, row plan.Row, do task) error {
	if starting.Err() != nil {
		return nil
	}
	if outcome, settled := e.moved(row, do); settled {
		return e.conclude(outcome, settings.FromChanges(row.Changes))
	}
	e.inFlight.Add(1)
	defer e.inFlight.Add(-1)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	f := &flight{engine: e, row: row, want: settings.FromChanges(row.Changes), cancel: cancel, before: do == toSettle}
	defer context.AfterFunc(starting, f.stop)()

	answer, err := e.cfg.Client.With(f.trace()).Update(ctx, f.want.Request(row.Number))
	outcome := f.result()
	if err != nil {
		outcome = refused(outcome, err, f.before)
	} else {
		outcome = answered(outcome, answer)
	}
	if err := f.finish(outcome); err != nil {
		return err
	}
	if stop := result.CallStop(err); stop != nil {
		return stop
	}
	if err != nil && outcome.Attempts == 0 && starting.Err() == nil {
		return result.StopFor(result.StoppedByAPI, err) // no request of its own: the row is not at fault
	}
	return e.tolerance.judge(outcome, err)
}

// result is the flight's account of itself, without an outcome.
func (f *flight) result() result.Result {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := result.Result{
		Row:        f.row.Row,
		Line:       f.row.Line,
		Number:     f.row.Number,
		HTTPStatus: f.last.HTTPStatus,
		Attempts:   f.attempts,
		Changes:    f.row.ChangesText(),
		StartedAt:  f.first,
	}
	if f.attempts > 0 {
		r.DurationMs = f.last.Start.Add(f.last.Duration).Sub(f.first).Milliseconds()
	}
	return r
}

// answered fills a result from a trustworthy answer.
func answered(r result.Result, a client.UpdateAnswer) result.Result {
	r.UpdateOrderId, r.UpdateOrderStatus, r.UpdateOrderDate = a.UpdateOrderId, a.UpdateOrderStatus, a.UpdateOrderDate
	switch a.State() {
	case client.OrderComplete:
		r.Status = result.Updated
	case client.OrderFailed:
		r.Status = result.Failed
		r.Error = fmt.Sprintf("the order is %s", a.UpdateOrderStatus)
	default:
		r.Status = result.Pending
	}
	if r.Error == "" && len(a.Warnings) > 0 {
		r.Error = "note: " + strings.Join(a.Warnings, "; ")
	}
	return r
}

// refused fills a result from an error: what is in doubt, by this sending or one
// before it, is unknown, what the run's end prevented was not attempted, the
// rest failed.
func refused(r result.Result, err error, doubt bool) result.Result {
	r.Error = result.OneLine(err)
	call, ok := errors.AsType[*client.Error](err)
	switch {
	case doubt:
		r.Status = result.Unknown
		r.Error += " (an earlier sending may have been applied)"
	case ok && call.Applied != client.AppliedNo:
		r.Status = result.Unknown
	case r.Attempts == 0, result.CallStop(err) != nil, errors.Is(err, errStopping), errors.Is(err, context.Canceled):
		r.Status = result.NotAttempted
	default:
		r.Status = result.Failed
	}
	return r
}

// finish records a result and tells it. A row of which nothing ever left has
// no record.
func (f *flight) finish(r result.Result) error {
	if !r.Done() && !f.intent {
		f.engine.emit(f.engine.finished(r))
		return nil
	}
	return f.engine.conclude(r, f.want)
}

// conclude records what became of a row and tells it.
func (e *engine) conclude(r result.Result, want settings.Settings) error {
	e.remember(r, want)
	e.progress.set(r.Line, r.Status)
	defer e.emit(e.finished(r))
	return e.log.Record(&store.Result{Result: r, At: time.Now(), Settings: want.Hash()})
}
