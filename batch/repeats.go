package batch

import (
	"context"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// repeats finds what the plan repeats, time after time.
type repeats struct {
	job   string
	again plan.Note
	other map[string]*plan.Note // by job
}

// repeated are the notes of the rows that are to be sent.
func (e *engine) repeated(ctx context.Context) ([]plan.Note, error) {
	if e.cfg.All || e.me.RollbackOf != "" {
		return nil, nil // it does not know what the numbers have; it is asked for once
	}
	earlier, err := e.cfg.Store.Runs(ctx, store.RunFilter{Account: e.is.Account.ID, Except: e.is.ID})
	if err != nil || len(earlier) == 0 {
		return nil, err
	}
	r := repeats{job: e.me.Job, other: map[string]*plan.Note{}}
	var some []plan.Row
	look := func() error {
		err := e.repeatedOf(ctx, some, &r)
		some = some[:0]
		return err
	}
	for p, err := range e.planned().Where(plan.Row.Sent) {
		if err != nil {
			return nil, err
		}
		if some = append(some, p); len(some) == asksAtOnce {
			if err := look(); err != nil {
				return nil, err
			}
		}
	}
	if err := look(); err != nil {
		return nil, err
	}
	return r.notes(), nil
}

// repeatedOf looks at some rows.
func (e *engine) repeatedOf(ctx context.Context, rows []plan.Row, r *repeats) error {
	if len(rows) == 0 {
		return nil
	}
	numbers := make([]string, len(rows))
	for i, row := range rows {
		numbers[i] = row.Number
	}
	var done memory
	filter := store.WriteFilter{Account: e.is.Account.ID, Numbers: numbers, Except: e.is.ID}
	if err := e.cfg.runs().deeds(ctx, filter, done.take); err != nil {
		return err
	}
	for _, row := range rows {
		r.look(row, done.deeds[row.Number])
	}
	return nil
}

// look compares a row with what was done to its number.
func (r *repeats) look(row plan.Row, deeds []deed) {
	for _, c := range row.Changes {
		field, known := settings.Lookup(c.Field)
		last := len(deeds) - 1
		for ; last >= 0; last-- {
			if _, wrote := deeds[last].wrote(c.Field); wrote {
				break
			}
		}
		if last < 0 || !known || c.Hidden {
			continue
		}
		sent, _ := deeds[last].wrote(c.Field)
		if deeds[last].Status == result.Updated && field.Same(sent.New, c.New) {
			r.again.Add(row)
			return
		}
		if job := deeds[last].run.Identity.Job; job != r.job && r.before(deeds[:last], c, field) {
			if r.other[job] == nil {
				r.other[job] = &plan.Note{Job: job}
			}
			r.other[job].Add(row)
			return
		}
	}
}

// before reports whether the job itself wrote the value earlier.
func (r *repeats) before(deeds []deed, c settings.Change, field settings.Field) bool {
	return slices.ContainsFunc(deeds, func(d deed) bool {
		sent, wrote := d.wrote(c.Field)
		return wrote && d.run.Identity.Job == r.job && field.Same(sent.New, c.New)
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
