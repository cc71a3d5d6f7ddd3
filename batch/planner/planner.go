// Package planner is the maker of a run's plan, by what its numbers have: it reads them,
// has batch/plan decide every row, slices what is sent into waves, and records the whole;
// and it decides anew the rows whose numbers could not be read.
package planner

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/history"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/protect"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Planner makes the plan of one execution. The steps are [Planner.Decide], [Draft.Plan],
// [Draft.Slice] and [Draft.Record].
type Planner struct {
	runs.PlanOptions
	// Run is the run, with its input checked, and Log records what is planned of it.
	Run *runs.Run
	Log *runs.Recorder
	// StateFile is where current settings were exported to, at StateAt, which may be
	// StateMaxAge ago; "": Read reads them, unless all is sent, but for what an earlier
	// execution has read within MaxAge.
	StateFile           string
	StateAt             time.Time
	StateMaxAge, MaxAge time.Duration
	Read                func(ctx context.Context, known *current.Readings, numbers, named map[string]struct{}) (plan.Reading, error)
	// Sends is told each row that is to be sent, as it is decided. Optional.
	Sends func(plan.Row)
	// Warnings are those of the check of the input, and Emit tells what happens.
	Warnings plan.Warnings
	Emit     func(event.Event)

	holders plan.Holders    // of the SIMs that rows take
	beside  []store.Reading // of holders, which are not in the store yet
	ids     *plan.IDs
	earlier int // pages of the inventory that an earlier execution read: what it listed is not known any more
}

// Listed takes in what the inventory has of a number, be it of the input or not.
func (p *Planner) Listed(number string, is settings.State) {
	if p.holders.Note(number, is) {
		kept := is // few are: the others need no memory of their own
		p.beside = append(p.beside, store.Reading{Phase: store.Beside, At: time.Now(), Number: number, State: &kept})
	}
	p.ids.Note(number, is)
}

// recordRead commits what was read, together with the holders that were met on the way: a page that is in the store is not
// read again.
func (p *Planner) recordRead(read ...store.Record) error {
	if len(p.beside) > 0 {
		read = append([]store.Record{&store.Readings{Readings: p.beside}}, read...)
		p.beside = nil
	}
	return p.Log.Record(read...)
}

// Draft is a plan that is being made: its rows are decided and recorded.
type Draft struct {
	planner *Planner
	totals  *plan.Totals
	reading plan.Reading
	read    *current.Readings // nil: nothing was read
}

// Decide reads what must be read, and decides every row.
func (p *Planner) Decide(ctx context.Context) (*Draft, error) {
	protected, err := protect.Find(ctx, p.Run, p.Unprotect, asksOfFile(ctx, p.Run.File))
	if err != nil {
		return nil, err
	}
	forbidden := map[string]struct{}{}
	d := &plan.Decider{Fields: p.Fields, WriteOnly: p.WriteOnly, Forbids: func(number string, changes []settings.Change) string {
		why := protected.Against(number, changes)
		if why != "" {
			forbidden[number] = struct{}{}
		}
		return why
	}}
	if d.InDoubt, err = p.inDoubt(ctx); err != nil {
		return nil, err
	}
	draft := &Draft{planner: p, totals: plan.NewTotals(), reading: plan.Reading{Way: plan.ReadNone}}
	if !p.All {
		if draft.read, draft.reading, err = p.readCurrent(ctx); err != nil {
			return nil, err
		}
		d.Current = draft.read.Get
		everything := func(string) bool { return true }
		if d.Known, err = p.knownOf(ctx, d, everything); err != nil {
			return nil, err
		}
	}
	if err := p.decideAll(ctx, d, draft.totals); err != nil || len(forbidden) == 0 {
		return draft, err
	}
	p.Emit(event.Noticed{
		Detail:  fmt.Sprintf("numbers that the file would move back from where a cutover moved them: %d; their rows are in conflict until it is unprotected", len(forbidden)),
		Options: []option.Name{option.Unprotect},
	})
	return draft, nil
}

// Sent gives the rows that are to be sent.
func (d *Draft) Sent() iter.Seq2[plan.Row, error] {
	return d.planner.Run.Planned().Where(plan.Row.Sent)
}

// Plan is the draft as a plan, without its budget and its waves. Its notes are what the
// check warns of, what is odd about rows that are sent, and what earlier runs tell of the rows that are sent, unless the run does
// not know what their numbers have, or rolls another one back and is asked for once.
func (d *Draft) Plan(ctx context.Context) (*plan.Plan, error) {
	made, run := d.totals.Plan(d.reading), d.planner.Run
	kept, err := d.planner.holders.Keeping(d.Sent())
	if err != nil {
		return nil, err
	}
	if ids := d.planner.ids; ids != nil && run.Identity.RollbackOf == "" {
		whole := d.reading.Pages > 0 && d.planner.earlier == 0 || d.reading.Way == plan.ReadFile
		kept = append(kept, ids.Unlike(whole)...)
	}
	gap, err := history.NoteGap(ctx, run.In, run.Stored)
	made.Notes = slices.Concat(d.planner.Warnings.All(), made.Notes, kept, gap)
	if err != nil || d.planner.All || run.Identity.RollbackOf != "" {
		return made, err
	}
	repeated, err := history.Repeated(ctx, run.In, run.Stored, d.Sent())
	made.Notes = append(made.Notes, repeated...)
	return made, err
}

