package runs

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/store"
)

// RolledBack is what rollbacks rolled back of a run, and what a rollback that was
// itself rolled back left of it.
type RolledBack struct {
	// By are the names of the rollbacks, the oldest first.
	By []string `json:"by"`
	// Rows is how many rows they rolled back, or may have, Of how many the run had
	// updated, or may have; Whole tells that nothing was skipped.
	Rows  int  `json:"rows"`
	Of    int  `json:"of"`
	Whole bool `json:"whole"`
}

// RolledBackBy tells of a run which numbers rollbacks rolled back, or may have, and
// which rollback each. What a rollback did that was itself rolled back does not
// count. Of two rollbacks that took a number back the newest is told.
func (r *Run) RolledBackBy(ctx context.Context) (map[string]*Run, error) {
	backs, err := r.In.Store.Runs(ctx, store.RunFilter{RollbackOf: r.Stored.ID})
	if err != nil {
		return nil, err
	}
	taken := map[string]*Run{}
	for _, is := range slices.Backward(backs) { // the oldest first
		back, err := r.In.identify(is)
		if err != nil {
			return nil, err
		}
		again, err := back.RolledBackBy(ctx)
		if err != nil {
			return nil, err
		}
		err = r.In.Writes(ctx, store.WriteFilter{Run: is.ID}, func(d Write) {
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

// RolledBack tells what rollbacks rolled back of a run; nil: nothing.
func (r *Run) RolledBack(ctx context.Context) (*RolledBack, error) {
	if !r.Applied || r.Lost() {
		return nil, nil
	}
	taken, err := r.RolledBackBy(ctx)
	if err != nil {
		return nil, err
	}
	back := SumUp(r, taken)
	gap, err := r.In.LastGap(ctx, r.Stored.Account.ID)
	if back != nil && r.Forgets(gap) && len(r.States) < r.Plan.Updates() {
		back.Whole = false // rows may have been sent that nobody knows of
	}
	return back, err
}

// SumUp counts the numbers that were rolled back, by which rollback each; nil:
// there are none.
func SumUp(r *Run, taken map[string]*Run) *RolledBack {
	if len(taken) == 0 {
		return nil
	}
	b := &RolledBack{Rows: len(taken), Whole: true}
	for _, by := range slices.SortedFunc(maps.Values(taken), func(a, b *Run) int { return cmp.Compare(a.Stored.Sequence, b.Stored.Sequence) }) {
		if name := by.Identity.Name; !slices.Contains(b.By, name) {
			b.By = append(b.By, name)
			b.Whole = b.Whole && by.Identity.Skipped == 0
		}
	}
	for _, row := range r.States {
		if row.Status.MayBeWritten() {
			b.Of++
		}
	}
	b.Whole = b.Whole && b.Rows >= b.Of
	return b
}

// String says it after "the run was": rolled back in part by run back.
func (b *RolledBack) String() string {
	if b.Whole {
		return "rolled back by " + Named(b.By)
	}
	return "rolled back in part by " + Named(b.By)
}

// Named are runs by their names, which may be any words.
func Named(names []string) string {
	if len(names) == 1 {
		return "run " + names[0]
	}
	return "runs " + strings.Join(names, " and ")
}

// Skipped returns the rows that the run, if it is a rollback, skips.
func (r *Run) Skipped() ([]Skipped, error) {
	skipped, err := r.In.Store.Skipped(context.Background(), r.Stored.ID)
	if err != nil {
		return nil, err
	}
	var left []Skipped
	for _, s := range skipped {
		var l Skipped
		if err := json.Unmarshal(s.Doc, &l); err != nil {
			return nil, err
		}
		left = append(left, l)
	}
	return left, nil
}
