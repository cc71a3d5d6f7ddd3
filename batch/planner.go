package batch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/protect"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// planner makes the plan of an execution.
type planner struct{ *execution }

// make reads what must be read, decides every row, and has the whole of it on
// the disk. The routes are read before what it costs is told.
func (e planner) make(ctx context.Context) error {
	first, err := e.nameAccount(ctx)
	if err != nil {
		return err
	}
	protected, err := protect.Find(ctx, e.run, e.cfg.Unprotect, asksOfFile(ctx, e.run.File))
	if err != nil {
		return err
	}
	d := &plan.Decider{Fields: e.cfg.Fields, WriteOnly: e.cfg.WriteOnly, Forbids: protected.Against}
	if d.InDoubt, err = e.inDoubt(ctx); err != nil {
		return err
	}
	reading := plan.Reading{Way: plan.ReadNone}
	var read *current.Readings
	if !e.cfg.All {
		if read, reading, err = e.readCurrent(ctx, first); err != nil {
			return err
		}
		d.Current = read.Get
		everything := func(string) bool { return true }
		if d.Known, err = e.knownOf(ctx, d, everything); err != nil {
			return err
		}
	}
	t := plan.NewTotals()
	if err := e.decideAll(ctx, d, t); err != nil {
		return err
	}
	sent := e.run.Planned().Where(plan.Row.Sent)
	p := t.Plan(reading)
	if err := e.readRoutes(ctx, p, sent); err != nil {
		return err
	}
	p.Named = e.directory.Named()
	p.AddRoutes(e.routes.Names())
	if u := p.Reading.Unlisted; u != nil {
		p.AddRoutes(e.directory.NamesOf(u.Routes))
	}
	if p.Notes, err = e.notes(ctx, sent); err != nil {
		return err
	}
	tokens, requests := e.requests.Count()
	p.Budget = p.Cost(e.cfg.Rate, tokens, requests, e.tokenLife(ctx, reading))
	e.run.Plan = p
	waveOf, err := e.planWaves(p, sent, read)
	if err != nil {
		return err
	}
	p.RollbackWindow = e.planned(waveOf).RollbackWindow()
	if err := e.recordPlan(p, waveOf, read); err != nil {
		return err
	}
	e.Emit(event.PlanMade{Plan: p})
	for _, note := range p.Notes {
		if note.Warning == "" { // which the check has told
			e.Emit(event.Noticed{Detail: note.String()})
		}
	}
	return nil
}

// inDoubt tells the numbers of which it is not known what the run wrote that this one
// rolls back; nil: it rolls none back.
func (e planner) inDoubt(ctx context.Context) (func(number string) bool, error) {
	if e.run.Identity.RollbackOf == "" {
		return nil, nil
	}
	origin, err := e.run.In.Open(ctx, e.run.Identity.RollbackOf)
	if err != nil {
		return nil, err
	}
	numbers := map[string]struct{}{}
	for p, err := range origin.Planned().Heads() {
		if err != nil {
			return nil, err
		}
		if state, known := origin.States[p.Line]; p.Sent() && (!known || state.Status == result.Unknown) {
			numbers[p.Number] = struct{}{}
		}
	}
	return runs.Among(numbers), nil
}

// notes are what the check warns of, and what earlier runs tell of the rows that are sent, unless the
// run does not know what their numbers have, or rolls another one back and is asked for once.
func (e planner) notes(ctx context.Context, sent iter.Seq2[plan.Row, error]) ([]plan.Note, error) {
	gap, err := e.run.In.NoteGap(ctx, e.run.Stored)
	notes := append(e.warnings.All(), gap...)
	if err != nil || e.cfg.All || e.run.Identity.RollbackOf != "" {
		return notes, err
	}
	repeated, err := e.run.In.Repeated(ctx, e.run.Stored, sent)
	return append(notes, repeated...), err
}

// planWaves slices the rows of a plan that are sent, if they are to be sent in waves, by
// what was read for it, which may be nil, and returns the wave of each row, by line.
func (e planner) planWaves(p *plan.Plan, sent iter.Seq2[plan.Row, error], read *current.Readings) (map[int]int, error) {
	if len(e.cfg.Waves) == 0 {
		return nil, nil
	}
	var lines, shapes, pages []int
	var texts []string
	known := map[string]int{}
	for row, err := range sent {
		if err != nil {
			return nil, err
		}
		shape := waveShape(row, read)
		if _, ok := known[shape]; !ok {
			known[shape] = len(known)
			texts = append(texts, strings.ReplaceAll(shape, "\n", ", of "))
		}
		lines, shapes = append(lines, row.Line), append(shapes, known[shape])
		pages = append(pages, read.PageOf(row.Number))
	}
	numbers, waves, missing := e.cfg.Waves.Slice(shapes, e.cfg.MaxWave)
	if p.MissingShapes = len(missing); len(missing) > 0 {
		var named []string
		for _, row := range missing[:min(len(missing), namedShapes)] {
			named = append(named, texts[shapes[row]])
		}
		more := ""
		if n := len(missing) - len(named); n > 0 {
			more = fmt.Sprintf("; and %d more", n)
		}
		p.Notes = append(p.Notes, plan.Note{Detail: fmt.Sprintf("the first wave has no row of %d of %d shapes, for which it has no room: %s%s",
			len(missing), len(texts), strings.Join(named, "; "), more)})
	}
	plan.CostWaves(waves, numbers, pages, func(pages []int) int { return current.Cost(pages, p.Reading.PagesInAll) })
	p.Waves = waves
	waveOf := make(map[int]int, len(lines))
	for i, line := range lines {
		waveOf[line] = numbers[i]
	}
	return waveOf, nil
}

