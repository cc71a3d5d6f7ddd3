package batch

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// Run is a run as the store tells of it: finished, stopped, crashed, or still
// going on.
type Run struct {
	Identity Identity
	// StartedAt is when the run began; EndedAt when it ended, zero when it has
	// not, or crashed.
	StartedAt, EndedAt time.Time
	// Stop is why it ended early.
	Stop result.Stop

	// Controls are what was asked of it while it went.
	Controls []event.Commanded

	// plan is what it would do, once that was decided; applied is whether it
	// began to be sent.
	plan      *plan.Plan
	decidedAt store.Sequence // when the plan was made
	applied   bool
	// waves are those that have ended, by their numbers; deadline is that of the
	// newest execution, and pace the one that somebody asked it for last, or "".
	waves    map[int]event.WaveEnded
	deadline time.Time
	pace     string

	// doubted tells that what it sent may not be recorded.
	doubted bool

	in   RunsFolder
	is   store.Run
	rows map[int]rowState // by line
	file *input.File      // the checked input, when someone has it
	// retained is what the execution that has just ended did about older runs.
	retained *Retention
	// remembered is how the rows stood when the store was lost; nil: it was not.
	remembered map[result.Status]int
	// unread makes the run of what the process remembers; nil: it did not run it.
	unread func(error) *Run
}

// Unread is the run as the process remembers it that just executed it, because the
// store cannot be read. It is nil when nothing was sent.
func (r *Run) Unread(why error) *Run {
	if r.unread == nil {
		return nil
	}
	return r.unread(why)
}

// Lost tells that the store was lost while the run went on: what is known of it is
// what the process remembers.
func (r *Run) Lost() bool { return r.remembered != nil }

// rowState is how a row stands that was sent or concluded: its newest result, or
// an open intent, which is [result.Unknown].
type rowState struct {
	status result.Status
	open   bool
}

// open reads all that the store has of a run but its rows' results.
func (f RunsFolder) open(ctx context.Context, is store.Run) (*Run, error) {
	r, err := f.glance(ctx, is)
	if err != nil {
		return nil, err
	}
	r.rows = map[int]rowState{}
	for outcome, err := range f.Store.Outcomes(ctx, is.ID) {
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", is.Name, err)
		}
		r.rows[outcome.Line] = rowState{status: outcome.Status, open: outcome.Open}
	}
	return r, nil
}

// glance is open without how the rows stand: of many runs they would need much
// memory.
func (f RunsFolder) glance(ctx context.Context, is store.Run) (*Run, error) {
	r, err := f.identify(is)
	if err != nil {
		return nil, err
	}
	r.waves = map[int]event.WaveEnded{}
	milestones, err := f.Store.Milestones(ctx, is.ID)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", is.Name, err)
	}
	for _, m := range milestones {
		if err := r.pass(m); err != nil {
			return nil, fmt.Errorf("run %s: %w", is.Name, err)
		}
	}
	return r, nil
}

// identify reads only what run it is.
func (f RunsFolder) identify(is store.Run) (*Run, error) {
	r := &Run{in: f, is: is, StartedAt: is.StartedAt}
	if err := json.Unmarshal(is.Identity, &r.Identity); err != nil {
		return nil, fmt.Errorf("run %s: what run it is cannot be read: %w", is.Name, err)
	}
	return r, nil
}

// again is the run as it is now.
func (r *Run) again(ctx context.Context) (*Run, error) { return r.in.Open(ctx, r.is.Name) }

// claim opens a run for this process alone. It ends with the lock's Release.
func claim(ctx context.Context, cfg Config, name string) (*Run, store.Lock, error) {
	is, err := cfg.Store.Run(ctx, name)
	if err != nil {
		return nil, nil, fmt.Errorf("run %s: %w", name, err)
	}
	lock, err := cfg.take(ctx, is)
	if err != nil {
		return nil, nil, err
	}
	run, err := cfg.runs().Open(ctx, name)
	if err != nil {
		lock.Release()
		return nil, nil, err
	}
	return run, lock, nil
}

// Folder returns the path of the run's folder.
func (r *Run) Folder() string { return r.Dir().Path() }

// Dir returns the run's folder, for reports to be written to.
func (r *Run) Dir() *folder.Folder { return folder.At(r.in.Dir, r.is.Name) }

// In returns where the run is.
func (r *Run) In() RunsFolder { return r.in }

// Plan returns what the run would do in figures, or nil when it did not come
// that far.
func (r *Run) Plan() *plan.Plan { return r.plan }

