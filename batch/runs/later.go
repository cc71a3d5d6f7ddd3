package runs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Later is what other runs did to the numbers of a run after it was planned: their word
// is the newer one.
type Later struct {
	// moved is the newest write of a field, by number and field.
	moved map[string]map[string]laterWrite
	// found are runs of the same job that found a number as their input asks for it.
	found map[string]*Run
	// Moved is how many rows that the run has updated, or may have, were moved on, or in its
	// [Summary] how many of those that it would tell as in sync, Covered
	// how many rows that it has not sent a later run of the same job was carried out over,
	// and By the names of these runs.
	Moved   int      `json:"moved"`
	Covered int      `json:"-"`
	By      []string `json:"by"`
}

// laterWrite is a value that a later run gave to a field.
type laterWrite struct {
	by     *Run
	intent store.Sequence
	value  string
}

// Later finds out what later runs did. Numbers that were rolled back are known as such,
// and left out.
func (r *Run) Later(ctx context.Context, rolledBack map[string]*Run) (*Later, error) {
	l, err := laterWrites(ctx, r)
	if err != nil || r.Plan == nil {
		return l, err
	}
	return l, errors.Join(l.find(ctx, r), l.count(ctx, r, rolledBack))
}

// movedLater is what later runs moved of the rows that a run which was carried out says
// are in sync, or may be; nil: nothing, as far as can be read.
func movedLater(ctx context.Context, r *Run) (*Later, error) {
	if !r.Applied || r.Lost() {
		return nil, nil
	}
	l, err := laterWrites(ctx, r)
	if err == nil && len(l.moved) > 0 {
		err = l.countInSync(ctx, r)
	}
	if _, damaged := errors.AsType[*store.DamagedError](err); damaged { // another run, if not this one
		return nil, nil
	}
	if err != nil || l.Moved == 0 {
		return nil, err
	}
	return l, nil
}

// countInSync counts the rows that are in sync by the run, or may be, but for those that
// were rolled back.
func (l *Later) countInSync(ctx context.Context, r *Run) error {
	rolledBack, err := r.RolledBackBy(ctx)
	if err == nil {
		err = l.overwritten(ctx, r)
	}
	moved := 0
	for p, headErr := range r.Planned().All() {
		if err := errors.Join(err, headErr); err != nil {
			return err
		}
		moved += len(l.moved[p.Number])
	}
	if moved == 0 {
		return nil // the input need not be read
	}
	for row, err := range r.Rows(ctx) {
		if err != nil {
			return err
		}
		_, back := rolledBack[row.Row.Number]
		by := l.mover(row.Row.Number, settings.Everything(r.Identity.Allowed(row.Row.Settings)))
		if by != nil && !back && row.Row.SameAs == 0 && row.Result.Status.MayBeInSync() {
			l.Moved++
			l.name(by)
		}
	}
	return nil
}

// laterWrites takes in what other runs wrote after a run was planned.
func laterWrites(ctx context.Context, r *Run) (*Later, error) {
	l := &Later{moved: map[string]map[string]laterWrite{}, found: map[string]*Run{}}
	if r.Plan == nil {
		return l, nil
	}
	others, err := activeSince(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, other := range others {
		if err := r.In.Writes(ctx, store.WriteFilter{Run: other, After: r.PlannedAt}, l.take); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// take takes in a write.
func (l *Later) take(d Write) {
	if l.moved[d.Number] == nil {
		l.moved[d.Number] = map[string]laterWrite{}
	}
	for _, c := range settings.Own(d.Changes) {
		if before, known := l.moved[d.Number][c.Field]; !known || before.intent < d.Intent {
			l.moved[d.Number][c.Field] = laterWrite{by: d.By, intent: d.Intent, value: c.New}
		}
	}
}

// find finds what later runs of the same job found as they were to bring it about.
func (l *Later) find(ctx context.Context, r *Run) error {
	same, err := r.In.Siblings(ctx, r.Stored)
	if err != nil {
		return err
	}
	for _, is := range same {
		if is.Sequence < r.Stored.Sequence || is.RollbackOf != 0 {
			continue
		}
		other, err := r.In.Load(ctx, is)
		if err != nil {
			return err
		}
		if other.Plan == nil || !other.Applied {
			continue
		}
		for p, err := range other.Planned().All() {
			if err != nil {
				return err
			}
			if p.Status == result.Unchanged || other.States[p.Line].Status == result.Unchanged {
				l.found[p.Number] = other
			}
		}
	}
	return nil
}

// overwritten forgets what the run has written over since.
func (l *Later) overwritten(ctx context.Context, r *Run) error {
	return r.In.Writes(ctx, store.WriteFilter{Run: r.Stored.ID}, func(d Write) {
		maps.DeleteFunc(l.moved[d.Number], func(_ string, w laterWrite) bool { return w.intent < d.Intent })
	})
}

// count counts the rows of the run that are concerned.
func (l *Later) count(ctx context.Context, r *Run, rolledBack map[string]*Run) error {
	if err := l.overwritten(ctx, r); err != nil {
		return err
	}
	concerned := func(p plan.Row) bool {
		_, found := l.found[p.Number]
		_, back := rolledBack[p.Number]
		return p.Sent() && !back && (found || len(l.moved[p.Number]) > 0)
	}
	for p, err := range r.Planned().Where(concerned) {
		if err != nil {
			return err
		}
		run := cmp.Or(l.mover(p.Number, p.Changes), l.found[p.Number]) // whose word is the newer one
		state, known := r.States[p.Line]
		switch {
		case run == nil:
			continue
		case state.Status.MayBeWritten() && l.mover(p.Number, p.Changes) != nil:
			l.Moved++
		case (!known || state.Status == result.NotAttempted) && run.Stored.SameJob(r.Stored):
			l.Covered++
		default:
			continue
		}
		l.name(run)
	}
	return nil
}

// name takes a run's name in.
func (l *Later) name(by *Run) {
	if at, known := slices.BinarySearch(l.By, by.Identity.Name); !known {
		l.By = slices.Insert(l.By, at, by.Identity.Name)
	}
}

// mover is the later run that gave one of these fields of a number another value.
func (l *Later) mover(number string, fields []settings.Change) *Run {
	for _, c := range fields {
		w, moved := l.moved[number][c.Field]
		if field, known := settings.Lookup(c.Field); moved && known && !field.Same(w.value, c.New) {
			return w.by
		}
	}
	return nil
}

// Against says which later run has the newer word on a row's number, or nothing. It is
// for nil too.
func (l *Later) Against(p plan.Row) string {
	if l == nil {
		return ""
	}
	switch by := l.mover(p.Number, p.Changes); {
	case by != nil:
		return fmt.Sprintf("run %s has moved it since", by.Identity.Name)
	case l.found[p.Number] != nil:
		return fmt.Sprintf("run %s of the same job has found it as its input asks since", l.found[p.Number].Identity.Name)
	default:
		return ""
	}
}

// String says what later runs did, after "run NAME"; "": nothing that matters.
func (l *Later) String() string {
	var parts []string
	if l.Moved > 0 {
		parts = append(parts, fmt.Sprintf("moved %d of the rows that it had updated", l.Moved))
	}
	if l.Covered > 0 {
		parts = append(parts, fmt.Sprintf("was carried out for the same job over %d of the rows that are left", l.Covered))
	}
	return strings.Join(parts, ", and ")
}
