package batch

import (
	"context"
	"fmt"
	"iter"
	"maps"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/protect"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// ResumeOptions say what a resumed run does besides going on.
type ResumeOptions struct {
	// RetryFailed takes the rows that failed again: those that failed in reading are
	// read, the others are sent.
	RetryFailed bool
	// AfterLater goes on although rollbacks took rows back, which stay as they are, or
	// later runs moved rows: those that are left are conflicts.
	AfterLater bool
}

// Resume goes on with a run where it stopped, whatever stopped it, with the input
// that it had. Rows with an answer are never sent
// again, but for those that failed and wait for the second pass that the stop kept the run from, and rows never sent are
// sent. Rows whose intent has no trustworthy
// answer are in doubt: their number is read, and what is in sync is
// [result.Updated], what somebody else changed is [result.Unknown], and what is as it was
// is sent again. Of the configuration counts what says how to reach the API and
// how fast. Returns are those of [Apply].
func Resume(ctx context.Context, cfg Config, name string, o ResumeOptions) (_ *runs.Run, err error) {
	cfg.Access = cfg.complete()
	if err := cfg.invalidSending(); err != nil {
		return nil, err
	}
	run, lock, err := claim(ctx, cfg, name)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	sent := run.Applied
	defer func() { guard.SentBefore(err, sent) }()
	if err := resumable(ctx, cfg, run); err != nil {
		return nil, err
	}
	rolledBack, later, err := respect(ctx, run, o)
	if err != nil {
		return nil, err
	}
	if err := guard.Enforce(run.Identity.Saved.Unsaid(cfg.Saved)); err != nil {
		return nil, err
	}
	e := reopen(cfg, run, lock)
	if run.Plan == nil {
		return e.execute(ctx, e.fromInput)
	}
	return e.execute(ctx, func(ctx context.Context) (result.Stop, error) { return e.goOn(ctx, o, rolledBack, later) })
}

// taskOf is what is to be done for a row, by what the store has of it. Where the store
// forgets, a row may have been sent of which it has nothing.
func taskOf(r *runs.Run, p plan.Row, forgets bool, o ResumeOptions) send.Task {
	if !p.Sent() {
		return send.Nothing
	}
	state, known := r.States[p.Line]
	switch {
	case !known && forgets:
		return send.Settle
	case !known, state.Status == result.NotAttempted, state.Status == result.Failed && o.RetryFailed:
		return send.Send
	case state.Status == result.Unknown:
		return send.Settle
	default:
		return send.Nothing
	}
}

// goOn settles what is in doubt and sends what is left, but for the numbers that were
// rolled back.
func (e *execution) goOn(
	ctx context.Context, o ResumeOptions, rolledBack map[string]*runs.Run, later *runs.Later,
) (result.Stop, error) {
	run := e.run
	if err := sameNames(ctx, e); err != nil {
		return result.Stop{}, err
	}
	if o.RetryFailed && !e.cfg.TokenOnly && !run.Identity.All {
		if err := retryReading(ctx, e); err != nil {
			return result.Stop{}, err
		}
	}
	if !run.Applied {
		if err := e.guard(ctx); err != nil {
			return result.Stop{}, err
		}
	}
	gap, err := run.In.LastGap(ctx, run.Stored.Account.ID)
	if err != nil {
		return result.Stop{}, err
	}
	tasks := func(p plan.Row) send.Task {
		task := taskOf(run, p, run.Forgets(gap), o)
		if _, back := rolledBack[p.Number]; back || task == send.Settle && e.cfg.TokenOnly { // it cannot be read
			return send.Nothing
		}
		return task
	}
	if _, err := e.nameAccount(ctx); err != nil {
		return result.Stop{}, err
	}
	e.Emit(event.PlanResumed{Plan: run.Plan, Counts: run.Progressed()})
	sender, err := e.replan(ctx, tasks)
	if err != nil {
		return result.Stop{}, err
	}
	sender.RolledBack, sender.Later = rolledBack, later
	if err := takeOver(ctx, e); err != nil {
		return result.Stop{}, err
	}
	started, err := e.lookAgain(ctx, tasks)
	if err != nil {
		return result.Stop{}, err
	}
	if run.Applied {
		if err := e.guardRest(ctx, tasks); err != nil {
			return result.Stop{}, err
		}
	}
	return e.send(ctx, started, tasks)
}

// takeOver takes over what earlier executions left pending, and the rows that wait for a second pass. Where this one makes
// none, that is said.
func takeOver(ctx context.Context, e *execution) error {
	if err := e.sender.TakePending(ctx); err != nil {
		return err
	}
	owed, err := send.TakeOwed(ctx, e.sender)
	if owed > 0 && e.cfg.SecondPass <= 0 {
		e.Emit(event.Noticed{Detail: fmt.Sprintf(
			"rows that failed and were to be tried once more: %d; this time there is no second pass: to send them, try failed rows again", owed), Options: []option.Name{option.RetryFailed}})
	}
	return err
}

// retryReading reads the numbers again of rows that failed in reading, and decides these
// rows anew: what they would change belongs to the plan from then on.
func retryReading(ctx context.Context, e *execution) error {
	if e.run.Plan.Counts[result.Failed] == 0 {
		return nil
	}
	if err := e.check(ctx); err != nil {
		return err
	}
	failed := map[string]struct{}{}
	for p, err := range e.run.Planned().All() {
		if err != nil {
			return err
		}
		if p.Status == result.Failed {
			failed[p.Number] = struct{}{}
		}
	}
	read := current.NewReadings(store.ForPlan, e.log.Record)
	if _, err := e.numbers().Read(ctx, read, maps.Clone(failed)); err != nil {
		return err
	}
	e.readAgain = true
	return newPlanner(e).Anew(ctx, read, failed)
}

// lookAgain reads the numbers of rows that are in doubt, and of those, also unchanged
// ones, whose reading is too old or that a later run has touched. It counts the rows, and
// returns how many are left, and how all rows stand.
func (e *execution) lookAgain(ctx context.Context, tasks send.Tasks) (event.Started, error) {
	left := event.Started{Counts: map[result.Status]int{}, Again: map[int]result.Status{}}
	touched, why, err := e.run.TouchedLater(ctx)
	if err != nil {
		return left, err
	}
	if why != "" {
		e.Emit(event.Noticed{Detail: "every row not yet sent is read again first, " +
			"because it is not known what was done meanwhile: " + why})
	}
	numbers := map[string]struct{}{}
	e.counts = input.Counts{}
	e.reviewed.old = map[string]struct{}{}
	for p, err := range e.run.Planned().All() {
		if err != nil {
			return left, err
		}
		left.Counts[statusOf(e.run, p, tasks)]++
		p.CountIn(&e.counts)
		_, moved := e.run.Moved[p.Line]
		e.reviewed.counts(p, moved || e.sender.Old(p, touched(p.Number)))
		task := tasks(p)
		if task == send.Nothing {
			continue
		}
		left.Rows++
		if status := e.run.States[p.Line].Status; status == result.Unknown || status == result.Failed {
			left.Again[p.Line] = status
		}
		if task == send.Settle || touched(p.Number) || e.sender.Stale(p, tasks) {
			numbers[p.Number] = struct{}{}
		}
	}
	maps.Copy(numbers, e.reviewed.old)
	if err := awaitLate(ctx, e); err != nil {
		return left, err
	}
	if err := e.sender.ReadAgain(ctx, numbers); err != nil {
		return left, err
	}
	if err := e.reviewed.review(ctx, e); err != nil {
		return left, err
	}
	e.reviewed.shift(left.Counts)
	return left, nil
}

// statusOf is the status of a row when the run is resumed: as the store has it, but
// [result.Planned] when there is something to do for it.
func statusOf(r *runs.Run, p plan.Row, tasks send.Tasks) result.Status {
	if p.Status != result.Planned {
		return p.Status
	}
	p.Line, p.SameAs = p.CountingLine(), 0
	state, known := r.States[p.Line]
	if !known || tasks(p) != send.Nothing {
		return result.Planned
	}
	return state.Status
}

// asksOfPlan gives what is to be sent of a plan.
func asksOfPlan(rows plan.Rows, tasks send.Tasks) iter.Seq2[protect.Ask, error] {
	return func(yield func(protect.Ask, error) bool) {
		for p, err := range rows.Where(func(p plan.Row) bool { return tasks(p) == send.Send }) {
			if !yield(protect.Ask{Number: p.Number, Want: settings.FromChanges(p.Changes)}, err) || err != nil {
				return
			}
		}
	}
}