// PlanRows gives what each row would do, in the input's order. It is empty when
// the run did not come that far.
func (r *Run) PlanRows() iter.Seq2[plan.Row, error] {
	if r.plan == nil {
		return func(func(plan.Row, error) bool) {}
	}
	return r.planned().All()
}

// planned is the plan's rows.
func (r *Run) planned() plan.Rows { return plan.Rows{Store: r.in.Store, Run: r.is.ID} }

// pass takes in one milestone.
func (r *Run) pass(m store.Milestone) (err error) {
	switch m.Kind {
	case store.Planned:
		r.plan, r.decidedAt = &plan.Plan{}, m.Sequence
		err = json.Unmarshal(m.Doc, r.plan)
	case store.Began:
		var b began
		if err = json.Unmarshal(m.Doc, &b); err == nil {
			r.begun(b)
		}
	case store.WaveEnded:
		var w event.WaveEnded
		if err = json.Unmarshal(m.Doc, &w); err == nil {
			r.waves[w.N] = w
		}
	case store.Commanded:
		var c event.Commanded
		if err = json.Unmarshal(m.Doc, &c); err == nil {
			r.Controls = append(r.Controls, c)
			if c.What == event.CommandRate {
				r.pace = c.Detail
			}
		}
	case store.Ended:
		r.EndedAt = m.At
		r.Stop = result.Stop{}
		err = json.Unmarshal(m.Doc, &r.Stop)
	}
	if err != nil {
		return fmt.Errorf("milestone %s: %w", m.Kind, err)
	}
	return nil
}

// begun takes in that an execution begins to carry the plan out.
func (r *Run) begun(b began) {
	if r.applied {
		r.pace = "" // another execution begins at its own
	}
	r.applied, r.deadline, r.Identity.Cautions, r.Identity.Manner = true, b.Deadline, b.Cautions, b.Manner
	r.Identity.Rate = cmp.Or(b.Rate, r.Identity.Rate)
	r.Identity.Behalf = b.Behalf.or(r.Identity.Behalf)
	if r.plan != nil {
		r.plan.AddRoutes(b.Routes)
	}
	r.EndedAt, r.Stop = time.Time{}, result.Stop{} // another execution goes on
}

// has reports whether a row has a status.
func (r *Run) has(status result.Status) bool {
	for _, state := range r.rows {
		if state.status == status {
			return true
		}
	}
	return false
}

// previousOf is the newest run of the same job and account that was entered before
// a run, and got as far as a plan and sent it; nil: there is none.
func (f RunsFolder) previousOf(ctx context.Context, of store.Run) (*Run, error) {
	runs, err := f.Store.Runs(ctx, store.RunFilter{Account: of.Account.ID, Job: of.Job, Except: of.ID})
	if err != nil {
		return nil, err
	}
	for _, is := range runs {
		if is.Sequence > of.Sequence {
			continue
		}
		run, err := f.glance(ctx, is)
		if err != nil {
			return nil, err
		}
		if run.canBePrevious() {
			return run, nil
		}
	}
	return nil, nil
}

// canBePrevious reports whether a run is one that guards compare the job's next one
// with.
func (r *Run) canBePrevious() bool { return r.plan != nil && r.applied }

// digests are those of all changes of a run's plan, and of its preconditions.
func (r *Run) digests() (map[string]struct{}, error) {
	found := map[string]struct{}{}
	for p, err := range r.planned().All() {
		if err != nil {
			return nil, err
		}
		for _, d := range p.Digests() {
			found[d] = struct{}{}
		}
	}
	return found, nil
}

// facts are what guards look at besides the run's plan.
func (r *Run) facts(ctx context.Context, at time.Time) (guard.Facts, error) {
	f := guard.Facts{
		At: at, All: r.Identity.All, Rollback: r.Identity.RollbackOf != "",
		Changing: r.planned().Where(plan.Row.Sent),
	}
	if f.Rollback {
		return f, nil
	}
	before, err := r.in.previousOf(ctx, r.is)
	if before != nil {
		f.Previous, f.PreviousRun, f.PreviousInput = before.plan, before.Identity.Name, before.Identity.Input.SHA256
	}
	return f, err
}

// Checks measures the run's plan by the run's guards, as far as the store tells; it
// is empty when the run did not come to a plan. What only the API tells, such as the
// account's id, is measured when the plan is applied.
func (r *Run) Checks(ctx context.Context) ([]guard.Check, error) {
	if r.plan == nil {
		return nil, nil
	}
	facts, err := r.facts(ctx, r.plan.MadeAt)
	if err != nil {
		return nil, err
	}
	return guard.Measure(r.Identity.Guards, r.plan, facts)
}
