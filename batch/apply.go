package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
)

// InvalidError refuses an input that has invalid rows: nothing was sent.
type InvalidError struct {
	Counts input.Counts
}

// Error counts the invalid rows; each of them was told as a [event.ProblemFound].
func (e *InvalidError) Error() string {
	return result.AreInvalid(e.Counts.Invalid, e.Counts.Rows) + "; nothing was sent"
}

// ErrNothingRead is the reason of a run that would read nothing for an input
// with preconditions.
var ErrNothingRead = errors.New("the file has preconditions in If. columns, and nothing is read that they could be compared with; nothing was sent")

// Apply is one run, from the input to the last answer. The returned run is the
// folder as it is afterwards; it is nil only when no folder could be made. How
// the run ended is in [runs.Run.Stop]; an error means that nothing was sent, and
// why: an [input.FileError], an [InvalidError], a [guard.RefusedError], [ErrNothingRead],
// [result.ErrDeclined] (possibly wrapped), what [Config.Validate] says, or trouble with
// the folder. Once ctx has ended no row is started, those in flight may finish for 25
// seconds, and the run's stop is the context's cause: itself if it is a [result.Stop], else
// one of [result.StoppedByCaller].
func Apply(ctx context.Context, cfg Config) (*runs.Run, error) {
	cfg.Access = cfg.complete()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	e, err := prepare(ctx, cfg, false)
	if err != nil {
		return nil, err
	}
	return e.execute(ctx, e.fromInput)
}

// DryRun is [Apply] as far as the plan. It has a [client.Reader] only, so that
// it cannot change anything.
func DryRun(ctx context.Context, cfg Config) (*runs.Run, error) {
	cfg.Access = cfg.complete()
	if err := allOf(cfg.invalidInput(), cfg.invalidReading()); err != nil {
		return nil, err
	}
	cfg.Client = nil
	e, err := prepare(ctx, cfg, true)
	if err != nil {
		return nil, err
	}
	return e.execute(ctx, e.fromInput)
}

// fromInput checks the input, makes the plan of its rows, and carries it out unless
// that is all.
func (e *execution) fromInput(ctx context.Context) (result.Stop, error) {
	if included := e.run.Identity.Included; included != nil {
		e.Emit(event.Noticed{Detail: included.String(), Good: true})
	}
	if err := e.check(ctx); err != nil {
		return result.Stop{}, err
	}
	e.Emit(event.Checked{Folder: e.run.Folder(), Counts: e.counts})
	if err := e.usable(); err != nil {
		return result.Stop{}, err
	}
	if err := guardSpace(e); err != nil {
		return result.Stop{}, err
	}
	if err := e.makePlan(ctx); err != nil {
		return result.Stop{}, err
	}
	if e.run.Identity.DryRun {
		return result.Stop{}, e.foretell(ctx)
	}
	p := e.run.Plan
	return e.carryOut(ctx, event.Started{Rows: p.Updates(), Counts: maps.Clone(p.Counts)})
}

// check reads the whole of the input.
func (e *execution) check(ctx context.Context) (err error) {
	tell := func(p input.Problem) {
		p = e.run.Identity.Included.Blamed(p)
		if p.Warning {
			e.warnings.Add(p)
		}
		e.Emit(event.ProblemFound{Problem: p})
	}
	path, err := e.run.InputPath(ctx)
	if err != nil {
		return err
	}
	options := e.run.Identity.Options
	if options.Routes = e.directory; e.run.Plan != nil {
		options.Routes = e.run.Plan.Named
	}
	e.run.File, err = input.Check(ctx, path, options, tell)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if unreadable, ok := errors.AsType[*input.FileError](err); ok {
		unreadable.Path = e.run.Identity.Source // the copy is as good, but nobody knows it
		for _, p := range unreadable.Problems {
			tell(p)
		}
	}
	if err == nil {
		e.counts = e.run.File.Counts()
	}
	return err
}

// usable refuses an input of which nothing can be sent as it is.
func (e *execution) usable() error {
	switch {
	case e.counts.Rows == 0:
		return &input.FileError{Path: e.run.Identity.Source, Problems: []input.Problem{{
			Message: "there are no rows", Hint: "see whether the export that made it was complete",
		}}}
	case e.cfg.All && e.run.File.Conditional():
		return ErrNothingRead
	case e.counts.Invalid > 0 && !e.cfg.SkipInvalid:
		return &InvalidError{Counts: e.counts}
	default:
		return e.waved()
	}
}

