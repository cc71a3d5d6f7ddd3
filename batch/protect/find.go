package protect

import (
	"context"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// finder finds what cutovers forbid a run to change back. Without a cutover it costs
// one query; otherwise its memory is bounded by the rows that would move a number
// back.
type finder struct {
	in runs.Folder
	of store.Run
	// protecting are the cutovers that are not unprotected.
	protecting map[store.RunID]bool
	track      Track
	found      Protection
}

// Find returns what a run must not change back, of what its rows ask for; unprotected are
// the names of cutovers that it may, and so it may those of its own job, if somebody named
// that. What is asked for as a rollback is careful by itself.
func Find(ctx context.Context, run *runs.Run, unprotected []string, rows iter.Seq2[Ask, error]) (Protection, error) {
	in, of := run.In, run.Stored
	if of.RollbackOf != 0 {
		return nil, nil
	}
	cutovers, err := in.Store.Runs(ctx, store.RunFilter{Account: of.Account.ID, Cutovers: true, Except: of.ID})
	if err != nil {
		return nil, err
	}
	f := &finder{in: in, of: of, protecting: map[store.RunID]bool{}, found: Protection{}}
	for _, r := range cutovers {
		own := run.Identity.JobNamed && r.SameJob(of)
		if !own && !slices.Contains(unprotected, r.Name) && !r.Unprotected {
			f.protecting[r.ID] = true
		}
	}
	if len(f.protecting) == 0 {
		return nil, nil
	}
	gap, err := in.LastGap(ctx, of.Account.ID)
	if err != nil {
		return nil, err
	}
	f.track.gap = gap.Sequence
	if err := plan.InChunks(rows, runs.AtOnce, func(some []Ask) error { return f.lookUp(ctx, some) }); err != nil {
		return nil, err
	}
	for number := range f.track.writes {
		for _, m := range f.track.Moves(number, func(_, _ *runs.Run) {}) {
			if m.stands() && !m.WriteOnly {
				f.found[number] = append(f.found[number], *m)
			}
		}
	}
	err = f.dropCorrected(ctx)
	f.dropUnprotected()
	return f.found, err
}

// dropUnprotected takes out what may be changed back. Until then it counts: a file
// that asks for the newest value is corrected also when that was unprotected.
func (f *finder) dropUnprotected() {
	for number, moves := range f.found {
		f.found[number] = slices.DeleteFunc(moves, func(m Move) bool { return !f.protecting[m.Cutover.Stored.ID] })
	}
}

// lookUp takes in what was done to the numbers that some rows would move back.
func (f *finder) lookUp(ctx context.Context, rows []Ask) error {
	numbers := make([]string, len(rows))
	for i, row := range rows {
		numbers[i] = row.Number
	}
	var some Track
	filter := store.WriteFilter{Account: f.of.Account.ID, Numbers: numbers, Except: f.of.ID}
	if err := f.in.Writes(ctx, filter, some.Take); err != nil {
		return err
	}
	for _, row := range rows {
		if f.goesBack(row, some.writes[row.Number]) {
			for _, d := range some.writes[row.Number] {
				f.track.Take(d)
			}
			delete(some.writes, row.Number)
		}
	}
	return nil
}

// goesBack reports whether a row asks for a value from before a cutover.
func (f *finder) goesBack(row Ask, writes []runs.Write) bool {
	for _, d := range writes {
		for _, c := range d.Changes {
			field, known := settings.Lookup(c.Field)
			if f.protecting[d.By.Stored.ID] && known && !c.WriteOnly && row.wants(field, c.Old) {
				return true
			}
		}
	}
	return false
}

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
	earlier, err := f.in.Siblings(ctx, f.of)
	if err != nil {
		return err
	}
	for _, is := range earlier {
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
	for p, err := range r.Planned().All() {
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
