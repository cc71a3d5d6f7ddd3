package batch

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
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
// count. The others of the folder come newest first; of two rollbacks that took a
// number back the newest is told. A rollback that cannot be read is an error.
func (r *Run) takenBack(others []*Run) (map[string]*Run, error) {
	back := map[string]*Run{}
	for _, other := range slices.Backward(others) {
		if other.Identity.RollbackOf != r.Identity.Name || other.StartedAt.Before(r.StartedAt) {
			continue // a name may be used again when its run is gone
		}
		sent, err := other.sent(func(string) bool { return true })
		if err != nil {
			return nil, err
		}
		again, err := other.takenBack(others)
		if err != nil {
			return nil, err
		}
		for number := range sent {
			if _, undone := again[number]; !undone {
				back[number] = other
			}
		}
	}
	return back, nil
}

// beside are the other runs of the run's folder that may have taken it back.
func (r *Run) beside() []*Run { return others(filepath.Dir(r.Folder()), r.Identity) }

// rolledBack tells what rollbacks took back of a run; nil: nothing.
func (r *Run) rolledBack(others []*Run) (*RolledBack, error) {
	if !r.applied {
		return nil, nil
	}
	taken, err := r.takenBack(others)
	if err != nil {
		return nil, err
	}
	return r.sumUp(taken), nil
}

// sumUp counts the numbers that were taken back, by which rollback each; nil:
// there are none.
func (r *Run) sumUp(taken map[string]*Run) *RolledBack {
	if len(taken) == 0 {
		return nil
	}
	b := &RolledBack{Rows: len(taken), Whole: true}
	for _, by := range slices.SortedFunc(maps.Values(taken), func(a, b *Run) int { return newerFirst(b, a) }) {
		if name := by.Identity.Name; !slices.Contains(b.By, name) {
			b.By = append(b.By, name)
			b.Whole = b.Whole && by.Identity.LeftAlone == 0
		}
	}
	for _, row := range r.rows {
		if row.status.mayBeAsAsked() && row.status != Unchanged {
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
func (r *Run) respect(o ResumeOptions) (map[string]*Run, error) {
	taken, err := r.takenBack(r.beside())
	if err != nil {
		return nil, fmt.Errorf("whether run %s was rolled back cannot be read: %w", r.Identity.Name, err)
	}
	if back := r.sumUp(taken); back != nil && !o.AfterRollback {
		return nil, &RefusedError{Refusals: []Refusal{{
			What: fmt.Sprintf("run %s was %s: %d of the %d rows that it had updated", r.Identity.Name, back, back.Rows, back.Of),
			Flag: "resume --after-rollback, which leaves those rows as they are and sends the others",
		}}}
	}
	return taken, nil
}
