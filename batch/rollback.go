package batch

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
)

// RollbackOptions say what of a run is rolled back.
type RollbackOptions struct {
	// Where keeps the rows to which the run wrote these values; "" stands for a
	// field that it cleared. Optional: all rows.
	Where settings.Settings
	// Wave keeps the rows of this wave of the run; 0: of all.
	Wave int
	// Numbers keeps the rows of these numbers, each of which the run must have updated, or may have; nil: of all.
	Numbers map[string]struct{}
	// AllowClear allows to go back to no value.
	AllowClear bool
}

// Rollback is what takes a run back: the rows of another run.
type Rollback struct {
	// Origin is the run that is rolled back.
	Origin runs.Identity
	// Rows is how many of its rows can be rolled back, wholly or in part.
	Rows int
	// Skipped are the rows that cannot, or not wholly.
	Skipped []runs.Skipped

	input  bytes.Buffer
	beside map[string]string // its [plan.Plan.Routes]
}

// PlanRollback finds out what takes a run back, from the store alone: of the
// rows that it updated, or may have, the fields that it changed, back to the
// values that were read before; each only while the number has what the run
// wrote. Of the configuration counts whom it is for. The run must not be going
// on; that it was stopped or cut off is no hindrance. What cannot be rolled back
// at all is a [guard.RefusedError].
func PlanRollback(ctx context.Context, cfg Config, name string, o RollbackOptions) (*Rollback, error) {
	cfg.Access = cfg.complete()
	if err := cfg.invalidStore(); err != nil {
		return nil, err
	}
	run, lock, err := claim(ctx, cfg, name)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	if err := sentBy(ctx, cfg, run); err != nil {
		return nil, err
	}
	gap, err := run.In.LastGap(ctx, run.Stored.Account.ID)
	if err != nil {
		return nil, err
	}
	if err := run.Planned().Intact(run.Plan); err != nil {
		return nil, fmt.Errorf("run %s: its plan is not as it was made: %w", run.Identity.Name, err)
	}
	before, err := current.Before(ctx, cfg.Store, run.Stored.ID, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	b := &Rollback{Origin: run.Identity, beside: run.Plan.Routes}
	err = b.fill(ctx, run, before, run.Forgets(gap), o)
	return b, err
}

// fill writes the input, given what was read for the run's plan.
func (b *Rollback) fill(ctx context.Context, run *runs.Run, before *current.Readings, forgets bool, o RollbackOptions) error {
	wanted, err := o.wanted(ctx, run)
	if err != nil {
		return err
	}
	clears, named := guard.Clears{Allowed: o.AllowClear}, guard.NamedNumbers(o.Numbers)
	updated := named.Among(mayHaveUpdated(run, forgets))
	if err := input.WriteConditional(&b.input, b.rows(run, before, updated, wanted, &clears)); err != nil {
		return err
	}
	if err := named.Refused(run.Identity.Name); err != nil {
		return err
	}
	return clears.Refused()
}

// rows gives the rows that take a run back, and counts them.
func (b *Rollback) rows(run *runs.Run, before *current.Readings, updated, wanted func(plan.Row) bool, clears *guard.Clears) iter.Seq2[input.Row, error] {
	return func(yield func(input.Row, error) bool) {
		for p, err := range run.Planned().Where(updated) {
			var undone settings.Undone
			if err == nil {
				if !wanted(p) {
					continue
				}
				read, _ := before.Get(p.Number)
				undone = settings.Undo(p.Changes, read.State)
			}
			if err != nil {
				yield(input.Row{}, err)
				return
			}
			b.leave(p, undone)
			if undone.Back.IsZero() {
				continue
			}
			b.Rows++
			clears.Note(p, undone.Back)
			if !yield(input.Row{Number: p.Number, Settings: undone.Back, If: undone.Expected}, nil) {
				return
			}
		}
	}
}

// mayHaveUpdated returns which rows of the plan were updated, or may have been: also
// those that the store has forgotten.
func mayHaveUpdated(r *runs.Run, forgets bool) func(plan.Row) bool {
	return func(p plan.Row) bool {
		state, known := r.States[p.Line]
		return p.Sent() && (state.Status.MayBeWritten() || !known && forgets)
	}
}

// wanted returns which rows of a run are to be rolled back.
func (o RollbackOptions) wanted(ctx context.Context, run *runs.Run) (func(plan.Row) bool, error) {
	if o.Wave == 0 {
		return func(p plan.Row) bool { return wroteAll(p, o.Where) }, nil
	}
	waves, err := run.In.Store.WaveOf(ctx, run.Stored.ID)
	if err == nil && o.Wave > len(run.Plan.Waves) {
		err = guard.Refuse(fmt.Sprintf("run %s has no wave %d, it has %d", run.Identity.Name, o.Wave, len(run.Plan.Waves)))
	}
	return func(p plan.Row) bool { return waves[p.Line] == o.Wave && wroteAll(p, o.Where) }, err
}

// wroteAll reports whether a row wrote all these values.
func wroteAll(p plan.Row, where settings.Settings) bool {
	wrote := settings.FromChanges(p.Changes)
	for _, name := range where.Names() {
		field, _ := settings.Lookup(name) // the names are the table's
		wanted, _ := where.Get(name)
		if value, set := wrote.Get(name); !set || !field.Same(value, wanted) {
			return false
		}
	}
	return true
}

// leave notes what of a row is skipped.
func (b *Rollback) leave(p plan.Row, u settings.Undone) {
	var why []string
	if len(u.Unknown) > 0 {
		why = append(why, "what "+strings.Join(u.Unknown, " and ")+" was before is not known")
	}
	if len(u.Unclearable) > 0 {
		why = append(why, strings.Join(u.Unclearable, " and ")+" had no value, and the API cannot clear it")
	}
	if len(why) > 0 {
		b.Skipped = append(b.Skipped, runs.Skipped{Line: p.Line, Number: p.Number, Why: strings.Join(why, "; "), Partly: !u.Back.IsZero()})
	}
}

// Config returns the configuration of the run that rolls back: what is common to
// all runs is that of cfg.
func (b *Rollback) Config(cfg Config) Config {
	cfg.Source, cfg.SourceName = bytes.NewReader(b.input.Bytes()), "rollback of "+b.Origin.Name
	cfg.Input = input.Options{Format: input.CSV, Delimiter: ',', AllowClear: true, AsTold: true, AllowSharedICCID: b.Origin.Options.AllowSharedICCID}
	if cfg.Job = ""; b.Origin.Job != "" {
		cfg.Job = strings.TrimSuffix(b.Origin.Job, folder.RollbackSuffix) + folder.RollbackSuffix
	}
	cfg.RollbackOf, cfg.Skipped, cfg.beside = b.Origin.Name, b.Skipped, b.beside
	cfg.All, cfg.Fields, cfg.WriteOnly, cfg.SkipInvalid = false, nil, plan.WriteOnlyKnown, false
	cfg.IncludeFailed = false
	return cfg
}
