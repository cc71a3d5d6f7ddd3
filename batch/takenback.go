package batch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/store"
)

// RolledBack is what rollbacks took back of a run, and what a rollback that was
// itself taken back left of it.
type RolledBack struct {
	// By are the names of the rollbacks, the oldest first.
	By []string `json:"by"`
	// Rows is how many rows they took back, or may have, Of how many the run had
	// updated, or may have; Whole tells that nothing was left alone.
	Rows  int  `json:"rows"`
	Of    int  `json:"of"`
	Whole bool `json:"whole"`
}

// takenBack tells of a run which numbers rollbacks took back, or may have, and
// which rollback each. What a rollback did that was itself taken back does not
// count. Of two rollbacks that took a number back the newest is told.
func (r *Run) takenBack(ctx context.Context) (map[string]*Run, error) {
	backs, err := r.in.Store.Runs(ctx, store.RunFilter{RollbackOf: r.is.ID})
	if err != nil {
		return nil, err
	}
	taken := map[string]*Run{}
	for _, is := range slices.Backward(backs) { // the oldest first
		back, err := r.in.identify(is)
		if err != nil {
			return nil, err
		}
		again, err := back.takenBack(ctx)
		if err != nil {
			return nil, err
		}
		err = r.in.deeds(ctx, store.WriteFilter{Run: is.ID}, func(d deed) {
			if _, undone := again[d.Number]; !undone {
				taken[d.Number] = back
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// rolledBack tells what rollbacks took back of a run; nil: nothing.
func (r *Run) rolledBack(ctx context.Context) (*RolledBack, error) {
	if !r.applied || r.Lost() {
		return nil, nil
	}
	taken, err := r.takenBack(ctx)
	if err != nil {
		return nil, err
	}
	back := r.sumUp(taken)
	gap, err := r.in.lastGap(ctx, r.is.Account.ID)
	if back != nil && gap.Sequence > r.decidedAt && len(r.rows) < r.plan.Updates() {
		back.Whole = false // rows may have been sent that nobody knows of
	}
	return back, err
}

// sumUp counts the numbers that were taken back, by which rollback each; nil:
// there are none.
func (r *Run) sumUp(taken map[string]*Run) *RolledBack {
	if len(taken) == 0 {
		return nil
	}
	b := &RolledBack{Rows: len(taken), Whole: true}
	for _, by := range slices.SortedFunc(maps.Values(taken), func(a, b *Run) int { return cmp.Compare(a.is.Sequence, b.is.Sequence) }) {
		if name := by.Identity.Name; !slices.Contains(b.By, name) {
			b.By = append(b.By, name)
			b.Whole = b.Whole && by.Identity.LeftAlone == 0
		}
	}
	for _, row := range r.rows {
		if row.status.MayBeWritten() {
			b.Of++
		}
	}
	b.Whole = b.Whole && b.Rows >= b.Of
	return b
}

// String says it after "the run was": rolled back in part by back.
func (b *RolledBack) String() string {
	if b.Whole {
		return "rolled back by " + strings.Join(b.By, " and ")
	}
	return "rolled back in part by " + strings.Join(b.By, " and ")
}

// respect refuses to go on with a run that was rolled back meanwhile, unless that
// is known: then what was taken back stays so, and it returns those numbers.
func (r *Run) respect(ctx context.Context, o ResumeOptions) (map[string]*Run, error) {
	taken, err := r.takenBack(ctx)
	if err != nil {
		return nil, fmt.Errorf("whether run %s was rolled back cannot be read: %w", r.Identity.Name, err)
	}
	if back := r.sumUp(taken); back != nil && !o.AfterRollback {
		return nil, &guard.RefusedError{Refusals: []guard.Refusal{{
			What:  fmt.Sprintf("run %s was %s: %d of the %d rows that it had updated", r.Identity.Name, back, back.Rows, back.Of),
			Guard: guard.AfterRollback,
		}}}
	}
	return taken, nil
}
