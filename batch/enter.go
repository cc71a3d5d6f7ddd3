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

// Entered is why a run that was entered has stopped.
const Entered = "entered, to be carried out by a worker"

// Enter enters a run into the store, with its input and its options, and leaves it to be carried out by [Resume], in any
// process that has the store. The API is asked for nothing. The input is checked as far as that goes: an invalid one is
// refused as [Apply] does, and is not entered.
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
	// The store has the input, and each host that carries the run out makes a folder of its own.
	defer func() { err = errors.Join(err, e.run.Dir().Remove()) }()
	if err = checkAlone(ctx, e); err == nil {
		err = e.log.Milestone(store.Ended, time.Now(), result.Stop{Reason: result.StoppedByCaller, Detail: Entered})
	}
	if err != nil {
		return nil, errors.Join(err, cfg.Store.Delete(context.WithoutCancel(ctx), e.run.Stored.ID))
	}
	return e.run, nil
}

// checkAlone checks the input without the API: which routes its names mean is found out later.
func checkAlone(ctx context.Context, e *execution) error {
	path, err := e.run.InputPath(ctx)
	if err != nil {
		return err
	}
	options := e.run.Identity.Options
	options.Routes = input.NamedLater{}
	e.run.File, err = input.Check(ctx, path, options, func(p input.Problem) { e.Emit(event.ProblemFound{Problem: p}) })
	if unreadable, is := errors.AsType[*input.FileError](err); is {
		unreadable.Path = e.run.Identity.Source
	}
	if err != nil {
		return err
	}
	e.counts = e.run.File.Counts()
	return e.usable()
}
