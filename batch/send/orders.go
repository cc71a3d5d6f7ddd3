package send

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// The pauses between two rounds of questions about orders; the first is no longer than half of WaitFor, so that something is
// asked before that is over. A round asks for no longer than
// the longest of them, because numbers may tell by then what orders are still to be asked for.
const (
	awaitFirst = 5 * time.Second
	awaitMost  = time.Minute
)

// awaitLook is how often it is looked, at the most, whether a hold is over.
const awaitLook = time.Second

// awaited is a row whose order is not complete yet.
type awaited struct {
	result result.Result
	want   settings.Settings
	asked  int // how often its order was asked for
}

// orders settles pending rows: by what their numbers show, where reading those takes fewer requests than asking for
// the orders, and by the orders that this does not decide.
type orders struct {
	*Sender
	wanted func(line int) bool // of the pending rows, those that are settled
	wave   *plan.Wave          // held when there are too many orders to be asked for in time; nil: nothing is held
	// unread leaves the numbers alone, which do not tell yet what was done.
	unread bool
	// forbidden counts look-ups in a row that were refused with 403.
	forbidden int
	// failing is why the look-up failed during which the time was over; nil: it did not.
	failing *client.Error
}

// await settles pending rows with what is left of the rate, until WaitFor is over. Where some orders could not even be
// asked for by then, a wave is held, and goes on being settled, until that is done or somebody lets it go. An error is a
// [result.Stop], or trouble of the store.
func (o *orders) await(ctx context.Context) (letGo bool, err error) {
	if o.WaitFor <= 0 || o.TokenOnly || len(o.left()) == 0 {
		return false, nil
	}
	waiting, done := o.working(ctx, o.WaitFor)
	err = o.rounds(waiting)
	done()
	if unasked := o.unasked(); err == nil && o.wave != nil && unasked > 0 && ctx.Err() == nil {
		held, release := o.hold(ctx, unasked)
		err = o.rounds(held)
		release()
		letGo = len(o.left()) > 0
	}
	return letGo, cmp.Or(err, context.Cause(ctx), o.remarkFailing())
}

// remarkFailing tells of the rows whose orders nothing was heard of why those could not be read.
func (o *orders) remarkFailing() error {
	if o.failing == nil {
		return nil
	}
	for _, line := range o.left() {
		row := o.pending[line]
		if row.asked > 0 { // it says what was told of its own
			continue
		}
		row.result.Error = "its order could not be read: " + result.OneLine(o.failing)
		if err := o.conclude(row.result, row.want); err != nil {
			return err
		}
	}
	return nil
}

// rounds goes on until nothing is left to be settled, or ctx ends.
func (o *orders) rounds(ctx context.Context) error {
	for pause := min(awaitFirst, o.WaitFor/2); sleep(ctx, pause); {
		more, err := o.round(ctx)
		if err != nil || len(o.left()) == 0 {
			return err
		}
		if pause = min(2*max(pause, awaitFirst), awaitMost); more {
			pause = 0
		}
	}
	return nil
}

// sleep lets time pass, and returns false if ctx ends.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// hold holds the wave.
func (o *orders) hold(ctx context.Context, unasked int) (held context.Context, release func()) {
	rate := o.Reader.API.Gate().Rate()
	return o.Control.HoldWave(ctx, o.wave.N, time.Time{}, fmt.Sprintf(
		"wave %d of %d: %d orders are pending, and %d of them could not be asked for within %s at %s: "+
			"they do not count against it once it is approved", o.wave.N, o.wave.Of, len(o.left()), unasked, o.WaitFor, rate))
}

// left are the lines of the rows to be settled, those that were asked for least first.
func (o *orders) left() []int {
	lines := slices.DeleteFunc(slices.Collect(maps.Keys(o.pending)), func(line int) bool { return !o.wanted(line) })
	slices.SortFunc(lines, func(a, b int) int {
		return cmp.Or(cmp.Compare(o.pending[a].asked, o.pending[b].asked), cmp.Compare(a, b))
	})
	return lines
}

// unasked is of how many of them the order was never asked for.
func (o *orders) unasked() int {
	n := 0
	for _, line := range o.left() {
		if o.pending[line].asked == 0 {
			n++
		}
	}
	return n
}

// round reads the numbers, where that takes fewer requests, and asks for orders that are left, as many as can be asked
// for in [awaitMost], and reports whether there are more.
func (o *orders) round(ctx context.Context) (more bool, err error) {
	lines := o.left()
	if o.pages > 0 && o.pages < len(lines) && !o.unread {
		numbers := map[int]struct{}{}
		for _, line := range lines {
			numbers[line] = struct{}{}
		}
		if err := o.readLines(ctx, numbers); err != nil {
			return false, err
		}
		lines = o.left()
	}
	most := max(1, int(awaitMost/o.Reader.API.Gate().Rate().Every()))
	more = len(lines) > most
	for _, line := range lines[:min(most, len(lines))] {
		if err := o.ask(ctx, line); err != nil || ctx.Err() != nil {
			return false, err
		}
	}
	return more, nil
}

