// Package runs has the runs there are and were, as the store tells of them: what a
// [Run] is, the state of its rows and their results, and what other runs did to its
// numbers since.
//
// # Contexts and errors
//
// What takes a ctx reads the store, and ends with its cause when it does. What reads returns errors of the store as they
// are: one that matches [store.ErrNotFound] is a run that is not there, a [store.DamagedError] one whose records are not
// as they were written, an [ArchivedError] one that was packed away. A sequence gives an error as its last pair. What writes returns a
// [store.BrokenError], after which nothing can be recorded any more.
package runs

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
	"github.com/bulknum/bulknum/client"
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
	// Executions are those that worked on it.
	Executions store.Executions

	// Controls are what was asked of it while it went.
	Controls []event.Commanded
	// LateAnswers came to processes from which it had been taken over.
	LateAnswers []result.LateAnswer

	// Plan is what it would do, made at PlannedAt; nil: it did not come that far.
	// Applied tells that it began to be sent.
	Plan      *plan.Plan
	PlannedAt store.Sequence
	Applied   bool
	// UnchangedAsOf is the oldest reading by which rows are unchanged, and Moved are the
	// rows that are not so any more, by the newest execution of a plan of before.
	UnchangedAsOf time.Time
	Moved         map[int]Moved
	// WavesEnded are the waves that have ended, by their numbers, and Rate is the one
	// that somebody asked for last, or "".
	WavesEnded map[int]event.WaveEnded
	Rate       string
	owed       owed
	deadline   time.Time      // of the newest execution
	overhead   *plan.Overhead // of the newest execution; nil: not known

	// In is where the run is, and Stored how the store knows it.
	In     Folder
	Stored store.Run
	// States are how rows stand that were sent or concluded, by line.
	States map[int]RowState
	// File is the checked input, when someone has it.
	File *input.File
	// Limit is what was found of the API's limit; nil: nothing was refused.
	Limit *client.LearntLimit
	// Retention is what the newest execution did about older runs; nil: nothing.
	Retention *Retention
	// Foretold is what the guards measured of the plan when it was only made.
	Foretold []guard.Check
	// Remembered is what the process knew that carried it out when the store was lost; nil: it was not.
	Remembered *Remembered
	// Unread makes the run of what this process remembers that just executed it, when
	// the store cannot be read; nil: nothing was sent by it.
	Unread func(why error) *Run
}

// Err is the [result.Stop] by which the run ended early, as an error; nil: it came to its end. What became of its rows, Err
// does not tell: see [Run.Results].
func (r *Run) Err() error {
	if r.Stop.Early() {
		return r.Stop
	}
	return nil
}

// Remembered is what a process knows of a run that it carries out: how the rows stand, and the requests of this execution.
type Remembered struct {
	Counts   map[result.Status]int
	Requests Requests
}

// Lost tells that the store was lost while the run went on: what is known of it is
// what the process remembers.
func (r *Run) Lost() bool { return r.Remembered != nil }

// RowState is how a row stands that was sent or concluded: its newest result, or
// an open intent, which is [result.Unknown].
type RowState struct {
	Status result.Status
	Open   bool
}

// Retention is what the end of a run did about older ones of its job.
type Retention struct {
	// Keep is for how long they are kept.
	Keep string `json:"keep"`
	// Removed are the names of those that were removed, Kept is how many are as
	// old and still needed, and Left how many there was no time for.
	Removed []string `json:"removed,omitempty"`
	Kept    int      `json:"kept,omitempty"`
	Left    int      `json:"left,omitempty"`
	// StoreBytes is the size of the store after that.
	StoreBytes int64 `json:"storeBytes,omitempty"`
	// Trouble is what kept it from being done.
	Trouble string `json:"trouble,omitempty"`
}

// Load reads a run, and how its rows stand.
func (f Folder) Load(ctx context.Context, is store.Run) (*Run, error) {
	r, err := f.LoadSteps(ctx, is)
	if err != nil {
		return nil, err
	}
	r.States = map[int]RowState{}
	for outcome, err := range f.Store.Outcomes(ctx, is.ID) {
		if err != nil {
			return nil, fmt.Errorf("run %s: %w", is.Name, err)
		}
		r.States[outcome.Line] = RowState{Status: outcome.Status, Open: outcome.Open}
	}
	return r, nil
}

// LoadSteps is [Folder.Load] without how the rows stand: of many runs they would need much
// memory.
func (f Folder) LoadSteps(ctx context.Context, is store.Run) (*Run, error) {
	steps, err := f.Store.Milestones(ctx, is.ID)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", is.Name, err)
	}
	return f.Assemble(is, steps)
}

// Assemble makes a run of its steps, which somebody has read.
func (f Folder) Assemble(is store.Run, steps []store.Milestone) (*Run, error) {
	r, err := f.identify(is)
	if err != nil {
		return nil, err
	}
	r.WavesEnded = map[int]event.WaveEnded{}
	for _, m := range steps {
		if err := pass(r, m); err != nil {
			return nil, fmt.Errorf("run %s: %w", is.Name, err)
		}
	}
	return r, nil
}

// identify reads only what run it is.
func (f Folder) identify(is store.Run) (*Run, error) {
	r := &Run{In: f, Stored: is, StartedAt: is.StartedAt, Executions: store.Executions{{StartedAt: is.StartedAt}}}
	if err := json.Unmarshal(is.Identity, &r.Identity); err != nil {
		return nil, fmt.Errorf("run %s: what run it is cannot be read: %w", is.Name, err)
	}
	return r, nil
}

// Folder returns the path of the run's folder.
func (r *Run) Folder() string { return r.Dir().Path() }

