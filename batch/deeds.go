package batch

import (
	"fmt"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/batch/settings"
)

// deed is what a run did to a number, or may have done.
type deed struct {
	run *Run
	at  time.Time
	// status is [Updated], [Pending] or [Unknown].
	status Status
	// changes are the fields that were sent. Only of a cutover they have the
	// values from before.
	changes []settings.Change
}

// isCutover reports whether later runs of other jobs may not take back what the
// run changed. A rollback is none, whether it has waves or not.
func (i Identity) isCutover() bool { return i.Waves != "" && i.RollbackOf == "" }

// deeds reads from the run's folder what it did to wanted numbers.
func (r *Run) deeds(wanted func(number string) bool) (map[string]deed, error) {
	found, err := r.sent(wanted)
	if err != nil || len(found) == 0 || !r.Identity.isCutover() {
		return found, err
	}
	itself := func(p PlanRow) bool {
		_, ok := found[p.Number]
		return ok && p.sent()
	}
	for p, err := range planRowsOf(r.dir, itself) {
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", r.Identity.Name, err)
		}
		d := found[p.Number]
		d.changes = p.Changes
		found[p.Number] = d
	}
	return found, nil
}

// sent reads from the journal what was sent of wanted numbers and was applied,
// or may have been.
func (r *Run) sent(wanted func(number string) bool) (map[string]deed, error) {
	found := map[string]deed{}
	_, err := rundir.Replay(r.dir.File(rundir.JournalFile), func(e rundir.Entry) error {
		if number, ok := member(e.JSON, "number"); !ok || !wanted(number) {
			return nil
		}
		rec, err := decode(e)
		switch {
		case err != nil:
			return err
		case rec.Kind == kindIntent:
			found[rec.Intent.Number] = deed{run: r, at: rec.At, status: Unknown, changes: sentAs(rec.Intent.Set)}
		case rec.Kind == kindResult:
			if d, ok := found[rec.Result.Number]; ok {
				d.at, d.status = rec.At, rec.Result.Status
				found[rec.Result.Number] = d
			}
			if !slices.Contains([]Status{Updated, Pending, Unknown}, rec.Result.Status) {
				delete(found, rec.Result.Number)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", r.Identity.Name, err)
	}
	return found, nil
}

// sentAs are the changes that an intent tells: without the values from before.
func sentAs(set map[string]string) []settings.Change {
	var changes []settings.Change
	for field, value := range set {
		changes = append(changes, settings.Change{Field: field, New: value, Hidden: true})
	}
	return changes
}
