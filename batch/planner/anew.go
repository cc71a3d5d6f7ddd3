package planner

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Anew decides the rows of numbers that failed by what was read of them now, and
// records the plan with them in one step.
func (p *Planner) Anew(ctx context.Context, read *current.Readings, failed map[string]struct{}) error {
	// What is protected is looked up for all that is sent, before it is.
	d := &plan.Decider{
		Current: read.Get, Fields: p.Fields, WriteOnly: p.WriteOnly,
		Forbids: func(string, []settings.Change) string { return "" },
	}
	var err error
	if d.Known, err = p.knownOf(ctx, d, runs.Among(failed)); err != nil {
		return err
	}
	var records []store.Record
	w := plan.Writer{Record: func(block ...store.Record) error {
		records = append(records, block...)
		return nil
	}}
	t := plan.NewTotals()
	var anew, hands []plan.Row
	rows, stop := iter.Pull2(p.Run.Planned().All())
	defer stop()
	for asked, err := range p.Run.File.Rows(ctx) {
		if err != nil {
			return err
		}
		row, err, ok := rows()
		if err != nil || !ok {
			return fmt.Errorf("line %d of the input is not in the plan: %w", asked.Line, err)
		}
		if row.Status == result.Failed {
			if row = d.Decide(asked); row.Sent() {
				anew = append(anew, row)
			}
		}
		if row.HandsOn() {
			hands = append(hands, row)
		}
		t.Add(row, asked)
		if err := w.Add(row); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	made := t.Revised(p.Run.Plan)
	waveOf, err := p.wavesAnew(ctx, made, anew, hands, read)
	if err != nil {
		return err
	}
	return p.recordAnew(made, waveOf, records)
}

// recordAnew commits a plan of which some rows were decided anew and are to be sent.
func (p *Planner) recordAnew(made *plan.Plan, waveOf map[int]int, records []store.Record) error {
	milestone, err := runs.Milestone(store.Planned, made.MadeAt, made)
	if err != nil {
		return err
	}
	milestone.Waves = waveOf
	if err := p.Log.Record(append(records, milestone)...); err != nil {
		return err
	}
	p.Run.Plan = made
	return nil
}

// wavesAnew puts rows that were decided anew into the last wave of a plan, or slices them if it has none yet. hands are all
// rows that hand on SIMs: what is left of a chain that grows stays in its wave, or comes together in the last one of those
// that it is in.
func (p *Planner) wavesAnew(
	ctx context.Context, made *plan.Plan, anew, hands []plan.Row, read *current.Readings,
) (waveOf map[int]int, err error) {
	if len(made.Waves) == 0 {
		return p.slice(made, each(anew), read)
	}
	chains, err := plan.ChainsOf(each(hands))
	if err != nil {
		return nil, err
	}
	if waveOf, err = p.Run.In.Store.WaveOf(ctx, p.Run.Stored.ID); err != nil {
		return nil, err
	}
	moved := moving{waves: slices.Clone(made.Waves), of: waveOf}
	grown := map[int]int{} // by chain, the wave in which it is whole; 0: that of rows that are in none
	for _, row := range anew {
		grown[chains.Of(row.Line)] = 0
	}
	delete(grown, 0)
	for _, row := range hands {
		if chain := chains.Of(row.Line); p.isLeft(row) {
			if in, is := grown[chain]; is {
				grown[chain] = max(in, waveOf[row.Line])
			}
		}
	}
	for _, row := range anew {
		moved.put(row, cmp.Or(grown[chains.Of(row.Line)], len(moved.waves)))
	}
	for _, row := range hands {
		if in := grown[chains.Of(row.Line)]; in > 0 && p.isLeft(row) {
			moved.put(row, in)
		}
	}
	made.Waves = moved.done()
	return waveOf, nil
}

// isLeft reports whether a row is still to be sent, or may be.
func (p *Planner) isLeft(row plan.Row) bool {
	state, known := p.Run.States[row.Line]
	return row.Sent() && (!known || state.Status == result.NotAttempted || state.Status == result.Failed || state.Status == result.Unknown)
}

// each gives rows.
func each(rows []plan.Row) iter.Seq2[plan.Row, error] {
	return func(yield func(plan.Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// moving are the waves of a plan while rows are put into others.
type moving struct {
	waves []plan.Wave
	of    map[int]int // by line, the wave of a row
}

// put puts a row into a wave.
func (m moving) put(row plan.Row, into int) {
	from := m.of[row.Line]
	if from == into {
		return
	}
	calls := 0
	if settings.MoveCalls(row.Changes) {
		calls = 1
	}
	if from > 0 {
		w := &m.waves[from-1]
		w.Rows, w.Reads, w.VoiceRoutes = w.Rows-1, max(w.Reads-1, 0), w.VoiceRoutes-calls
	}
	w := &m.waves[into-1]
	w.Rows, w.Reads, w.VoiceRoutes = w.Rows+1, w.Reads+1, w.VoiceRoutes+calls
	m.of[row.Line] = into
}

// done are the waves when all rows are where they belong.
func (m moving) done() []plan.Wave {
	upto := 0
	for i := range m.waves {
		upto += m.waves[i].Rows
		m.waves[i].Upto = upto
	}
	return m.waves
}