// ask asks for one order. An error is what ends the run.
func (o *orders) ask(ctx context.Context, line int) error {
	row := o.pending[line]
	order, err := o.Reader.API.Order(ctx, row.result.UpdateOrderId)
	if ctx.Err() != nil {
		if call, ok := errors.AsType[*client.Error](err); ok {
			o.failing = call.Cause
		}
		return nil // the time is over, or whoever ended it says why
	}
	if stop := result.CallStop(err); stop != nil {
		return stop
	}
	row.asked, o.failing = row.asked+1, nil
	o.pending[line] = row
	doubt := order.Doubt(row.result.Number)
	if err == nil && doubt == "" && order.State().Ended() {
		o.forbidden = 0
		return o.orderEnded(row, order)
	}
	now := row.result
	if err == nil {
		now.UpdateOrderStatus, now.Error = order.OrderStatus, cmp.Or(doubt, order.Remark())
	} else {
		now.Error = "its order cannot be read: " + result.OneLine(err)
	}
	if now.UpdateOrderStatus == row.result.UpdateOrderStatus && now.Error == row.result.Error {
		return o.refusedLookup(err)
	}
	return errors.Join(o.conclude(now, row.want), o.refusedLookup(err)) // pending still, by another word
}

// refusedLookup counts look-ups that the API forbids, and ends the run when there are too many.
func (o *orders) refusedLookup(err error) error {
	call, ok := errors.AsType[*client.Error](err)
	if !ok || call.Kind != client.KindForbidden {
		o.forbidden = 0
		return nil //nolint:nilerr // other troubles of a look-up are its row's
	}
	if o.forbidden++; o.forbidden < result.ForbiddenInARow {
		return nil
	}
	return result.Stop{Reason: result.StoppedByCredentials, Detail: fmt.Sprintf(
		"%d look-ups of orders in a row were refused with 403: %s", o.forbidden, result.OneLine(err))}
}

// working returns a context that ends when so much time has gone by in which
// nothing held all requests, and the API was not down.
func (s *Sender) working(ctx context.Context, limit time.Duration) (context.Context, func()) {
	ctx, done := context.WithCancel(ctx)
	idle := func() time.Duration {
		return s.Reader.API.Gate().HeldTime() + s.Control.Status(time.Now()).Waited[client.WaitOutage]
	}
	began, before := time.Now(), idle()
	go func() {
		defer done()
		for left := limit; left > 0; left = limit - time.Since(began) + idle() - before {
			if !sleep(ctx, max(left, awaitLook)) { // during a hold, what is left stays the same
				return
			}
		}
	}()
	return ctx, done
}

// orderEnded concludes a row whose order has ended, and judges it as one that was just sent.
func (s *Sender) orderEnded(row awaited, order client.Order) error {
	r := row.result
	r.Status, r.UpdateOrderStatus, r.Error = result.Updated, order.OrderStatus, order.Remark()
	if order.State() == client.OrderFailed {
		r.Status = result.Failed
	}
	if _, doubt := s.doubted[r.Line]; doubt {
		r = doubted(r)
	}
	return cmp.Or(s.conclude(r, row.want), s.failures.Over())
}

// standing gives the rows that earlier executions sent, and that stand so.
func standing(s *Sender, status result.Status) iter.Seq2[plan.Row, error] {
	stands := func(state runs.RowState) bool { return state.Status == status }
	if !slices.ContainsFunc(slices.Collect(maps.Values(s.Run.States)), stands) {
		return func(func(plan.Row, error) bool) {} // spares reading the plan
	}
	return s.Rows.Where(func(p plan.Row) bool { return p.Sent() && stands(s.Run.States[p.Line]) })
}

// TakePending takes over the rows of earlier executions that are pending.
func (s *Sender) TakePending(ctx context.Context) error {
	for p, err := range standing(s, result.Pending) {
		if err != nil {
			return err
		}
		r, err := s.Run.Result(ctx, p)
		if err != nil {
			return err
		}
		if r.Attempts > 1 { // an earlier one may have been doubtful
			s.noteDoubted(r.Line)
		}
		s.remember(r, settings.FromChanges(p.Changes))
		s.finished(r)
	}
	return nil
}

// TakeOwed takes over the rows that failed in earlier executions which were stopped before their second pass had tried them,
// and returns how many they are.
func TakeOwed(ctx context.Context, s *Sender) (int, error) {
	for p, err := range standing(s, result.Failed) {
		if err != nil {
			return 0, err
		}
		r, waits, err := runs.Owed(ctx, s.Run, p)
		if err != nil {
			return 0, err
		}
		if _, back := s.RolledBack[p.Number]; waits && !back {
			s.second.note(r)
		}
	}
	return s.second.owe(), nil
}
