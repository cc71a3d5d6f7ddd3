package batch

import (
	"context"
	"iter"
	"slices"

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
	// protecting are the cutovers that are not released.
	protecting map[store.RunID]bool
	track      Track
	found      Protection
}

// Find returns what a run must not change back, of what its rows ask for; released are
// the names of cutovers that it may. What is asked for as a rollback is careful by
// itself.
func Find(ctx context.Context, in runs.Folder, of store.Run, released []string, rows iter.Seq2[Ask, error]) (Protection, error) {
	if of.RollbackOf != 0 {
		return nil, nil
	}
	cutovers, err := in.Store.Runs(ctx, store.RunFilter{Account: of.Account.ID, Cutovers: true, Except: of.ID})
	if err != nil {
		return nil, err
	}
	f := &finder{in: in, of: of, protecting: map[store.RunID]bool{}, found: Protection{}}
	for _, r := range cutovers {
		if r.Job != of.Job && !slices.Contains(released, r.Name) && !r.Unprotected {
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
	if err := runs.InChunks(rows, func(some []Ask) error { return f.lookUp(ctx, some) }); err != nil {
		return nil, err
	}
	for number := range f.track.writes {
		for _, m := range f.track.Moves(number, func(_, _ *runs.Run) {}) {
			if m.endedBy == nil && !m.Hidden {
				f.found[number] = append(f.found[number], *m)
			}
		}
	}
	err = f.dropCorrected(ctx)
	f.dropReleased()
	return f.found, err
}

// dropReleased takes out what may be changed back. Until then it counts: a file
// that asks for the newest value is corrected also when that was released.
func (f *finder) dropReleased() {
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
			value, asked := row.Want.Get(c.Field)
			if f.protecting[d.By.Stored.ID] && known && asked && !c.Hidden && field.Same(value, c.Old) {
				return true
			}
		}
	}
	return false
}
