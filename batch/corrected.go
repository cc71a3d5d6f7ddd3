package batch

import (
	"context"
	"slices"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// dropCorrected takes out what the job's own file had right at some time after
// the cutover: who asked for the new value knows of it, and what changes it back
// later is meant. The job's newest run that says something of a number decides.
func (f *finder) dropCorrected(ctx context.Context) error {
	undecided := map[string]struct{}{}
	for number := range f.found {
		undecided[number] = struct{}{}
	}
	if len(undecided) == 0 {
		return nil
	}
	runs, err := f.in.Store.Runs(ctx, store.RunFilter{Account: f.of.Account.ID, Job: f.of.Job, Except: f.of.ID})
	if err != nil {
		return err
	}
	for _, is := range runs {
		if len(undecided) == 0 {
			return nil
		}
		if err := f.drop(ctx, is, undecided); err != nil {
			return err
		}
	}
	return nil
}

// drop takes out the fields for which a run of the job asked for the new value,
// of those numbers of which nothing is decided yet.
func (f *finder) drop(ctx context.Context, is store.Run, undecided map[string]struct{}) error {
	whole, err := f.in.Load(ctx, is)
	if err != nil || whole.Plan == nil || !whole.Applied {
		return err
	}
	met, refused, err := metFor(whole, runs.Among(undecided))
	if err != nil {
		return err
	}
	for _, number := range refused {
		delete(undecided, number)
	}
	if len(met) == 0 {
		return nil
	}
	for row, err := range whole.InputRows(ctx) {
		if err != nil {
			return err
		}
		if _, ok := met[row.Number]; ok && row.Status == input.Valid {
			f.decide(whole, row, undecided)
		}
	}
	return nil
}

// decide takes out what a row of the job asked for and has met, and what cutovers
// did to the same field before.
func (f *finder) decide(r *runs.Run, row input.Row, undecided map[string]struct{}) {
	want := row.Settings
	if len(r.Identity.Fields) > 0 {
		want = want.Only(r.Identity.Fields)
	}
	found := slices.Clone(f.found[row.Number])
	left := slices.DeleteFunc(f.found[row.Number], func(s Move) bool {
		return slices.ContainsFunc(found, func(met Move) bool {
			field, _ := settings.Lookup(met.Field)
			value, asked := want.Get(met.Field)
			return met.Field == s.Field && met.done >= s.done && asked && field.Same(value, met.New) && r.Stored.Sequence > met.done
		})
	})
	if f.found[row.Number] = left; len(left) == 0 {
		delete(f.found, row.Number)
		delete(undecided, row.Number)
	}
}

// metFor are the numbers, of wanted ones, for which a run found or brought about
// what its input asks for; and those that it was not let to change.
func metFor(r *runs.Run, wanted func(number string) bool) (met map[string]struct{}, refused []string, err error) {
	met = map[string]struct{}{}
	for p, err := range r.Planned().Heads() {
		if err != nil {
			return nil, nil, err
		}
		if !wanted(p.Number) || p.SameAs != 0 {
			continue
		}
		status := p.Status
		if state, ok := r.States[p.Line]; ok {
			status = state.Status
		}
		switch status {
		case result.Unchanged, result.Updated:
			met[p.Number] = struct{}{}
		case result.Conflict:
			refused = append(refused, p.Number)
		}
	}
	return met, refused, nil
}
