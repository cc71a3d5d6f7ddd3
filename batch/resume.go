package batch

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/protect"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// ResumeOptions say what a resumed run does besides going on.
type ResumeOptions struct {
	// RetryFailed takes the rows that failed again.
	RetryFailed bool
	// AfterRollback goes on although rollbacks took rows back: those stay as they
	// are.
	AfterRollback bool
}

// FindUnfinished returns the name of the newest run of the configuration's job and
// account that has the same input as the file at path and was not finished; or
// nothing.
func FindUnfinished(ctx context.Context, cfg Config, path string) (name string, err error) {
	sum, err := folder.HashFile(path)
	if err != nil {
		return "", err
	}
	account, _, err := cfg.account(ctx, cfg.Reader)
	if err != nil {
		return "", err
	}
	all, err := cfg.Store.Runs(ctx, store.RunFilter{Account: account.ID, Job: cfg.Job})
	if err != nil {
		return "", err
	}
	for _, is := range all {
		if is.Input.SHA256 != sum {
			continue
		}
		run, err := cfg.runs().LoadSteps(ctx, is)
		if err != nil {
			return "", err
		}
		if run.Identity.DryRun && !run.Applied {
			continue // a plan that nobody applied
		}
		if !asks(run.Identity, cfg) {
			return "", nil
		}
		if run.EndedAt.IsZero() || run.Stop.Early() && run.Applied {
			return is.Name, nil
		}
		return "", nil // the newest one counts
	}
	return "", nil
}

// asks reports whether a run was to write the same as a configuration says.
func asks(i runs.Identity, cfg Config) bool {
	return i.All == cfg.All && i.Hidden == cfg.Hidden && slices.Equal(i.Fields, cfg.Fields) && i.Approved == cfg.Approved &&
		i.Waves == cfg.Waves.String() && i.MaxWave == cfg.Waves.Max
}

// Resume goes on with a run where it stopped, whatever stopped it, with the input
// that it had. Rows with an answer are never sent
// again, and rows never sent are sent. Rows whose intent has no trustworthy
// answer are in doubt: their number is read, and what is as asked is
// [result.Updated], what somebody else changed is a [result.Conflict], and what is as it was
// is sent again. Of the configuration counts what says how to reach the API and
// how fast. Returns are those of [Apply].
func Resume(ctx context.Context, cfg Config, name string, o ResumeOptions) (*runs.Run, error) {
	run, lock, err := claim(ctx, cfg, name)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	if err := resumable(ctx, cfg, run); err != nil {
		return nil, err
	}
	taken, err := respect(ctx, run, o)
	if err != nil {
		return nil, err
	}
	if err := careful(cfg, run); err != nil {
		return nil, err
	}
	cfg.All, cfg.Fields, cfg.Hidden = run.Identity.All, run.Identity.Fields, run.Identity.Hidden
	cfg.SkipInvalid = run.Identity.SkipInvalid
	cfg.CheckRoutes = cfg.CheckRoutes || run.Identity.CheckRoutes && !run.Applied
	cfg.Guards, cfg.Approved = run.Identity.Guards.And(cfg.Guards, run.Applied), run.Identity.Approved
	cfg.Release = allReleased(run.Identity.Release, cfg.Release)
	e, err := reopen(cfg, run, lock)
	if err != nil {
		return nil, err
	}
	e.takenBack = taken
	return e.execute(ctx, func(ctx context.Context) (result.Stop, error) {
		if run.Plan == nil {
			return e.fromStart(ctx)
		}
		if !run.Applied {
			if err := e.guard(ctx, run.Plan); err != nil {
				return result.Stop{}, err
			}
		}
		return e.goOn(ctx, run, o)
	})
}

