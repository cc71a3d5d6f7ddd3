package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// guard refuses a plan for which a guard does not hold.
func (e *engine) guard(ctx context.Context, p *plan.Plan) error {
	return refuseAll(func(refuse refuser) error {
		e.guardChanges(p, refuse)
		return errors.Join(e.guardInput(ctx, p, refuse), e.guardNumbers(refuse), e.guardAccount(ctx, refuse), e.guardRoutes(ctx, p, refuse), e.guardApproval(ctx, refuse))
	})
}

// guardRest refuses to go on with a plan that began to be sent, for a guard that
// concerns what is left of it.
func (e *engine) guardRest(ctx context.Context, p *plan.Plan) error {
	return refuseAll(func(refuse refuser) error {
		e.guardChanges(p, refuse)
		return errors.Join(e.guardNumbers(refuse), e.guardAccount(ctx, refuse), e.guardRoutes(ctx, p, refuse))
	})
}

// refuseAll returns everything that a check refuses, together.
func refuseAll(check func(refuser) error) error {
	var refused []Refusal
	err := check(func(flag, format string, args ...any) {
		refused = append(refused, Refusal{What: fmt.Sprintf(format, args...), Flag: flag})
	})
	if err == nil && len(refused) > 0 {
		err = &RefusedError{Refusals: refused}
	}
	return err
}

// foretell tells which guards would refuse a plan, when it is only made.
func (e *engine) foretell(ctx context.Context, p *plan.Plan) error {
	err := e.guard(ctx, p)
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok {
		return err
	}
	for _, r := range refused.Refusals {
		e.emit(event.Noticed{Detail: "apply would refuse it: " + r.What})
	}
	return nil
}

// refuser notes a guard that does not hold.
type refuser func(flag, format string, args ...any)

// guardChanges limits how many rows change.
func (e *engine) guardChanges(p *plan.Plan, refuse refuser) {
	for _, l := range e.cfg.Guards.changeLimits(p, *e.me) {
		if n, what := l.measure(p); l.Limit.Over(n, p.Rows) {
			refuse(maxChangesFlag(l, n), "%d of %d %s, more than %s", n, p.Rows, what, l.Limit)
		}
	}
}

// maxChangesFlag is the flag that would allow so many changes.
func maxChangesFlag(l FieldLimit, n int) string {
	if l.Field == "" {
		return fmt.Sprintf("--max-changes %d", n)
	}
	return fmt.Sprintf("--max-changes %s=%d", l.Field, n)
}

// guardInput looks at the input, by itself and beside that of the job's
// previous run.
func (e *engine) guardInput(ctx context.Context, p *plan.Plan, refuse refuser) error {
	g := e.cfg.Guards
	if n := p.Counts[result.Invalid]; n > 0 && g.MaxInvalid.Over(n, p.Rows) {
		refuse(fmt.Sprintf("--max-invalid %d", n), "%d of %d rows are invalid, more than %s", n, p.Rows, g.MaxInvalid)
	}
	if age := time.Since(g.InputAt); g.MaxInputAge > 0 && !g.InputAt.IsZero() && age > g.MaxInputAge {
		refuse("--max-input-age "+hoursAbove(age), "the input was written %s ago, longer than %s", age.Round(time.Minute), g.MaxInputAge)
	}
	if e.me.RollbackOf != "" {
		return nil // its input is not one that comes again and again
	}
	before, err := e.cfg.runs().previousOf(ctx, e.is)
	if err != nil || before == nil {
		return err
	}
	plan := before.plan
	if lost := plan.Rows - p.Rows; lost > 0 && g.MaxShrink.Over(lost, plan.Rows) {
		refuse("--max-shrink 100%", "the input has %d rows, and had %d in run %s: a loss of more than %s", p.Rows, plan.Rows, before.Identity.Name, g.MaxShrink)
	}
	for _, column := range plan.Columns {
		if !slices.Contains(p.Columns, column) && !g.AllowLostColumns {
			refuse("--allow-lost-columns", "no row sets %s, as rows did in run %s", column, before.Identity.Name)
		}
	}
	if before.Identity.Input.SHA256 == e.me.Input.SHA256 {
		e.emit(event.Noticed{Detail: "the input is byte for byte that of run " + before.Identity.Name})
	}
	return nil
}

