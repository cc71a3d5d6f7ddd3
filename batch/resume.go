package batch

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"strings"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/folder"
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

// FindUnfinished returns the name of the newest run of the configuration's job and
// account that has this file as its input and was not finished; or nothing.
func FindUnfinished(ctx context.Context, cfg Config, file io.Reader) (name string, err error) {
	sum, err := folder.Hash(file)
	if err != nil {
		return "", err
	}
	account, _, err := cfg.account(ctx, cfg.Reader)
	if err != nil {
		return "", err
	}
	all, err := cfg.runs().Siblings(ctx, store.Run{Account: account, Job: cfg.Job})
	if err != nil {
		return "", err
	}
	asked, err := cfg.identity("", store.Input{SHA256: sum}, false).Asked()
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
		if !run.Applied && (run.Identity.DryRun || !run.EndedAt.IsZero()) {
			continue // a plan that nobody applied, or what was refused or declined: it sent nothing
		}
		was, err := run.Identity.Asked()
		if err != nil || was != asked {
			return "", err
		}
		if run.EndedAt.IsZero() || run.Stop.Early() && run.Applied {
			return is.Name, nil
		}
		return "", nil // the newest one counts
	}
	return "", nil
}

// Resume goes on with a run where it stopped, whatever stopped it, with the input
// that it had. Rows with an answer are never sent
// again, and rows never sent are sent. Rows whose intent has no trustworthy
// answer are in doubt: their number is read, and what is in sync is
// [result.Updated], what somebody else changed is [result.Unknown], and what is as it was
// is sent again. Of the configuration counts what says how to reach the API and
// how fast. Returns are those of [Apply].
func Resume(ctx context.Context, cfg Config, name string, o ResumeOptions) (_ *runs.Run, err error) {
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
		return refuse("was planned before the store was put back: " +
			"whether its unchanged rows are still so is not known, apply its file anew")
	case r.Identity.DryRun && r.Plan != nil && !r.Applied:
		return refuse("is a plan: carry it out with apply --" + option.Plan)
	case r.Stop.NextStep() == result.CorrectInput:
		return refuse("has an input that is invalid: apply it anew when it is mended")
	default:
		return nil
	}
}

// Done reports whether there is nothing to go on with: the run came to its end,
// and no row is left that [Resume] would send, settle, wait for or read back.
func Done(r *runs.Run, o ResumeOptions) bool {
	if r.StateNow() != runs.Finished || !r.Applied || len(r.States) < r.Plan.Updates() {
		return false
	}
	for _, w := range r.WavesEnded {
		if w.Unreadable > 0 || w.Counts[result.Pending] > 0 { // to be read back
			return false
		}
	}
	if o.RetryFailed && r.Plan.Counts[result.Failed] > 0 && !r.Identity.All {
		return false // they are read again
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

// Resumable is the name of the newest run that [Resume] has something to do for: one that was stopped or
// cut off; or the newest that was finished, if rows of it are not settled. "": there is none.
func Resumable(ctx context.Context, in runs.Folder, o ResumeOptions) (string, error) {
	finished := false
	return in.Newest(ctx, func(r *runs.Run) (bool, error) {
		switch state := r.StateNow(); {
		case state == runs.Stopped, state == runs.Crashed:
			return true, nil
		case state != runs.Finished || !r.Applied || finished:
			return false, nil
		}
		finished = true
		whole, err := in.Load(ctx, r.Stored)
		if err != nil {
			return false, err
		}
		return !Done(whole, o), nil
	})
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
	if err := sender.TakePending(ctx); err != nil {
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

// lookAgain reads the numbers of rows that are in doubt, and of those whose
// reading is too old or that a later run has touched. It counts the rows, and
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
	for p, err := range e.run.Planned().Heads() {
		if err != nil {
			return left, err
		}
		left.Counts[statusOf(e.run, p, tasks)]++
		p.CountIn(&e.counts)
		_, moved := e.run.Moved[p.Line]
		e.reviewed.counts(p, moved || e.sender.Old(p))
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

// respect refuses to go on with a run that was rolled back meanwhile, or whose job or
// rows a later run had the newer word on, unless that is known: then what was rolled back
// or moved stays so. It returns the numbers that were rolled back, and what later runs did.
func respect(ctx context.Context, r *runs.Run, o ResumeOptions) (map[string]*runs.Run, *runs.Later, error) {
	name := r.Identity.Name
	taken, err := r.RolledBackBy(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("whether run %s was rolled back cannot be read: %w", name, err)
	}
	later, err := r.Later(ctx, taken)
	if err != nil {
		return nil, nil, fmt.Errorf("what was done after run %s cannot be read: %w", name, err)
	}
	var refused []guard.Refusal
	if back := runs.SumUp(r, taken); back != nil {
		what := fmt.Sprintf("run %s was %s: %d of the %d rows that it had updated", name, back, back.Rows, back.Of)
		refused = append(refused, guard.Refusal{What: what, Guard: guard.AfterLater})
	}
	if what := later.String(); what != "" {
		what = fmt.Sprintf("run %s is not the newest: after it %s %s", name, strings.Join(later.By, " and "), what)
		refused = append(refused, guard.Refusal{What: what, Guard: guard.AfterLater})
	}
	if len(refused) > 0 && !o.AfterLater {
		return nil, nil, &guard.RefusedError{Refusals: refused}
	}
	return taken, later, nil
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