// resumable refuses a run that there is nothing to go on with, or that was not
// made for this account and address.
func resumable(ctx context.Context, cfg Config, r *runs.Run) error {
	refuse := func(format string, args ...any) error {
		return guard.Refuse(fmt.Sprintf("run "+r.Identity.Name+" "+format, args...))
	}
	foreign, err := cfg.foreign(ctx, r)
	if err != nil {
		return err
	}
	gap, err := r.In.LastGap(ctx, r.Stored.Account.ID)
	if err != nil {
		return err
	}
	switch why := foreign; {
	case why != "":
		return refuse("%s", why)
	case r.Forgets(gap) && r.Plan.Counts[result.Unchanged] > 0:
		return refuse("was planned before the store was put back: whether its unchanged rows are still so is not known, apply its file anew")
	case r.Identity.DryRun && r.Plan != nil && !r.Applied:
		return refuse("is a plan: carry it out with apply --plan")
	case r.Stop.Reason.Next() == result.CorrectInput:
		return refuse("has an input that is invalid: apply it anew when it is mended")
	default:
		return nil
	}
}

// Done reports whether there is nothing to go on with: the run came to its end,
// and no row is left that [Resume] would send, settle or wait for.
func Done(r *runs.Run, o ResumeOptions) bool {
	if r.StateNow() != runs.Finished || !r.Applied || len(r.States) < r.Plan.Updates() {
		return false
	}
	for _, row := range r.States {
		switch row.Status {
		case result.Unknown, result.Pending, result.NotAttempted:
			return false
		case result.Failed:
			if o.RetryFailed {
				return false
			}
		}
	}
	return true
}

// fromStart makes the plan and, unless that is all, carries it out.
func (e *engine) fromStart(ctx context.Context) (result.Stop, error) {
	made, err := e.fromInput(ctx)
	switch {
	case err != nil:
		return result.Stop{}, err
	case e.me.DryRun:
		return result.Stop{}, e.foretell(ctx, made)
	default:
		return e.carryOut(ctx, made)
	}
}

// task is what a resumed run has to do for a row.
type task int

const (
	nothing task = iota
	toSend
	toSettle // it is in doubt
)

// taskOf is what is to be done for a row, by what the store has of it. Where the store
// forgets, a row may have been sent of which it has nothing.
func taskOf(r *runs.Run, p plan.Row, forgets bool, o ResumeOptions) task {
	if !p.Sent() {
		return nothing
	}
	state, known := r.States[p.Line]
	switch {
	case !known && forgets:
		return toSettle
	case !known, state.Status == result.NotAttempted, state.Status == result.Failed && o.RetryFailed:
		return toSend
	case state.Status == result.Unknown:
		return toSettle
	default:
		return nothing
	}
}

// goOn settles what is in doubt and sends what is left.
func (e *engine) goOn(ctx context.Context, run *runs.Run, o ResumeOptions) (result.Stop, error) {
	if err := e.nameAccount(ctx); err != nil {
		return result.Stop{}, err
	}
	e.emit(event.PlanResumed{Plan: run.Plan, Counts: run.Progressed()})
	gap, err := e.cfg.runs().LastGap(ctx, e.is.Account.ID)
	if err != nil {
		return result.Stop{}, err
	}
	e.task = func(p plan.Row) task {
		do := taskOf(run, p, run.Forgets(gap), o)
		if _, back := e.takenBack[p.Number]; back {
			return nothing // it stays as the rollback left it
		}
		if do == toSettle && e.cfg.TokenOnly {
			return nothing // it cannot be read, and stays unknown
		}
		return do
	}
	if err := e.sliceAgain(ctx, run); err != nil {
		return result.Stop{}, err
	}
	if err := e.takePending(ctx, run); err != nil {
		return result.Stop{}, err
	}
	if e.protected, err = protect.Find(ctx, e.cfg.runs(), e.is, e.cfg.Release, e.asksOfPlan()); err != nil {
		return result.Stop{}, err
	}
	started, err := e.lookAgain(ctx, run)
	if err != nil {
		return result.Stop{}, err
	}
	if run.Applied {
		if err := e.guardRest(ctx, run.Plan); err != nil {
			return result.Stop{}, err
		}
	}
	rest := run.Plan.Reduced(started.Rows, e.cfg.Rate)
	if err := e.fits(rest); err != nil {
		return result.Stop{}, err
	}
	if err := e.ask(ctx, rest); err != nil {
		return result.Stop{}, err
	}
	if err := e.begin(ctx); err != nil {
		return result.Stop{}, err
	}
	started.At, started.Workers = time.Now(), e.cfg.Workers
	e.emit(started)
	return e.send(ctx), nil
}