// inDoubt tells the numbers of which it is not known what the run wrote that this one
// rolls back; nil: it rolls none back.
func (p *Planner) inDoubt(ctx context.Context) (func(number string) bool, error) {
	if p.Run.Identity.RollbackOf == "" {
		return nil, nil
	}
	origin, err := p.Run.In.Open(ctx, p.Run.Identity.RollbackOf)
	if err != nil {
		return nil, err
	}
	numbers := map[string]struct{}{}
	for row, err := range origin.Planned().All() {
		if err != nil {
			return nil, err
		}
		if state, known := origin.States[row.Line]; row.Sent() && (!known || state.Status == result.Unknown) {
			numbers[row.Number] = struct{}{}
		}
	}
	return runs.Among(numbers), nil
}

// decideAll records what each row would do.
func (p *Planner) decideAll(ctx context.Context, d *plan.Decider, t *plan.Totals) error {
	w := plan.Writer{Record: p.Log.Record}
	for row, err := range p.Run.File.Rows(ctx) {
		if err != nil {
			return err
		}
		decided := d.Decide(row)
		t.Add(decided, row)
		if p.Sends != nil && decided.Sent() {
			p.Sends(decided)
		}
		if p.ids != nil {
			p.ids.Want(decided)
		}
		if err := w.Add(decided); err != nil {
			return err
		}
	}
	return w.Flush()
}

// readCurrent returns the current settings of the input's numbers.
func (p *Planner) readCurrent(ctx context.Context) (*current.Readings, plan.Reading, error) {
	known := current.NewReadings(store.ForPlan, p.recordRead)
	beside := current.NewReadings(store.Beside, nil)
	p.holders, p.ids = plan.Holders{}, plan.NewIDs()
	defer func() {
		known.Each(p.Listed)
		beside.Each(func(number string, is settings.State) {
			if _, own := known.Get(number); !own {
				p.holders.Note(number, is)
			}
		})
	}()
	numbers, named, err := current.NumbersOf(ctx, p.Run.File, func(row input.Row) { p.holders.Want(row.Settings) })
	if err != nil {
		return known, plan.Reading{}, err
	}
	if p.StateFile != "" {
		age := guard.MeasureAge(guard.MaxStateAge, "the file of current settings", p.StateAt, p.StateMaxAge)
		if err := guard.Enforce(age); err != nil {
			return known, plan.Reading{}, err
		}
		reading, err := known.Load(ctx, p.StateFile, p.StateAt)
		if err == nil {
			reading.Unlisted, err = known.Unlisted(ctx, p.Run.File, reading.Trouble == "")
		}
		return known, reading, errors.Join(err, known.Close())
	}
	gap, err := p.Run.In.LastGap(ctx, p.Run.Stored.Account.ID)
	if err == nil && gap.Sequence < p.Run.Stored.Sequence { // else what was read may have been moved, unrecorded
		for _, earlier := range []*current.Readings{known, beside} {
			err = errors.Join(err, earlier.Resume(ctx, p.Run.In.Store, p.Run.Stored.ID, p.MaxAge))
			err = errors.Join(err, earlier.Drop(func() (func(string) bool, error) {
				touched, _, err := p.Run.TouchedLater(ctx)
				return touched, err
			}))
		}
	}
	if err != nil {
		return known, plan.Reading{}, err
	}
	p.earlier = known.Pages()
	reading, err := p.Read(ctx, known, numbers, named)
	return known, reading, err
}

// knownOf finds what earlier runs tell of the fields that the API hides, for the numbers
// that are wanted.
func (p *Planner) knownOf(ctx context.Context, d *plan.Decider, of func(number string) bool) (map[string]map[string]string, error) {
	if d.WriteOnly != plan.WriteOnlyKnown {
		return nil, nil
	}
	wanted := map[string][]string{}
	for row, err := range p.Run.File.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		if row.Status != input.Valid || !of(row.Number) {
			continue
		}
		if fields := d.Untold(row); len(fields) > 0 {
			wanted[row.Number] = fields
		}
	}
	return p.Known(ctx, wanted)
}

// Known finds what earlier runs tell of write-only fields, by number,
// if that is to count.
func (p *Planner) Known(ctx context.Context, wanted map[string][]string) (map[string]map[string]string, error) {
	maps.DeleteFunc(wanted, func(_ string, fields []string) bool { return len(fields) == 0 })
	if p.Run.Identity.WriteOnly != plan.WriteOnlyKnown || len(wanted) == 0 {
		return nil, nil
	}
	known, lost, err := history.KnownFields(ctx, p.Run.In, p.Run.Stored, wanted)
	if err == nil && lost != "" {
		p.Emit(event.Noticed{Detail: lost})
	}
	return known, err
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

// Record commits that every row is decided. Of what was read for the plan,
// what its updates may have to be compared with later is kept.
func (d *Draft) Record(p *plan.Plan, waveOf map[int]int) error {
	made, err := runs.Milestone(store.Planned, p.MadeAt, p)
	if err != nil {
		return err
	}
	made.Waves = waveOf
	kept, err := d.kept(p)
	if err != nil || kept == nil {
		return errors.Join(err, d.planner.Log.Record(made))
	}
	return d.planner.Log.Record(kept, made)
}

// kept are the readings of the numbers that the plan changes, when those are
// few; nil: all are kept as they are.
func (d *Draft) kept(p *plan.Plan) (*store.Readings, error) {
	if d.read == nil || 2*p.Updates() > p.Reading.Found {
		return nil, nil
	}
	kept := &store.Readings{Anew: true}
	for row, err := range d.Sent() {
		if err != nil {
			return nil, err
		}
		if l, known := d.read.Get(row.Number); known {
			kept.Readings = append(kept.Readings, l)
		}
	}
	return kept, nil
}
