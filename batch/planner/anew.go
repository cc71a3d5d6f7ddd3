package planner

import (
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
	var anew []plan.Row
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
		t.Add(row, asked)
		if err := w.Add(row); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return p.recordAnew(ctx, t, records, anew, read)
}

// recordAnew commits a plan of which some rows were decided anew and are to be sent.
func (p *Planner) recordAnew(
	ctx context.Context, t *plan.Totals, records []store.Record, anew []plan.Row, read *current.Readings,
) error {
	made := t.Revised(p.Run.Plan)
	waveOf, err := p.wavesAnew(ctx, made, anew, read)
	if err != nil {
		return err
	}
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

// wavesAnew puts rows that were decided anew into the last wave of a plan, or slices them
// if it has none yet.
func (p *Planner) wavesAnew(ctx context.Context, made *plan.Plan, anew []plan.Row, read *current.Readings) (waveOf map[int]int, err error) {
	if len(made.Waves) == 0 {
		return p.slice(made, func(yield func(plan.Row, error) bool) {
			for _, row := range anew {
				if !yield(row, nil) {
					return
				}
			}
		}, read)
	}
	if waveOf, err = p.Run.In.Store.WaveOf(ctx, p.Run.Stored.ID); err != nil {
		return nil, err
	}
	made.Waves = slices.Clone(made.Waves)
	last := &made.Waves[len(made.Waves)-1]
	last.Rows, last.Upto, last.Reads = last.Rows+len(anew), last.Upto+len(anew), last.Reads+len(anew)
	for _, row := range anew {
		waveOf[row.Line] = last.N
		if settings.MoveCalls(row.Changes) {
			last.VoiceRoutes++
		}
	}
	return waveOf, nil
}
