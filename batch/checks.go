package batch

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
)

// Check is what a guard measured of a plan, for someone who is to agree to it.
type Check struct {
	// Guard is the flag that sets it.
	Guard string
	// Measured is what was found, Limit what is allowed.
	Measured, Limit string
	// Holds tells that the guard lets the plan through.
	Holds bool
}

// Checks measures the run's plan by the run's guards, as far as the store
// tells; it is empty when the run did not come to a plan. What
// only the API tells, such as the account's id, is checked when the plan is
// applied.
func (r *Run) Checks(ctx context.Context) ([]Check, error) {
	if r.plan == nil {
		return nil, nil
	}
	input, err := r.checkInput(ctx)
	if err != nil {
		return nil, err
	}
	protected, err := r.checkNumbers()
	return slices.Concat(r.checkChanges(), input, protected), err
}

// checkChanges measures how many rows change.
func (r *Run) checkChanges() []Check {
	var checks []Check
	for _, l := range r.Identity.Guards.changeLimits(r.plan, r.Identity) {
		n, what := l.measure(r.plan)
		checks = append(checks, Check{
			Guard:    "--max-changes",
			Measured: fmt.Sprintf("%d of %d %s", n, r.plan.Rows, what),
			Limit:    "at most " + l.Limit.String(),
			Holds:    !l.Limit.Over(n, r.plan.Rows),
		})
	}
	return checks
}

// checkInput measures the input, by itself and beside that of the job's previous
// run.
func (r *Run) checkInput(ctx context.Context) ([]Check, error) {
	g, p := r.Identity.Guards, r.plan
	var checks []Check
	if n := p.Counts[result.Invalid]; n > 0 {
		checks = append(checks, Check{
			Guard:    "--max-invalid",
			Measured: fmt.Sprintf("%d of %d rows are invalid", n, p.Rows),
			Limit:    "at most " + g.MaxInvalid.String(),
			Holds:    !g.MaxInvalid.Over(n, p.Rows),
		})
	}
	if age := p.MadeAt.Sub(g.InputAt).Round(time.Minute); g.MaxInputAge > 0 && !g.InputAt.IsZero() {
		checks = append(checks, Check{
			Guard:    "--max-input-age",
			Measured: fmt.Sprintf("the input was written %s before the plan was made", age),
			Limit:    "at most " + g.MaxInputAge.String(),
			Holds:    age <= g.MaxInputAge,
		})
	}
	before, err := r.in.previousOf(ctx, r.is)
	if err != nil || before == nil {
		return checks, err
	}
	return append(checks, r.checkShrink(before, before.plan), r.checkColumns(before, before.plan)), nil
}

// checkShrink compares the rows with those of the previous run.
func (r *Run) checkShrink(before *Run, plan *plan.Plan) Check {
	limit := r.Identity.Guards.MaxShrink
	return Check{
		Guard:    "--max-shrink",
		Measured: fmt.Sprintf("the input has %d rows, and had %d in run %s", r.plan.Rows, plan.Rows, before.Identity.Name),
		Limit:    "a loss of at most " + limit.String(),
		Holds:    !limit.Over(max(0, plan.Rows-r.plan.Rows), plan.Rows),
	}
}

// checkColumns compares the fields that are set with those of the previous run.
func (r *Run) checkColumns(before *Run, plan *plan.Plan) Check {
	lost := slices.DeleteFunc(slices.Clone(plan.Columns), func(c string) bool { return slices.Contains(r.plan.Columns, c) })
	check := Check{
		Guard:    "--allow-lost-columns",
		Measured: "every field that was set in run " + before.Identity.Name + " is set",
		Limit:    "none is lost",
		Holds:    len(lost) == 0 || r.Identity.Guards.AllowLostColumns,
	}
	if len(lost) > 0 {
		check.Measured = fmt.Sprintf("no row sets %s, as rows did in run %s", strings.Join(lost, ", "), before.Identity.Name)
	}
	return check
}

// checkNumbers counts protected numbers that would change.
func (r *Run) checkNumbers() ([]Check, error) {
	protect := r.Identity.Guards.Protect
	if len(protect) == 0 {
		return nil, nil
	}
	touched := 0
	for p, err := range r.PlanRows() {
		if err != nil {
			return nil, err
		}
		if _, protected := protect[p.Number]; protected && p.Sent() {
			touched++
		}
	}
	return []Check{{
		Guard:    "--protect",
		Measured: fmt.Sprintf("%d of %d protected numbers would change", touched, len(protect)),
		Limit:    "none",
		Holds:    touched == 0,
	}}, nil
}
