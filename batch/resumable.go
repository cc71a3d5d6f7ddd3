package batch

import (
	"context"
	"fmt"
	"io"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// FindUnfinished returns the name of the newest run of the configuration's job and
// account that has this file as its input and was not finished; or nothing.
func FindUnfinished(ctx context.Context, cfg Config, file io.Reader) (name string, err error) {
	cfg.Access = cfg.complete()
	sum, err := folder.Hash(file)
	if err != nil {
		return "", err
	}
	account, _, err := cfg.account(ctx, cfg.Reader)
	if err != nil {
		return "", err
	}
	all, err := cfg.runs().OfFile(ctx, store.Run{Account: account, Job: cfg.Job}, sum)
	if err != nil {
		return "", err
	}
	if cfg.IncludeFailed {
		cfg.included = &runs.Included{}
	}
	asked, err := cfg.identity("", store.Input{SHA256: sum}, false).Asked()
	if err != nil {
		return "", err
	}
	for _, is := range all {
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

// resumable refuses a run that there is nothing to go on with, or that was not
// made for this account and address.
func resumable(ctx context.Context, cfg Config, r *runs.Run) error {
	name := r.Identity.Name
	refuse := func(format string, args ...any) error {
		return guard.Refuse(fmt.Sprintf("run "+name+" "+format, args...))
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
		return &guard.RefusedError{Refusals: []guard.Refusal{{Measured: "run " + name + " is a plan that was not applied", Plan: name}}}
	case r.Stop.NextStep() == result.CorrectInput:
		return refuse("has an input that is invalid: apply it anew when it is mended")
	default:
		return nil
	}
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
		refused = append(refused, guard.Refusal{Measured: what, Guard: guard.AfterLater})
	}
	if what := later.String(); what != "" {
		what = fmt.Sprintf("run %s is not the newest: after it %s %s", name, runs.Named(later.By), what)
		refused = append(refused, guard.Refusal{Measured: what, Guard: guard.AfterLater})
	}
	if len(refused) > 0 && !o.AfterLater {
		return nil, nil, &guard.RefusedError{Refusals: refused}
	}
	return taken, later, nil
}
