package history

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// repeats finds what the plan repeats, time after time.
type repeats struct {
	of    store.Run
	again plan.Note
	other map[string]*plan.Note // by job
}

// Repeated are the notes of the rows of a run that are to be sent.
func Repeated(ctx context.Context, in runs.Folder, of store.Run, sent iter.Seq2[plan.Row, error]) ([]plan.Note, error) {
	earlier, err := in.Store.Runs(ctx, store.RunFilter{Account: of.Account.ID, Except: of.ID})
	if err != nil || len(earlier) == 0 {
		return nil, err
	}
	r := repeats{of: of, other: map[string]*plan.Note{}}
	err = plan.InChunks(sent, runs.AtOnce, func(rows []plan.Row) error {
		numbers := make([]string, len(rows))
		for i, row := range rows {
			numbers[i] = row.Number
		}
		done := map[string][]runs.Write{} // by number
		filter := store.WriteFilter{Account: of.Account.ID, Numbers: numbers, Except: of.ID}
		err := in.Writes(ctx, filter, func(d runs.Write) { done[d.Number] = append(done[d.Number], d) })
		for _, row := range rows {
			r.look(row, done[row.Number])
		}
		return err
	})
	return r.notes(), err
}

// look compares a row with what was done to its number.
func (r *repeats) look(row plan.Row, writes []runs.Write) {
	for _, c := range settings.Own(row.Changes) {
		field, known := settings.Lookup(c.Field)
		last := len(writes) - 1
		for ; last >= 0; last-- {
			if _, wrote := writes[last].Wrote(c.Field); wrote {
				break
			}
		}
		if last < 0 || !known || c.WriteOnly {
			continue
		}
		sent, _ := writes[last].Wrote(c.Field)
		if writes[last].Status == result.Updated && field.Same(sent.New, c.New) {
			r.again.Add(row.Line)
			return
		}
		if by := writes[last].By.Stored; by.Job != "" && !by.SameJob(r.of) && r.before(writes[:last], c, field) {
			if r.other[by.Job] == nil {
				r.other[by.Job] = &plan.Note{Job: by.Job}
			}
			r.other[by.Job].Add(row.Line)
			return
		}
	}
}

// before reports whether the job itself wrote the value earlier.
func (r *repeats) before(writes []runs.Write, c settings.Change, field settings.Field) bool {
	return slices.ContainsFunc(writes, func(d runs.Write) bool {
		sent, wrote := d.Wrote(c.Field)
		return wrote && d.By.Stored.SameJob(r.of) && field.Same(sent.New, c.New)
	})
}

// notes are all there are, those about other jobs first.
func (r *repeats) notes() []plan.Note {
	var all []plan.Note
	for _, job := range slices.Sorted(maps.Keys(r.other)) {
		all = append(all, *r.other[job])
	}
	if r.again.Rows > 0 {
		all = append(all, r.again)
	}
	return all
}