// lookAgain reads the numbers of rows that are in doubt, and of those whose
// reading is too old or that a later run has touched. It counts the rows, and
// returns how many are left, and how all rows stand.
func (e *engine) lookAgain(ctx context.Context, run *runs.Run) (event.Started, error) {
	left := event.Started{Counts: map[result.Status]int{}, Again: map[int]result.Status{}}
	touched, why, err := run.TouchedLater(ctx)
	if err != nil {
		return left, err
	}
	if why != "" {
		e.emit(event.Noticed{Detail: "every row not yet sent is read again first, because it is not known what was done meanwhile: " + why})
	}
	numbers := map[string]struct{}{}
	e.counts = input.Counts{}
	for p, err := range e.planned().Heads() {
		if err != nil {
			return left, err
		}
		left.Counts[standingOf(run, p, e.task)]++
		p.CountIn(&e.counts)
		do := e.task(p)
		if do == nothing {
			continue
		}
		left.Rows++
		if status := run.States[p.Line].Status; status == result.Unknown || status == result.Failed {
			left.Again[p.Line] = status
		}
		switch do {
		case toSettle:
			numbers[p.Number] = struct{}{}
		case toSend:
			if touched(p.Number) || e.stale(p) && len(e.cutover.waves) == 0 { // each wave looks for itself
				numbers[p.Number] = struct{}{}
			}
		}
	}
	return left, e.readThese(ctx, numbers)
}

// standing is how a row stands when the run goes on: as the store has it, but
// [result.Planned] when there is something to do for it.
func standingOf(r *runs.Run, p plan.Row, do func(plan.Row) task) result.Status {
	if p.Status != result.Planned {
		return p.Status
	}
	if p.SameAs != 0 {
		p.Line, p.SameAs = p.SameAs, 0
	}
	state, known := r.States[p.Line]
	if !known || do(p) != nothing {
		return result.Planned
	}
	return state.Status
}

// respect refuses to go on with a run that was rolled back meanwhile, unless that
// is known: then what was taken back stays so, and it returns those numbers.
func respect(ctx context.Context, r *runs.Run, o ResumeOptions) (map[string]*runs.Run, error) {
	taken, err := r.RolledBackBy(ctx)
	if err != nil {
		return nil, fmt.Errorf("whether run %s was rolled back cannot be read: %w", r.Identity.Name, err)
	}
	if back := runs.SumUp(r, taken); back != nil && !o.AfterRollback {
		return nil, &guard.RefusedError{Refusals: []guard.Refusal{{
			What:  fmt.Sprintf("run %s was %s: %d of the %d rows that it had updated", r.Identity.Name, back, back.Rows, back.Of),
			Guard: guard.AfterRollback,
		}}}
	}
	return taken, nil
}

// careful refuses to go on with a run without a word of what it was asked to hold
// or stop for: whoever resumes it may not know.
func careful(cfg Config, r *runs.Run) error {
	var checks []guard.Check
	for _, name := range slices.Sorted(maps.Keys(r.Identity.Cautions)) {
		if _, told := cfg.Cautions[name]; !told {
			c := r.Identity.Cautions[name]
			what := fmt.Sprintf("run %s was sent with %s: give that again, or %s", r.Identity.Name, c.Flag, c.Otherwise)
			checks = append(checks, guard.Check{Measured: what})
		}
	}
	return guard.Enforce(checks)
}

// asksOfPlan gives what is to be sent of a plan.
func (e *engine) asksOfPlan() iter.Seq2[protect.Ask, error] {
	return func(yield func(protect.Ask, error) bool) {
		for p, err := range e.planned().Where(func(p plan.Row) bool { return e.task(p) == toSend }) {
			if !yield(protect.Ask{Number: p.Number, Want: settings.FromChanges(p.Changes)}, err) || err != nil {
				return
			}
		}
	}
}

// allReleased is what a run releases that goes on: what it began with, and what is
// given now.
func allReleased(before, now []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(append(slices.Clip(before), now...))))
}
