package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// Verification is what a run's numbers were found to be, in figures.
type Verification struct {
	// Run is the run whose numbers were read again.
	Run *Run
	// At is when that was.
	At time.Time
	// Reading is how they were read.
	Reading plan.Reading
	// Rows is how many rows were to be as asked, Counts how many of them were
	// found in each state.
	Rows   int
	Counts map[result.VerifyStatus]int
	// RolledBack is what rollbacks took back of the run; nil: nothing, as far as
	// is known.
	RolledBack *RolledBack
}

// VerifiedRow is a row of a run with what its number was found to be.
type VerifiedRow struct {
	// Row counts the records of the input from 1.
	Row int `json:"row"`
	// Result is what the run says of the row.
	Result result.Status `json:"result"`
	Verified
}

// Verify reads the numbers of a run again, those of every row that it says is
// as asked or may be, and compares them with all that the rows ask for. What it
// finds is recorded, see [Run.Verified]; what became of the rows stays as it is. Of the configuration counts what says how to reach the API, how fast, and
// how to read. A verification that ended early keeps what it has found, and
// returns it beside the [result.Stop]; a run that cannot be verified is a
// [guard.RefusedError].
func Verify(ctx context.Context, cfg Config, name string) (*Verification, error) {
	run, lock, err := claim(ctx, cfg, name)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	if err := run.sentBy(ctx, cfg); err != nil {
		return nil, err
	}
	e := newEngine(cfg)
	e.is, e.me, e.lock = run.is, &run.Identity, lock
	ctx, stopped := e.obey(ctx)
	defer stopped()
	e.reader = cfg.Reader.With(client.Trace{
		Done:    func(a client.Attempt) { e.emit(event.Attempted{Attempt: a}) },
		Waiting: func(w client.Wait) { e.emit(event.Waiting{Wait: w}) },
	})
	e.emit(event.Began{At: time.Now(), Folder: run.Folder(), Run: run.Identity.Told(), Verifies: true})
	v, err := e.verify(ctx, run)
	if v != nil {
		e.emit(event.NumbersVerified{Rows: v.Rows, Counts: v.Counts})
	}
	stop, early := errors.AsType[result.Stop](err)
	if err != nil && !early {
		stop = result.StopFor(result.StoppedByError, err)
	}
	e.emit(event.Ended{At: time.Now(), Stop: stop})
	return v, err
}

// sentBy refuses a run that sent nothing, or nothing to this account and
// address.
func (r *Run) sentBy(ctx context.Context, cfg Config) error {
	what, err := cfg.unusable(ctx, r)
	if err != nil {
		return err
	}
	if what == "" && !r.applied {
		what = "has sent nothing"
	}
	if what == "" {
		return nil
	}
	return guard.Refuse(fmt.Sprintf("run %s %s", r.Identity.Name, what))
}

// verify reads the numbers and compares them.
func (e *engine) verify(ctx context.Context, run *Run) (*Verification, error) {
	v := &Verification{Run: run, At: time.Now(), Counts: map[result.VerifyStatus]int{}}
	var err error
	if v.RolledBack, err = run.rolledBack(ctx); err != nil {
		return nil, err
	}
	numbers := map[string]struct{}{}
	for row, err := range run.toBeAsAsked(ctx) {
		if err != nil {
			return nil, err
		}
		v.Rows++
		numbers[row.Result.Number] = struct{}{}
	}
	now := newStates(store.ForSending, nil)
	var failed error
	if v.Reading, failed = e.read(ctx, now, numbers); failed == nil {
		failed = context.Cause(ctx)
	}
	err = v.compare(context.WithoutCancel(ctx), now, e.record) // what was read is kept
	return v, errors.Join(failed, err)
}

// toBeAsAsked gives the rows that a run says are as asked, or may be.
func (r *Run) toBeAsAsked(ctx context.Context) iter.Seq2[RowResult, error] {
	return func(yield func(RowResult, error) bool) {
		for row, err := range r.Rows(ctx) {
			if err == nil && !row.Result.Status.MayBeAsAsked() {
				continue
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// compare records what each number is that was read.
func (v *Verification) compare(ctx context.Context, now *states, record func(...store.Record) error) error {
	w := verifiedWriter{record: record}
	for row, err := range v.Run.toBeAsAsked(ctx) {
		if err != nil {
			return err
		}
		read, known := now.get(row.Result.Number)
		if !known {
			continue
		}
		found := verified(v.Run.asked(row.Row), read)
		v.Counts[found.Status]++
		if err := w.add(found); err != nil {
			return err
		}
	}
	return w.flush()
}

// asked is a row with all that it asks for, also what was so already.
func (r *Run) asked(row input.Row) plan.Row {
	want := row.Settings
	if len(r.Identity.Fields) > 0 {
		want = want.Only(r.Identity.Fields)
	}
	return plan.Row{Row: row.Row, Line: row.Line, Number: row.Number, Changes: settings.Everything(want)}
}

// Verified gives the rows of a run whose numbers were read after they were
// sent, in the input's order, each with what its number was found to be last.
func (r *Run) Verified(ctx context.Context) iter.Seq2[VerifiedRow, error] {
	return func(yield func(VerifiedRow, error) bool) {
		last, err := r.LastVerified()
		if err != nil {
			yield(VerifiedRow{}, err)
			return
		}
		for outcome, err := range r.Results(ctx) {
			v, known := last[outcome.Line]
			if (known || err != nil) && !yield(VerifiedRow{outcome.Row, outcome.Status, v}, err) || err != nil {
				return
			}
		}
	}
}

// LastVerified returns what the numbers of rows were found to be last, by line.
func (r *Run) LastVerified() (map[int]Verified, error) {
	last := map[int]Verified{}
	if r.Lost() {
		return last, nil
	}
	for v, err := range r.in.Store.Verified(context.Background(), r.is.ID) {
		if err != nil {
			return nil, err
		}
		var found Verified
		if err := json.Unmarshal(v.Doc, &found); err != nil {
			return nil, err
		}
		last[v.Line] = found
	}
	return last, nil
}
