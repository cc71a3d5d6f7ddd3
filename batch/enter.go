package batch

import (
	"context"
	"errors"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// Enter enters a run into the store, to be carried out by [Resume] in any process that has the store. The API is asked for
// nothing; an input that is invalid without it is refused as [Apply] does, and not entered.
func Enter(ctx context.Context, cfg Config) (_ *runs.Run, err error) {
	cfg.Access = cfg.complete()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	e, err := prepare(ctx, cfg, false)
	if err != nil {
		return nil, err
	}
	defer e.lock.Release()
	defer func() { err = errors.Join(err, e.run.Dir().Remove()) }() // who carries it out makes a folder of its own
	options := e.run.Identity.Options
	options.Routes = input.NamedLater{}
	path, err := e.run.InputPath(ctx)
	if err == nil {
		e.run.File, err = input.Check(ctx, path, options, func(p input.Problem) { e.Emit(event.ProblemFound{Problem: p}) })
	}
	if err == nil {
		e.counts = e.run.File.Counts()
		if err = e.usable(); err == nil {
			queued := "entered, to be carried out by a worker"
			err = e.log.Milestone(store.Ended, time.Now(), result.Stop{Reason: result.StoppedByCaller, Detail: queued})
		}
	}
	if err != nil {
		return nil, errors.Join(err, cfg.Store.Delete(context.WithoutCancel(ctx), e.run.Stored.ID))
	}
	return e.run, nil
}