// previousOf is the newest run of the same job and account that was entered before
// a run, and got as far as a plan and sent it; nil: there is none.
func (f RunsFolder) previousOf(ctx context.Context, of store.Run) (*Run, error) {
	runs, err := f.Store.Runs(ctx, store.RunFilter{Account: of.Account.ID, Job: of.Job, Except: of.ID})
	if err != nil {
		return nil, err
	}
	for _, is := range runs {
		if is.Sequence > of.Sequence {
			continue
		}
		run, err := f.glance(ctx, is)
		if err != nil {
			return nil, err
		}
		if run.canBePrevious() {
			return run, nil
		}
	}
	return nil, nil
}

// canBePrevious reports whether a run is one that guards compare the job's next one
// with.
func (r *Run) canBePrevious() bool { return r.plan != nil && r.applied }

// guardNumbers keeps protected numbers out.
func (e *engine) guardNumbers(refuse refuser) error {
	if len(e.cfg.Guards.Protect) == 0 {
		return nil
	}
	for p, err := range e.planned().All() {
		if err != nil {
			return err
		}
		if _, protected := e.cfg.Guards.Protect[p.Number]; protected && e.task(p) != nothing {
			refuse("", "line %d: %s is protected and would change", p.Line, p.Number)
		}
	}
	return nil
}

// guardAccount compares the account with the one that is meant. Its id is told
// by the inventory only, which may take a request.
func (e *engine) guardAccount(ctx context.Context, refuse refuser) error {
	want := e.cfg.Guards.ExpectAccount
	if want == "" || want == e.cfg.Account || want == e.is.Account.Name {
		return nil
	}
	for page, err := range e.reader.Inventory(ctx, 1) {
		if err != nil {
			return fmt.Errorf("--expect-account: %w", err)
		}
		if page.AccountId != want {
			refuse("--expect-account "+e.cfg.Account, "the account is %s (%s), not %s", e.cfg.Account, page.AccountId, want)
		}
		break
	}
	return nil
}

// shownRefusals is how many unapproved changes are named.
const shownRefusals = 10

// guardApproval lets through only what stood in an approved plan.
func (e *engine) guardApproval(ctx context.Context, refuse refuser) error {
	if e.cfg.Approved == "" {
		return nil
	}
	approved, err := e.cfg.runs().Open(ctx, e.cfg.Approved)
	if err != nil {
		return fmt.Errorf("--approved: %w", err)
	}
	why, err := approved.unusable(ctx, e.cfg)
	if err != nil {
		return err
	}
	if why != "" {
		refuse("", "--approved: the plan of %s %s: make one here, and have that approved", approved.Identity.Name, why)
		return nil
	}
	age := time.Since(approved.plan.MadeAt)
	if age < -clockSkew {
		refuse("", "--approved: the plan was made %s from now, by this clock: see which clock is wrong, and make it anew", (-age).Round(time.Second))
	}
	if e.cfg.ApprovedMaxAge > 0 && age > e.cfg.ApprovedMaxAge {
		refuse("--max-plan-age "+hoursAbove(age), "--approved: the plan was made %s ago, more than %s", age.Round(time.Second), e.cfg.ApprovedMaxAge)
	}
	agreed, err := approved.digests()
	if err != nil {
		return fmt.Errorf("--approved: %w", err)
	}
	more := 0
	for p, err := range e.planned().All() {
		if err != nil {
			return err
		}
		for _, c := range p.SentChanges() {
			if _, ok := agreed[plan.Digest(p.Number, c)]; ok {
				continue
			}
			if more++; more <= shownRefusals {
				refuse("", "line %d: %s %s was not approved in %s", p.Line, p.Number, c, approved.Identity.Name)
			}
		}
	}
	if more > shownRefusals {
		refuse("", "and %d more changes that were not approved", more-shownRefusals)
	}
	return nil
}

// digests are those of all changes of a run's plan, and of its preconditions.
func (r *Run) digests() (map[string]struct{}, error) {
	found := map[string]struct{}{}
	for p, err := range r.planned().All() {
		if err != nil {
			return nil, err
		}
		for _, d := range p.Digests() {
			found[d] = struct{}{}
		}
	}
	return found, nil
}
