package batch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// ErrDeclined is the reason of a run that nobody agreed to.
var ErrDeclined = errors.New("declined; nothing was sent")

// InvalidError refuses an input that has invalid rows: nothing was sent.
type InvalidError struct {
	Counts input.Counts
}

// Error counts the invalid rows; each of them was told as a [event.ProblemFound].
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%d of %d rows are invalid; nothing was sent", e.Counts.Invalid, e.Counts.Rows)
}

// ErrNothingRead is the reason of a run that would read nothing for an input
// with preconditions.
var ErrNothingRead = errors.New("the file has preconditions in If. columns, and with --all nothing is read that they could be compared with; nothing was sent")

// Apply is one run, from the input to the last answer. The returned run is the
// folder as it is afterwards; it is nil only when no folder could be made. How
// the run ended is in [runs.Run.Stop]; an error means that nothing was sent, and
// why: an [input.FileError], an [InvalidError], a [guard.RefusedError], [ErrNothingRead],
// [ErrDeclined] (possibly wrapped), or trouble with the folder.
func Apply(ctx context.Context, cfg Config) (*runs.Run, error) {
	e, err := prepare(ctx, cfg, false)
	if err != nil {
		return nil, err
	}
	return e.execute(ctx, e.fromStart)
}

// DryRun is [Apply] as far as the plan. It has a [client.Reader] only, so that
// it cannot change anything.
func DryRun(ctx context.Context, cfg Config) (*runs.Run, error) {
	cfg.Client = nil
	e, err := prepare(ctx, cfg, true)
	if err != nil {
		return nil, err
	}
	return e.execute(ctx, e.fromStart)
}

// execute does the work of a run, and returns the folder as it is afterwards.
func (e *engine) execute(ctx context.Context, work func(context.Context) (result.Stop, error)) (*runs.Run, error) {
	defer e.lock.Release()
	ctx, stopped := e.obey(ctx)
	defer stopped()
	defer e.heed()()
	e.reader = e.cfg.Reader.With(client.Trace{
		Done:    func(a client.Attempt) { e.attempted(0, 0, a) },
		Waiting: e.waiting,
	})
	e.emit(event.Began{At: time.Now(), Folder: e.dir().Path(), Run: e.me.Told()})
	e.cfg.Control.Begin(execution{e}, e.schedule())
	if e.cfg.Attend != nil {
		defer e.cfg.Attend(e.dir().Path())()
	}
	stop, err := work(ctx)
	if errors.Is(err, context.Canceled) && result.StopOf(ctx).Early() {
		err = result.StopOf(ctx) // whatever it was in the middle of
	}
	if early, ok := result.StopIn(err); ok {
		stop, err = early, nil
	}
	if err != nil {
		stop = refusal(err)
	} else if stop.Early() {
		stop = e.gravest(stop)
	}
	e.cfg.Control.End()
	stop, closed := e.close(ctx, stop)
	run, opened := e.cfg.runs().Open(context.WithoutCancel(ctx), e.is.Name)
	if e.log.Broken() {
		return e.lost(stop), err
	}
	unread := func(why error) *runs.Run {
		return e.lost(result.Graver(stop, result.StopFor(result.StoppedByDisk, why)))
	}
	if opened != nil && e.begun { // what was sent is known to this process, if not to whoever reads
		return unread(opened), err
	}
	if opened == nil {
		run.Stop = stop // also when the store could not take it
		run.File, run.Retention = e.file, e.retained
		if e.begun {
			run.Unread = unread
		}
	}
	return run, errors.Join(err, closed, opened)
}

// obey ends the returned context when the control, or the engine, asks the run
// to stop.
func (e *engine) obey(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, e.stop = e.cfg.Control.Until(ctx)
	return ctx, func() { e.stop(nil) }
}

// fromInput checks the input and makes the plan of its rows.
func (e *engine) fromInput(ctx context.Context) (*plan.Plan, error) {
	if err := e.check(ctx); err != nil {
		return nil, err
	}
	counts := e.counts
	e.emit(event.Checked{Folder: e.dir().Path(), Counts: counts})
	if counts.Rows == 0 {
		return nil, &input.FileError{Path: e.me.Source, Problems: []input.Problem{{
			Message: "there are no rows", Hint: "see whether the export that made it was complete",
		}}}
	}
	if e.cfg.All && e.file.Conditional() {
		return nil, ErrNothingRead
	}
	if counts.Invalid > 0 && !e.cfg.SkipInvalid {
		return nil, &InvalidError{Counts: counts}
	}
	if err := e.guardSpace(); err != nil {
		return nil, err
	}
	return e.plan(ctx)
}

// check reads the whole of the input.
func (e *engine) check(ctx context.Context) (err error) {
	tell := func(p input.Problem) { e.emit(event.ProblemFound{Problem: p}) }
	path, err := e.run().InputPath(ctx)
	if err != nil {
		return err
	}
	e.file, err = input.Check(ctx, path, e.me.Options, tell)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if unreadable, ok := errors.AsType[*input.FileError](err); ok {
		unreadable.Path = e.me.Source // the copy is as good, but nobody knows it
		for _, p := range unreadable.Problems {
			tell(p)
		}
	}
	if err == nil {
		e.counts = e.file.Counts()
	}
	return err
}

