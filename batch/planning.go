package batch

import (
	"context"
	"errors"
	"iter"
	"maps"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/protect"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// plan reads what must be read, decides every row, and has the whole of it on
// the disk. The routes are read before what it costs is told.
func (e *engine) plan(ctx context.Context) (*plan.Plan, error) {
	if err := e.nameAccount(ctx); err != nil {
		return nil, err
	}
	protected, err := protect.Find(ctx, e.cfg.runs(), e.is, e.cfg.Release, e.asksOfFile(ctx))
	if err != nil {
		return nil, err
	}
	d := &plan.Decider{Fields: e.cfg.Fields, Hidden: e.cfg.Hidden, Forbids: protected.Against}
	reading := plan.Reading{Way: plan.ReadNone}
	var read *current.Readings
	if !e.cfg.All {
		read, reading, err = e.current(ctx)
		if err != nil {
			return nil, err
		}
		d.Current = read.Get
		if d.Known, err = e.knownOf(ctx, d); err != nil {
			return nil, err
		}
	}
	t := plan.NewTotals()
	if err := e.decideAll(ctx, d, t); err != nil {
		return nil, err
	}
	if err := e.readRoutes(ctx); err != nil {
		return nil, err
	}
	p := t.Plan(reading)
	p.AddRoutes(e.routes.Names())
	if !e.cfg.All && e.me.RollbackOf == "" { // else it does not know what the numbers have, or is asked for once
		if p.Notes, err = e.cfg.runs().Repeated(ctx, e.is, e.planned().Where(plan.Row.Sent)); err != nil {
			return nil, err
		}
	}
	gap, err := e.cfg.runs().NoteGap(ctx, e.is)
	if err != nil {
		return nil, err
	}
	p.Notes = append(gap, p.Notes...)
	tokens, requests := e.spent.get()
	p.Budget = p.Cost(e.cfg.Rate, tokens, requests, e.tokenLife(ctx, reading))
	e.made, e.plannedAt = p, p.MadeAt
	if p.Waves, err = e.planWaves(read); err != nil {
		return nil, err
	}
	p.RollbackWindow = e.rollbackWindow()
	if err := e.recordPlan(p, read); err != nil {
		return nil, err
	}
	e.emit(event.PlanMade{Plan: p})
	for _, note := range p.Notes {
		e.emit(event.Noticed{Detail: note.String()})
	}
	return p, nil
}

// recordPlan commits that every row is decided. Of what was read for the plan,
// what its updates may have to be compared with later is kept.
func (e *engine) recordPlan(p *plan.Plan, read *current.Readings) error {
	made, err := runs.Milestone(store.Planned, p.MadeAt, p)
	if err != nil {
		return err
	}
	made.Waves = e.cutover.of
	kept, err := e.keptOf(p, read)
	if err != nil || kept == nil {
		return errors.Join(err, e.log.Record(made))
	}
	return e.log.Record(kept, made)
}

// keptOf are the readings of the numbers that the plan changes, when those are
// few; nil: all are kept as they are.
func (e *engine) keptOf(p *plan.Plan, read *current.Readings) (*store.Readings, error) {
	if read == nil || 2*p.Updates() > p.Reading.Found {
		return nil, nil
	}
	kept := &store.Readings{Anew: true}
	for row, err := range e.planned().Where(plan.Row.Sent) {
		if err != nil {
			return nil, err
		}
		if l, known := read.Get(row.Number); known {
			kept.Readings = append(kept.Readings, l)
		}
	}
	return kept, nil
}

// decideAll records what each row would do.
func (e *engine) decideAll(ctx context.Context, d *plan.Decider, t *plan.Totals) error {
	w := plan.Writer{Record: e.log.Record}
	for row, err := range e.file.Rows(ctx) {
		if err != nil {
			return err
		}
		p := d.Decide(row)
		t.Add(p, row)
		if err := w.Add(p); err != nil {
			return err
		}
	}
	return w.Flush()
}

// current returns the current settings of the input's numbers.
func (e *engine) current(ctx context.Context) (*current.Readings, plan.Reading, error) {
	known := current.NewReadings(store.ForPlan, e.log.Record)
	if e.cfg.StateFile != "" {
		age := guard.MeasureAge(guard.MaxStateAge, "the file of current settings", e.cfg.StateAt, e.cfg.StateMaxAge)
		if err := guard.Enforce(age); err != nil {
			return known, plan.Reading{}, err
		}
		reading, err := known.Load(ctx, e.cfg.StateFile, e.cfg.StateAt)
		return known, reading, errors.Join(err, known.Close())
	}
	gap, err := e.cfg.runs().LastGap(ctx, e.is.Account.ID)
	if err == nil && gap.Sequence < e.is.Sequence { // else what was read may have been moved, unrecorded
		err = known.Resume(ctx, e.cfg.Store, e.is.ID)
	}
	if err != nil {
		return known, plan.Reading{}, err
	}
	numbers := map[string]struct{}{}
	for row, err := range e.file.Rows(ctx) {
		if err != nil {
			return known, plan.Reading{}, err
		}
		if row.Status == input.Valid {
			numbers[row.Number] = struct{}{}
		}
	}
	api := e.api()
	api.First = e.first
	reading, err := api.Read(ctx, known, numbers)
	return known, reading, err
}

// api is how numbers are read.
func (e *engine) api() current.Reader {
	return current.Reader{
		API: e.reader, Way: e.cfg.Read, Workers: e.cfg.Workers,
		Tell: func(told plan.Reading) { e.emit(event.ReadingTold{Reading: told}) },
	}
}

// knownOf finds what earlier runs tell of the fields that the API hides.
func (e *engine) knownOf(ctx context.Context, d *plan.Decider) (map[string]map[string]string, error) {
	if d.Hidden != plan.HiddenKnown || e.cfg.Sandbox {
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
		wanted[row.Number] = d.Untold(row)
	}
	return e.remembered(ctx, d.Hidden, wanted)
}

// remembered finds what earlier runs tell of fields that the API does not show,
// by number, if that is to count.
func (e *engine) remembered(ctx context.Context, mode plan.HiddenMode, wanted map[string][]string) (map[string]map[string]string, error) {
	maps.DeleteFunc(wanted, func(_ string, fields []string) bool { return len(fields) == 0 })
	if mode != plan.HiddenKnown || e.cfg.Sandbox || len(wanted) == 0 {
		return nil, nil
	}
	known, lost, err := e.cfg.runs().KnownFields(ctx, e.is, wanted)
	if err == nil && lost != "" {
		e.emit(event.Noticed{Detail: lost})
	}
	return known, err
}

// tokenLife is how long a token is good that the reading needed; 0: nobody knows.
func (e *engine) tokenLife(ctx context.Context, r plan.Reading) time.Duration {
	endpoint := client.EndpointInventory
	switch {
	case r.Pages > 0:
	case r.Singles > 0:
		endpoint = client.EndpointNumber
	default:
		return 0
	}
	info, err := e.reader.Token(ctx, endpoint) // it is there: nothing is sent
	if err != nil {
		return 0
	}
	return info.Life
}

// asksOfFile gives what the rows of the input ask for.
func (e *engine) asksOfFile(ctx context.Context) iter.Seq2[protect.Ask, error] {
	return func(yield func(protect.Ask, error) bool) {
		for row, err := range e.file.Rows(ctx) {
			wanted := err != nil || row.Status == input.Valid
			if wanted && !yield(protect.Ask{Number: row.Number, Want: row.Settings}, err) || err != nil {
				return
			}
		}
	}
}