// Dir returns the run's folder, for reports to be written to.
func (r *Run) Dir() *folder.Folder { return folder.At(r.In.Dir, r.Stored.Name) }

// PlanRows gives what each row would do, in the input's order. It is empty when
// the run did not come that far.
func (r *Run) PlanRows() iter.Seq2[plan.Row, error] {
	if r.Plan == nil {
		return func(func(plan.Row, error) bool) {}
	}
	return r.Planned().All()
}

// Planned is the plan's rows.
func (r *Run) Planned() plan.Rows { return plan.Rows{Store: r.In.Store, Run: r.Stored.ID} }

// pass takes in one milestone.
func pass(r *Run, m store.Milestone) (err error) {
	switch m.Kind {
	case store.Planned:
		if r.Plan == nil { // else rows were decided anew
			r.PlannedAt = m.Sequence
		}
		r.Plan = &plan.Plan{}
		err = json.Unmarshal(m.Doc, r.Plan)
	case store.Began:
		var b Began
		if err = json.Unmarshal(m.Doc, &b); err == nil {
			begun(r, b, m.At, m.Sequence)
		}
	case store.WaveEnded:
		var w event.WaveEnded
		if err = json.Unmarshal(m.Doc, &w); err == nil {
			r.WavesEnded[w.N] = w
		}
	case store.Commanded:
		var c event.Commanded
		if err = json.Unmarshal(m.Doc, &c); err == nil {
			r.Controls = append(r.Controls, c)
			if c.What == event.CommandRate {
				r.Rate = c.Detail
			}
		}
	case store.Ended:
		r.EndedAt = m.At
		r.Stop = result.Stop{}
		err = json.Unmarshal(m.Doc, &r.Stop)
		if !r.Stop.Early() {
			r.owed = owed{}
		}
		if r.Stop.Reason.Class() != result.Refused || !r.Applied { // else it sent nothing more
			r.Executions.Ended(m.At)
		}
	case store.SecondPass:
		r.owed.passes = append(r.owed.passes, span{from: m.Sequence})
	case store.Foretold:
		err = json.Unmarshal(m.Doc, &r.Foretold)
	case store.Learnt:
		r.Limit = &client.LearntLimit{}
		err = json.Unmarshal(m.Doc, r.Limit)
	case store.Retained:
		r.Retention = &Retention{}
		err = json.Unmarshal(m.Doc, r.Retention)
	case store.Late:
		err = answeredLate(r, m.Doc)
	}
	if err != nil {
		return fmt.Errorf("milestone %s: %w", m.Kind, err)
	}
	return nil
}

// answeredLate takes in an answer that came late.
func answeredLate(r *Run, doc []byte) error {
	var a result.LateAnswer
	if err := json.Unmarshal(doc, &a); err != nil {
		return err
	}
	r.LateAnswers = append(r.LateAnswers, a)
	return nil
}

// begun takes in that an execution begins to carry the plan out, at a moment.
func begun(r *Run, b Began, at time.Time, sequence store.Sequence) {
	r.Executions = r.Executions.Began(b.StartedAt, at)
	if r.Applied {
		r.Rate = "" // another execution begins at its own
	}
	r.Applied, r.deadline, r.overhead, r.Identity.Saved = true, b.Deadline, b.Overhead, b.Saved
	r.Identity.DryRun = false // its plan is carried out, whatever it was made for
	r.Identity.Workers = cmp.Or(b.Workers, r.Identity.Workers)
	if b.MaxFailures != nil {
		r.Identity.MaxFailures = *b.MaxFailures
	}
	r.owed.began(at, sequence, b.SecondPass > 0)
	r.UnchangedAsOf, r.Moved = b.UnchangedAsOf, b.Moved
	r.Identity.Rate = cmp.Or(b.Rate, r.Identity.Rate)
	r.Identity.Behalf = b.Behalf.or(r.Identity.Behalf)
	if r.Plan != nil {
		r.Plan.AddRoutes(b.Routes)
	}
	r.EndedAt, r.Stop, r.Retention = time.Time{}, result.Stop{}, nil // another execution goes on
}

// Facts are what guards look at besides the run's plan.
func (r *Run) Facts(ctx context.Context, at time.Time) (guard.Facts, error) {
	f := guard.Facts{
		At: at, All: r.Identity.All, Rollback: r.Identity.RollbackOf != "",
		Changing: r.Planned().Where(plan.Row.Sent),
	}
	if f.Rollback {
		return f, nil
	}
	before, err := r.In.Previous(ctx, r.Stored)
	if before != nil {
		f.Previous, f.PreviousRun, f.PreviousInput = before.Plan, before.Identity.Name, before.Identity.OwnSHA256()
	}
	if err != nil || before == nil || !unfinishedCutover(before) {
		return f, err
	}
	back, err := before.RolledBackBy(ctx)
	if len(back) == 0 {
		f.Cutover = before.Identity.Name
	}
	return f, err
}

// unfinishedCutover reports whether a run is a cutover that was left in the middle.
func unfinishedCutover(r *Run) bool {
	return r.Identity.IsCutover() && (r.EndedAt.IsZero() || r.Stop.Early())
}

// Checks measures the run's plan by the run's guards, as they were found when it
// was only made, else as far as the store tells: what only the API tells, such as the
// account's id, is measured when the plan is applied. It is empty when the run did not
// come to a plan.
func (r *Run) Checks(ctx context.Context) ([]guard.Check, error) {
	if r.Plan == nil || r.Foretold != nil && !r.Applied {
		return r.Foretold, nil
	}
	facts, err := r.Facts(ctx, r.Plan.MadeAt)
	if err != nil {
		return nil, err
	}
	return guard.Measure(r.Identity.Guards, r.Plan, facts)
}
