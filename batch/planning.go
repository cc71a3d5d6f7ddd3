package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/rundir"
)

// plan reads what must be read, decides every row, and has the whole of it on
// the disk. The routes are read before what it costs is told.
func (e *engine) plan(ctx context.Context) (*Plan, error) {
	protected, err := e.protect(ctx, e.asksOfFile(ctx))
	if err != nil {
		return nil, err
	}
	d := &decider{fields: e.cfg.Fields, hidden: e.cfg.Hidden, protected: protected}
	reading := Reading{Way: ReadNone}
	if !e.cfg.All {
		d.states, reading, err = e.current(ctx)
		if err != nil {
			return nil, err
		}
		defer func() { _ = d.states.close() }() // it is only read from here on
		if d.known, err = e.knownOf(ctx, d); err != nil {
			return nil, err
		}
	}
	t := newTotals()
	err = e.dir.WriteAtomic(rundir.PlanFile, func(w io.Writer) error { return e.decideAll(ctx, d, w, t) })
	if err != nil {
		return nil, err
	}
	if err := e.checkRoutes(ctx); err != nil {
		return nil, err
	}
	p := t.plan(reading)
	p.learn(e.routeNames())
	p.Budget = e.budget(ctx, p)
	e.made, e.plannedAt = p, p.MadeAt
	if p.Waves, err = e.planWaves(d.states); err != nil {
		return nil, err
	}
	p.WayBack = e.wayBack()
	if err := e.journal.Append(record{Kind: kindPlan, At: p.MadeAt, Plan: p}); err != nil {
		return nil, stopFor(StoppedByDisk, err)
	}
	e.emit(PlanMade{p})
	return p, nil
}

// decideAll writes what each row would do.
func (e *engine) decideAll(ctx context.Context, d *decider, w io.Writer, t *totals) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for row, err := range e.file.Rows(ctx) {
		if err != nil {
			return err
		}
		p, err := d.decide(row)
		if err != nil {
			return err
		}
		t.add(p, row)
		if err := encoder.Encode(p); err != nil {
			return err
		}
	}
	return nil
}

// current returns the current settings of the input's numbers.
func (e *engine) current(ctx context.Context) (*states, Reading, error) {
	known, err := openStates(e.dir, every)
	if err != nil {
		return nil, Reading{}, err
	}
	if e.cfg.StateFile != "" {
		if age := time.Since(e.cfg.StateAt); age > e.cfg.StateMaxAge {
			what := fmt.Sprintf("the file of --state was written %s ago, more than %s", age.Round(time.Minute), e.cfg.StateMaxAge)
			return known, Reading{}, &RefusedError{Refusals: []Refusal{{What: what, Flag: "--max-age " + hoursAbove(age)}}}
		}
		reading, err := known.load(ctx, e.cfg.StateFile, e.cfg.StateAt)
		return known, reading, err
	}
	numbers := map[string]struct{}{}
	for row, err := range e.file.Rows(ctx) {
		if err != nil {
			return known, Reading{}, err
		}
		if row.Status == input.Valid {
			numbers[row.Number] = struct{}{}
		}
	}
	reading, err := e.read(ctx, known, numbers)
	return known, reading, err
}

// read reads numbers the way that the configuration says.
func (e *engine) read(ctx context.Context, known *states, numbers map[string]struct{}) (Reading, error) {
	r := newReader(e.reader, e.cfg.Read, e.cfg.Workers, known, numbers, func(told Reading) { e.emit(ReadingTold{told}) })
	return r.read(ctx)
}

// knownOf finds what earlier runs tell of the fields that the API hides.
func (e *engine) knownOf(ctx context.Context, d *decider) (map[string]map[string]string, error) {
	if d.hidden != HiddenKnown || e.cfg.Sandbox {
		return nil, nil
	}
	wanted := map[string][]string{}
	for row, err := range e.file.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		if row.Status != input.Valid {
			continue
		}
		fields, err := d.untold(row)
		if err != nil {
			return nil, err
		}
		wanted[row.Number] = fields
	}
	return e.remembered(ctx, d.hidden, wanted)
}

// remembered finds what earlier runs tell of fields that the API does not show,
// by number, if that is to count.
func (e *engine) remembered(ctx context.Context, mode HiddenMode, wanted map[string][]string) (map[string]map[string]string, error) {
	maps.DeleteFunc(wanted, func(_ string, fields []string) bool { return len(fields) == 0 })
	if mode != HiddenKnown || e.cfg.Sandbox || len(wanted) == 0 {
		return nil, nil
	}
	return knownFields(ctx, e.cfg.RunsDir, *e.me, wanted, func(text string) { e.emit(Noticed{Detail: text}) })
}