// waved refuses an input that says of its waves what nobody asked for, or does not say what was asked for.
func (e *execution) waved() error {
	said, problem := e.run.File.Waves(), input.Problem{Column: input.WaveColumn}
	switch by := e.cfg.Waves.ByColumn(); {
	case by && said.FirstUnsaid > 0:
		problem.Line, problem.Message = said.FirstUnsaid, "the row does not say in which wave it is to be"
		problem.Hint = "write the row's wave into the column " + input.WaveColumn + ": 1 is the first"
	case !by && said.Said > 0:
		problem.Message = fmt.Sprintf("the file puts %d rows into waves of its own, which nobody asked for", said.Said)
		problem.Hint = "use the file's waves, or ignore the column"
		problem.Options = []option.Name{option.Waves, option.IgnoreColumn}
	default:
		return nil
	}
	return &input.FileError{Path: e.run.Identity.Source, Problems: []input.Problem{problem}}
}

// carryOut guards the run's plan, asks, and sends it.
func (e *execution) carryOut(ctx context.Context, started event.Started) (result.Stop, error) {
	if err := cmp.Or(e.guard(ctx), guardSpace(e)); err != nil {
		return result.Stop{}, err
	}
	return e.send(ctx, started, send.New)
}

// send asks whether the plan, or what is left of it, is to be sent, and sends it.
func (e *execution) send(ctx context.Context, started event.Started, tasks send.Tasks) (result.Stop, error) {
	e.sender.Restart(maps.Keys(started.Again))
	if err := cmp.Or(e.limitUnread(tasks), e.sender.Fits()); err != nil {
		return result.Stop{}, err
	}
	if err := e.ask(ctx, started.Rows); err != nil {
		return result.Stop{}, err
	}
	if err := e.sender.AwaitHours(ctx); err != nil {
		return result.Stop{}, err
	}
	if err := e.begin(ctx); err != nil {
		return result.Stop{}, err
	}
	started.At, started.Workers = time.Now(), e.cfg.Workers
	e.Emit(started)
	return e.sender.Send(ctx, tasks), nil
}

// limitUnread stops a run before its first update when too many rows failed because their
// numbers could not be read, and are not read again: a file of another account's numbers
// is one.
func (e *execution) limitUnread(tasks send.Tasks) error {
	if e.run.Applied && !e.readAgain || e.run.Plan.Counts[result.Failed] == 0 {
		return nil
	}
	rows := 0
	for p, err := range e.run.Planned().All() {
		if err != nil {
			return err
		}
		if p.Status == result.Failed && p.SameAs == 0 && tasks(p) == send.Nothing {
			rows++
		}
	}
	return e.sender.Failing(rows)
}

// ask asks for consent to so many updates, when someone is to be asked.
func (e *execution) ask(ctx context.Context, updates int) error {
	if e.cfg.Confirm == nil {
		return nil
	}
	forecast := e.sender.Forecast()
	ends := forecast.Until(forecast.Left)
	forecast.Hours = nil
	q := Question{
		Account:        e.cfg.Account,
		API:            e.cfg.API,
		Sandbox:        e.cfg.Sandbox,
		Counts:         e.counts,
		Plan:           e.run.Plan,
		Updates:        updates,
		Rate:           slower(e.cfg.Rate, e.Gate().Rate()),
		Takes:          forecast.Until(forecast.Left).Sub(forecast.Now),
		Nights:         plan.NightsOf(e.cfg.Hours, forecast.Now, ends),
		SecondPass:     e.sender.SecondPassAhead(),
		RollbackWindow: e.sender.RollbackWindow(),
		RollbackOf:     e.run.Identity.RollbackOf,
		Store:          e.cfg.Store.Place(),
		Resumed:        len(e.run.States) > 0,
	}
	last, err := e.run.In.Previous(ctx, e.run.Stored)
	if err != nil {
		return err
	}
	if last != nil {
		q.Last, q.LastAt = last.Identity.Name, last.StartedAt
	}
	e.Emit(event.Asking{Why: fmt.Sprintf("whether to send %d updates", updates)})
	return e.cfg.Confirm(ctx, q)
}
