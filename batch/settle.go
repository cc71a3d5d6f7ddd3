package batch

import (
	"context"
	"errors"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// settle ends the rows that this execution left in doubt: their numbers are
// read, and what is as it was is sent once more.
func (e *engine) settle(ctx context.Context) result.Stop {
	doubt := e.inDoubt()
	if len(doubt) == 0 || e.cfg.TokenOnly {
		return result.Stop{}
	}
	numbers := map[string]struct{}{}
	for _, number := range doubt {
		numbers[number] = struct{}{}
	}
	if err := e.readThese(ctx, numbers); err != nil {
		if stop, ok := errors.AsType[result.Stop](err); ok {
			return stop
		}
		e.emit(event.Noticed{Detail: "what is in doubt could not be settled: " + result.OneLine(err)})
		return result.Stop{}
	}
	e.task = func(p plan.Row) task {
		if _, ok := doubt[p.Line]; ok {
			return toSettle
		}
		return nothing
	}
	return e.pool(ctx)
}

// inDoubt takes the rows that this execution left in doubt, by line.
func (e *engine) inDoubt() map[int]string {
	e.noting.Lock()
	defer e.noting.Unlock()
	doubt := e.doubt
	e.doubt = nil
	return doubt
}

// remember keeps a row that is in doubt, or pending.
func (e *engine) remember(r result.Result, want settings.Settings) {
	e.noting.Lock()
	defer e.noting.Unlock()
	switch r.Status {
	case result.Unknown:
		if e.doubt == nil {
			e.doubt = map[int]string{}
		}
		e.doubt[r.Line] = r.Number
	case result.Pending:
		if e.pending == nil {
			e.pending = map[int]awaited{}
		}
		e.pending[r.Line] = awaited{result: r, want: want}
	}
}