// namedShapes is how many shapes are named that the first wave does not have.
const namedShapes = 10

// waveShape is what a row has in common with others that fail for the same
// reason: its changes, and the classification of its number.
func waveShape(p plan.Row, readings *current.Readings) string {
	shape := string(settings.ShapeOf(p.Changes))
	read, known := readings.Get(p.Number)
	if !known || read.State == nil {
		return shape
	}
	class, _ := read.State.Get("Classification")
	return shape + "\n" + class
}

// recordPlan commits that every row is decided. Of what was read for the plan,
// what its updates may have to be compared with later is kept.
func (e planner) recordPlan(p *plan.Plan, waveOf map[int]int, read *current.Readings) error {
	made, err := runs.Milestone(store.Planned, p.MadeAt, p)
	if err != nil {
		return err
	}
	made.Waves = waveOf
	kept, err := e.keptOf(p, read)
	if err != nil || kept == nil {
		return errors.Join(err, e.log.Record(made))
	}
	return e.log.Record(kept, made)
}

// keptOf are the readings of the numbers that the plan changes, when those are
// few; nil: all are kept as they are.
func (e planner) keptOf(p *plan.Plan, read *current.Readings) (*store.Readings, error) {
	if read == nil || 2*p.Updates() > p.Reading.Found {
		return nil, nil
	}
	kept := &store.Readings{Anew: true}
	for row, err := range e.run.Planned().Where(plan.Row.Sent) {
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
func (e planner) decideAll(ctx context.Context, d *plan.Decider, t *plan.Totals) error {
	w := plan.Writer{Record: e.log.Record}
	for row, err := range e.run.File.Rows(ctx) {
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

// readCurrent returns the current settings of the input's numbers.
func (e planner) readCurrent(ctx context.Context, first *current.FirstPage) (*current.Readings, plan.Reading, error) {
	known := current.NewReadings(store.ForPlan, e.log.Record)
	if e.cfg.StateFile != "" {
		age := guard.MeasureAge(guard.MaxStateAge, "the file of current settings", e.cfg.StateAt, e.cfg.StateMaxAge)
		if err := guard.Enforce(age); err != nil {
			return known, plan.Reading{}, err
		}
		reading, err := known.Load(ctx, e.cfg.StateFile, e.cfg.StateAt)
		if err == nil {
			reading.Unlisted, err = known.Unlisted(ctx, e.run.File, reading.Trouble == "")
		}
		return known, reading, errors.Join(err, known.Close())
	}
	gap, err := e.run.In.LastGap(ctx, e.run.Stored.Account.ID)
	if err == nil && gap.Sequence < e.run.Stored.Sequence { // else what was read may have been moved, unrecorded
		maxAge := e.cfg.Fresh(e.run.File.Conditional(), len(e.cfg.Waves) > 0)
		err = known.Resume(ctx, e.cfg.Store, e.run.Stored.ID, maxAge)
		err = errors.Join(err, known.Drop(func() (func(string) bool, error) {
			touched, _, err := e.run.TouchedLater(ctx)
			return touched, err
		}))
	}
	if err != nil {
		return known, plan.Reading{}, err
	}
	numbers, named, err := current.NumbersOf(ctx, e.run.File)
	if err != nil {
		return known, plan.Reading{}, err
	}
	if err := awaitLate(ctx, e.execution); err != nil {
		return known, plan.Reading{}, err
	}
	reader := e.numbers()
	reader.First, reader.Named = first, named
	reading, err := reader.Read(ctx, known, numbers)
	return known, reading, err
}

// knownOf finds what earlier runs tell of the fields that the API hides, for the numbers
// that are wanted.
func (e planner) knownOf(ctx context.Context, d *plan.Decider, of func(number string) bool) (map[string]map[string]string, error) {
	if d.WriteOnly != plan.WriteOnlyKnown {
		return nil, nil
	}
	wanted := map[string][]string{}
	for row, err := range e.run.File.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		if row.Status != input.Valid || !of(row.Number) {
			continue
		}
		wanted[row.Number] = d.Untold(row)
	}
	return e.known(ctx, wanted)
}

// known finds what earlier runs tell of write-only fields, by number,
// if that is to count.
func (e *execution) known(ctx context.Context, wanted map[string][]string) (map[string]map[string]string, error) {
	maps.DeleteFunc(wanted, func(_ string, fields []string) bool { return len(fields) == 0 })
	if e.run.Identity.WriteOnly != plan.WriteOnlyKnown || len(wanted) == 0 {
		return nil, nil
	}
	known, lost, err := e.run.In.KnownFields(ctx, e.run.Stored, wanted)
	if err == nil && lost != "" {
		e.Emit(event.Noticed{Detail: lost})
	}
	return known, err
}

// tokenLife is how long a token is good that the reading needed; 0: nobody knows.
func (e planner) tokenLife(ctx context.Context, r plan.Reading) time.Duration {
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
func asksOfFile(ctx context.Context, file *input.File) iter.Seq2[protect.Ask, error] {
	return func(yield func(protect.Ask, error) bool) {
		for row, err := range file.Rows(ctx) {
			wanted := err != nil || row.Status == input.Valid
			if wanted && !yield(protect.Ask{Number: row.Number, Want: row.Settings}, err) || err != nil {
				return
			}
		}
	}
}
