package batch

import (
	"context"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// heeding finds what earlier cutovers forbid a run to change back. Without a
// cutover it costs one query; otherwise its memory is bounded by the rows that
// would move a number back.
type heeding struct {
	*engine
	heeded map[store.RunID]bool
	memory memory
	found  protection
}

// protect returns what must not be changed back, of what the rows ask for.
func (e *engine) protect(ctx context.Context, rows iter.Seq2[ask, error]) (protection, error) {
	if e.me.RollbackOf != "" {
		return nil, nil // it is asked for, and is careful by itself
	}
	cutovers, err := e.cfg.Store.Runs(ctx, store.RunFilter{Account: e.is.Account.ID, Cutovers: true, Except: e.is.ID})
	if err != nil {
		return nil, err
	}
	h := &heeding{engine: e, heeded: map[store.RunID]bool{}, found: protection{}}
	for _, r := range cutovers {
		if r.Job != e.me.Job && !slices.Contains(e.cfg.Release, r.Name) && !r.Unprotected {
			h.heeded[r.ID] = true
		}
	}
	if len(h.heeded) == 0 {
		return nil, nil
	}
	gap, err := e.cfg.runs().LastGap(ctx, e.is.Account.ID)
	if err != nil {
		return nil, err
	}
	h.memory.gap = gap.Sequence
	if err := runs.InChunks(rows, func(some []ask) error { return h.recall(ctx, some) }); err != nil {
		return nil, err
	}
	for number := range h.memory.deeds {
		for _, s := range h.memory.moves(number, func(_, _ *runs.Run) {}) {
			if s.endedBy == nil && !s.Hidden {
				h.found[number] = append(h.found[number], *s)
			}
		}
	}
	err = h.dropCorrected(ctx)
	h.dropReleased()
	return h.found, err
}

// dropReleased takes out what may be changed back. Until then it counts: a file
// that asks for the newest value is corrected also when that was released.
func (h *heeding) dropReleased() {
	for number, moves := range h.found {
		h.found[number] = slices.DeleteFunc(moves, func(s lasting) bool { return !h.heeded[s.cutover.Stored.ID] })
	}
}

// recall takes in what was done to the numbers that some rows would move back.
func (h *heeding) recall(ctx context.Context, rows []ask) error {
	numbers := make([]string, len(rows))
	for i, row := range rows {
		numbers[i] = row.number
	}
	var some memory
	filter := store.WriteFilter{Account: h.is.Account.ID, Numbers: numbers, Except: h.is.ID}
	if err := h.cfg.runs().Writes(ctx, filter, some.take); err != nil {
		return err
	}
	for _, row := range rows {
		if h.goesBack(row, some.deeds[row.number]) {
			for _, d := range some.deeds[row.number] {
				h.memory.take(d)
			}
			delete(some.deeds, row.number)
		}
	}
	return nil
}

// goesBack reports whether a row asks for a value from before a cutover.
func (h *heeding) goesBack(row ask, deeds []runs.Write) bool {
	for _, d := range deeds {
		for _, c := range d.Changes {
			field, known := settings.Lookup(c.Field)
			value, asked := row.want.Get(c.Field)
			if h.heeded[d.By.Stored.ID] && known && asked && !c.Hidden && field.Same(value, c.Old) {
				return true
			}
		}
	}
	return false
}

// asksOfFile gives what the rows of the input ask for.
func (e *engine) asksOfFile(ctx context.Context) iter.Seq2[ask, error] {
	return func(yield func(ask, error) bool) {
		for row, err := range e.file.Rows(ctx) {
			wanted := err != nil || row.Status == input.Valid
			if wanted && !yield(ask{row.Number, row.Settings}, err) || err != nil {
				return
			}
		}
	}
}

// asksOfPlan gives what is to be sent of a plan.
func (e *engine) asksOfPlan() iter.Seq2[ask, error] {
	return func(yield func(ask, error) bool) {
		for p, err := range e.planned().Where(func(p plan.Row) bool { return e.task(p) == toSend }) {
			if !yield(ask{p.Number, settings.FromChanges(p.Changes)}, err) || err != nil {
				return
			}
		}
	}
}
