package batch

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// handle takes one row to its result. An error ends the run. Nothing of the row
// leaves once starting has ended, unless a request of it had already left; ctx
// cuts even that short.
func (e *engine) handle(ctx, starting context.Context, row PlanRow, do task) error {
	if starting.Err() != nil {
		return nil
	}
	if result, settled := e.moved(row, do); settled {
		return e.conclude(result, settings.FromChanges(row.Changes))
	}
	e.inFlight.Add(1)
	defer e.inFlight.Add(-1)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	f := &flight{engine: e, row: row, want: settings.FromChanges(row.Changes), cancel: cancel, before: do == toSettle}
	defer context.AfterFunc(starting, f.stop)()

	answer, err := e.cfg.Client.With(f.trace()).Update(ctx, f.want.Request(row.Number))
	result := f.result()
	if err != nil {
		result = refused(result, err, f.before)
	} else {
		result = answered(result, answer)
	}
	if err := f.finish(result); err != nil {
		return err
	}
	if stop := ends(err); stop != nil {
		return stop
	}
	if err != nil && result.Attempts == 0 && starting.Err() == nil {
		return stopFor(StoppedByAPI, err) // no request of its own: the row is not at fault
	}
	return e.tolerance.judge(result, err)
}

// result is the flight's account of itself, without an outcome.
func (f *flight) result() Result {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := Result{
		Row:        f.row.Row,
		Line:       f.row.Line,
		Number:     f.row.Number,
		HTTPStatus: f.last.HTTPStatus,
		Attempts:   f.attempts,
		Changes:    f.row.changesText(),
		StartedAt:  f.first,
	}
	if f.attempts > 0 {
		r.DurationMs = f.last.Start.Add(f.last.Duration).Sub(f.first).Milliseconds()
	}
	return r
}

// answered fills a result from a trustworthy answer.
func answered(r Result, a client.UpdateAnswer) Result {
	r.UpdateOrderId, r.UpdateOrderStatus, r.UpdateOrderDate = a.UpdateOrderId, a.UpdateOrderStatus, a.UpdateOrderDate
	switch a.State() {
	case client.OrderComplete:
		r.Status = Updated
	case client.OrderFailed:
		r.Status = Failed
	default:
		r.Status = Pending
	}
	r.Error = a.OrderRemark()
	if r.Error == "" && len(a.Warnings) > 0 {
		r.Error = "note: " + strings.Join(a.Warnings, "; ")
	}
	return r
}

// refused fills a result from an error: what is in doubt, by this sending or one
// before it, is unknown, what the run's end prevented was not attempted, the
// rest failed.
func refused(r Result, err error, doubt bool) Result {
	r.Error = oneLine(err)
	call, ok := errors.AsType[*client.Error](err)
	switch {
	case doubt:
		r.Status = Unknown
		r.Error += " (an earlier sending may have been applied)"
	case ok && call.Applied != client.AppliedNo:
		r.Status = Unknown
	case r.Attempts == 0, ends(err) != nil, errors.Is(err, errStopping), errors.Is(err, context.Canceled):
		r.Status = NotAttempted
	default:
		r.Status = Failed
	}
	return r
}

// ends returns the [Stop] that an error means for the whole run, or nil.
func ends(err error) error {
	if stop, ok := errors.AsType[Stop](err); ok {
		return stop
	}
	call, ok := errors.AsType[*client.Error](err)
	if !ok {
		return nil
	}
	switch call.Kind {
	case client.KindCredentials:
		return stopFor(StoppedByCredentials, err)
	case client.KindOutage:
		return stopFor(StoppedByOutage, err)
	case client.KindThrottled:
		return stopFor(StoppedByThrottling, err)
	default:
		return nil
	}
}

// oneLine is an error's text without line breaks.
func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}

// finish records a result and tells it. A row of which nothing ever left has
// no record.
func (f *flight) finish(r Result) error {
	if !r.Done() && !f.intent {
		f.engine.emit(f.engine.finished(r))
		return nil
	}
	return f.engine.conclude(r, f.want)
}

// conclude records what became of a row and tells it.
func (e *engine) conclude(r Result, want settings.Settings) error {
	e.remember(r, want)
	e.progress.set(r.Line, r.Status)
	defer e.emit(e.finished(r))
	return e.record(&store.Result{Result: r, At: time.Now(), Settings: want.Hash()})
}
