package send

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// The pauses between two rounds of questions about orders.
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
}

// await asks for the orders of rows that are pending, with what is left of the
// rate, until each is complete or failed, or the time for it is over.
func (s *Sender) await(ctx context.Context) result.Stop {
	if s.WaitFor <= 0 || s.TokenOnly {
		return result.Stop{}
	}
	waiting, done := s.working(ctx, s.WaitFor)
	defer done()
	for pause := awaitFirst; len(s.pending) > 0; pause = min(2*pause, awaitMost) {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-waiting.Done():
			timer.Stop()
			return result.StopOf(ctx)
		}
		for line, row := range s.pending {
			if err := s.askOrder(waiting, line, row); err != nil {
				return result.StopOf(ctx)
			}
		}
	}
	return result.Stop{}
}

// working returns a context that ends when so much time has gone by in which
// nothing held all requests.
func (s *Sender) working(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, done := context.WithCancel(ctx)
	began, held := time.Now(), s.Reader.API.Gate().HeldTime()
	go func() {
		defer done()
		for left := limit; left > 0; left = limit - time.Since(began) + s.Reader.API.Gate().HeldTime() - held {
			timer := time.NewTimer(max(left, awaitLook)) // during a hold, what is left stays the same
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return
			}
		}
	}()
	return ctx, done
}

// askOrder asks for one order. An error ends the asking: what is pending stays
// so.
func (s *Sender) askOrder(ctx context.Context, line int, row awaited) error {
	order, err := s.Reader.API.Order(ctx, row.result.UpdateOrderId)
	if ctx.Err() != nil || result.CallStop(err) != nil {
		return fmt.Errorf("order %s: %w", row.result.UpdateOrderId, err)
	}
	if err == nil && order.State().Ended() {
		delete(s.pending, line)
		return s.ended(row, order)
	}
	return nil // it is asked for again in the next round
}

// ended concludes a row whose order has ended.
func (s *Sender) ended(row awaited, order client.Order) error {
	r := row.result
	r.Status, r.UpdateOrderStatus, r.Error = result.Updated, order.OrderStatus, order.Remark()
	if order.State() == client.OrderFailed {
		r.Status = result.Failed
	}
	return s.conclude(r, row.want)
}

// TakePending takes over the rows of earlier executions that are pending.
func (s *Sender) TakePending(ctx context.Context) error {
	isPending := func(state runs.RowState) bool { return state.Status == result.Pending }
	if !slices.ContainsFunc(slices.Collect(maps.Values(s.Run.States)), isPending) {
		return nil // spares reading the plan
	}
	pending := func(p plan.Row) bool { return p.Sent() && isPending(s.Run.States[p.Line]) }
	for p, err := range s.Rows.Where(pending) {
		if err != nil {
			return err
		}
		r, err := s.Run.Result(ctx, p)
		if err != nil {
			return err
		}
		s.remember(r, settings.FromChanges(p.Changes))
		s.finished(r)
	}
	return nil
}