// carryOut guards a plan, asks, and sends it.
func (e *engine) carryOut(ctx context.Context, p *plan.Plan) (result.Stop, error) {
	if err := cmp.Or(e.guard(ctx, p), e.guardSpace()); err != nil {
		return result.Stop{}, err
	}
	if err := e.fits(p); err != nil {
		return result.Stop{}, err
	}
	if err := e.ask(ctx, p); err != nil {
		return result.Stop{}, err
	}
	if err := e.begin(ctx); err != nil {
		return result.Stop{}, err
	}
	e.emit(event.Started{At: time.Now(), Rows: p.Updates(), Workers: e.cfg.Workers, Counts: p.Counts})
	return e.send(ctx), nil
}

// ask asks for consent, when someone is to be asked.
func (e *engine) ask(ctx context.Context, p *plan.Plan) error {
	if e.cfg.Confirm == nil {
		return nil
	}
	q := Question{
		Account:        e.cfg.Account,
		API:            e.cfg.API,
		Sandbox:        e.cfg.Sandbox,
		Counts:         e.counts,
		Plan:           p,
		Rate:           e.cfg.Rate,
		RollbackWindow: e.rollbackWindow(),
		RollbackOf:     e.me.RollbackOf,
		Store:          e.cfg.Store.Place(),
	}
	last, err := e.cfg.runs().Previous(ctx, e.is)
	if err != nil {
		return err
	}
	if last != nil {
		q.Last, q.LastAt = last.Identity.Name, last.StartedAt
	}
	e.emit(event.Asking{})
	return e.cfg.Confirm(ctx, q)
}

// refusal is the stop of an execution that ended with an error, before it sent
// anything.
func refusal(err error) result.Stop {
	if errors.Is(err, ErrDeclined) {
		return result.StopFor(result.Declined, err)
	}
	_, guarded := errors.AsType[*guard.RefusedError](err)
	_, locked := errors.AsType[*store.LockedError](err)
	if guarded || locked {
		return result.StopFor(result.Guarded, err)
	}
	if _, broken := errors.AsType[*store.BrokenError](err); broken {
		return result.StopFor(result.StoppedByDisk, err)
	}
	_, invalid := errors.AsType[*InvalidError](err)
	_, unreadable := errors.AsType[*input.FileError](err)
	if invalid || unreadable || errors.Is(err, ErrNothingRead) {
		return result.StopFor(result.RefusedInput, err)
	}
	return result.StopFor(result.StoppedByError, err)
}

// close records the end, removes what is older than is to be kept, and tells the
// end.
func (e *engine) close(ctx context.Context, stop result.Stop) (result.Stop, error) {
	at := time.Now()
	err := errors.Join(e.log.Flush(), e.log.Milestone(store.Ended, at, stop))
	if disk, ok := errors.AsType[result.Stop](err); ok && !stop.Early() {
		stop = disk
	}
	if !stop.Early() && e.cfg.Client != nil && e.cfg.Keep > 0 {
		var notes []string
		e.retained, notes = prune.Retain(ctx, e.cfg.runs(), e.is, e.cfg.Keep)
		for _, note := range notes {
			e.emit(event.Noticed{Detail: note})
		}
	}
	e.emit(event.Ended{At: at, Stop: stop})
	if stop.Reason == result.StoppedByDisk {
		err = nil // it is the failure that the stop tells
	}
	return stop, err
}

// run is the run of which this is an execution, without how its rows stand.
func (e *engine) run() *runs.Run {
	return &runs.Run{Identity: *e.me, StartedAt: e.is.StartedAt, In: e.cfg.runs(), Stored: e.is, File: e.file}
}

// lost is the run as this process knows it, when the store cannot be asked any
// more.
func (e *engine) lost(stop result.Stop) *runs.Run {
	run := e.run()
	run.Stop, run.EndedAt, run.Plan, run.Applied = stop, time.Now(), e.made, e.made != nil
	run.Remembered = e.cfg.Control.Status(time.Now()).Counts
	return run
}

// release is who told that other jobs may take a cutover back.
type release struct {
	// Run is the one that was told to release it, User, Ticket and Operator who
	// told so.
	Run      string `json:"run"`
	User     string `json:"user,omitempty"`
	Ticket   string `json:"ticket,omitempty"`
	Operator string `json:"operator,omitempty"`
}

// begin records that the plan begins to be carried out, and what may be taken
// back from here on.
func (e *engine) begin(ctx context.Context) error {
	at := time.Now()
	begins, err := runs.Milestone(store.Began, at, runs.Began{
		Rate: e.cfg.Rate.String(), Deadline: e.cfg.Deadline, Behalf: e.cfg.Behalf, Routes: e.routes.Names(),
		Release: e.cfg.Release, Cautions: e.cfg.Cautions.Asked(), Manner: e.cfg.Manner,
	})
	if err != nil {
		return err
	}
	records := []store.Record{begins}
	for _, name := range e.cfg.Release {
		cutover, err := e.cfg.Store.Run(ctx, name)
		if errors.Is(err, store.ErrNotFound) {
			continue // it was removed meanwhile: it protects nothing any more
		}
		if err != nil {
			return err
		}
		doc, err := json.Marshal(release{Run: e.me.Name, User: e.cfg.User, Ticket: e.cfg.Behalf.Ticket, Operator: e.cfg.Behalf.Operator})
		if err != nil {
			return err
		}
		records = append(records, &store.Unprotected{Cutover: cutover.ID, At: at, Doc: doc})
	}
	if err := e.log.Record(records...); err != nil {
		return err
	}
	e.begun = true
	return nil
}
