package batch

import (
	"context"
	"fmt"
	"time"

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
	result Result
	want   settings.Settings
}

// await asks for the orders of rows that are pending, with what is left of the
// pace, until each is complete or failed, or the time for it is over.
func (e *engine) await(ctx context.Context) Stop {
	if e.cfg.WaitFor <= 0 || e.cfg.TokenOnly {
		return Stop{}
	}
	waiting, done := e.working(ctx, e.cfg.WaitFor)
	defer done()
	for pause := awaitFirst; len(e.pending) > 0; pause = min(2*pause, awaitMost) {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-waiting.Done():
			timer.Stop()
			return stopOf(ctx)
		}
		for line, row := range e.pending {
			if err := e.askOrder(waiting, line, row); err != nil {
				return stopOf(ctx)
			}
		}
	}
	return Stop{}
}

// working returns a context that ends when so much time has gone by in which
// nothing held all requests.
func (e *engine) working(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, done := context.WithCancel(ctx)
	began, held := time.Now(), e.gate().HeldTime()
	go func() {
		defer done()
		for left := limit; left > 0; left = limit - time.Since(began) + e.gate().HeldTime() - held {
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
func (e *engine) askOrder(ctx context.Context, line int, row awaited) error {
	order, err := e.reader.Order(ctx, row.result.UpdateOrderId)
	if ctx.Err() != nil || ends(err) != nil {
		return fmt.Errorf("order %s: %w", row.result.UpdateOrderId, err)
	}
	if err == nil && order.State().Ended() {
		delete(e.pending, line)
		return e.ended(row, order)
	}
	return nil // it is asked for again in the next round
}

// ended concludes a row whose order has ended.
func (e *engine) ended(row awaited, order client.Order) error {
	result := row.result
	result.Status, result.UpdateOrderStatus, result.Error = Updated, order.OrderStatus, order.Remark()
	if order.State() == client.OrderFailed {
		result.Status = Failed
	}
	return e.conclude(result, row.want)
}

// takePending takes over the rows of an earlier execution that are pending.
func (e *engine) takePending(ctx context.Context, run *Run) error {
	if !run.has(Pending) {
		return nil
	}
	pending := func(p PlanRow) bool { return p.sent() && run.rows[p.Line].status == Pending }
	for p, err := range e.planned().rowsOf(pending) {
		if err != nil {
			return err
		}
		result, err := run.result(ctx, p)
		if err != nil {
			return err
		}
		e.remember(result, settings.FromChanges(p.Changes))
		e.finished(result)
	}
	return nil
}
