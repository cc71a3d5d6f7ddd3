package batch

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/settings"
)

// heeding finds what earlier cutovers forbid a run to change back. Without a
// cutover it costs a look at each run in the folder; otherwise its memory is
// bounded by the run's rows.
type heeding struct {
	*engine
	runs   []*Run // the others, the newest first
	heeded map[*Run]bool
	memory memory
	found  protection
}

// protect returns what must not be changed back, of what the rows ask for.
func (e *engine) protect(ctx context.Context, rows iter.Seq2[ask, error]) (protection, error) {
	if e.me.RollbackOf != "" {
		return nil, nil // it is asked for, and is careful by itself
	}
	h := &heeding{engine: e, runs: others(e.cfg.RunsDir, *e.me), heeded: map[*Run]bool{}, found: protection{}}
	for _, r := range h.runs {
		if r.Identity.isCutover() && r.Identity.Job != e.me.Job && !slices.Contains(e.cfg.Release, r.Identity.Name) && !r.released() {
			h.heeded[r] = true
		}
	}
	if len(h.heeded) == 0 {
		return nil, nil
	}
	h.memory.deeds = map[string][]deed{}
	if err := h.recall(ctx, rows); err != nil {
		return nil, err
	}
	for number := range h.memory.deeds {
		for _, s := range h.memory.moves(number, func(_, _ *Run) {}) {
			if s.endedBy == nil && !s.Hidden {
				h.found[number] = append(h.found[number], *s)
			}
		}
	}
	err := h.dropCorrected(ctx)
	h.dropReleased()
	return h.found, err
}

// dropReleased takes out what may be changed back. Until then it counts: a file
// that asks for the newest value is corrected also when that was released.
func (h *heeding) dropReleased() {
	for number, moves := range h.found {
		h.found[number] = slices.DeleteFunc(moves, func(s lasting) bool { return !h.heeded[s.cutover] })
	}
}

// recall takes in what was done to the numbers that a row would move back.
func (h *heeding) recall(ctx context.Context, rows iter.Seq2[ask, error]) error {
	numbers, err := numbersOf(rows, func(ask) bool { return true })
	if err != nil {
		return err
	}
	if err := h.memory.cutovers(ctx, h.runs, in(numbers), h.broken); err != nil || len(h.memory.deeds) == 0 {
		return err
	}
	back, err := numbersOf(rows, h.goesBack)
	if err != nil {
		return err
	}
	maps.DeleteFunc(h.memory.deeds, func(number string, _ []deed) bool { return !in(back)(number) })
	if len(back) == 0 {
		return nil
	}
	return h.memory.since(ctx, h.runs, in(back), func(_ *Run, err error) error {
		h.emit(Noticed{Detail: fmt.Sprintf("whether a run ended what a cutover protects is not known: %v", err)})
		return nil
	})
}

// broken refuses to go on when nobody knows what must be left alone.
func (h *heeding) broken(r *Run, err error) error {
	if !h.heeded[r] {
		return nil
	}
	what := fmt.Sprintf("what a cutover moved, and must not be moved back, is not known: %v", err)
	return &RefusedError{Refusals: []Refusal{{What: what, Flag: "--release " + r.Identity.Name}}}
}

// goesBack reports whether a row asks for a value from before a cutover.
func (h *heeding) goesBack(row ask) bool {
	for _, d := range h.memory.deeds[row.number] {
		for _, c := range d.changes {
			field, known := settings.Lookup(c.Field)
			value, asked := row.want.Get(c.Field)
			if h.heeded[d.run] && known && asked && !c.Hidden && field.Same(value, c.Old) {
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
		for p, err := range planRowsOf(e.dir, func(p PlanRow) bool { return e.task(p) == toSend }) {
			if !yield(ask{p.Number, settings.FromChanges(p.Changes)}, err) || err != nil {
				return
			}
		}
	}
}
