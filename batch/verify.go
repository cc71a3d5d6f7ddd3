package batch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Verification is what a run's numbers were found to be, in figures.
type Verification struct {
	// Run is the run whose numbers were read again.
	Run *runs.Run
	// At is when that was.
	At time.Time
	// Reading is how they were read.
	Reading plan.Reading
	// Rows is how many rows were to be in sync, Counts how many of them were
	// found in each state.
	Rows   int
	Counts map[result.VerifyStatus]int
	// NotShown is of how many rows the API does not show each field that was asked for.
	NotShown map[string]int
	// RolledBack is what rollbacks rolled back of the run; nil: nothing, as far as
	// is known.
	RolledBack *runs.RolledBack
}

// Verify reads the numbers of a run again, those of every row that it says is
// in sync or may be, and compares them with all that the rows ask for. What it
// finds is recorded, see [runs.Run.Verified]; what became of the rows stays as it is. Of the configuration counts what says how to reach the API, how fast, and
// how to read. A verification that ended early keeps what it has found, and
// returns it beside the [result.Stop]; a run that cannot be verified is a
// [guard.RefusedError].
func Verify(ctx context.Context, cfg Config, name string) (*Verification, error) {
	cfg.Access = cfg.complete()
	if err := cfg.invalidReading(); err != nil {
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
	e := newExecution(cfg, run, lock)
	e.requests.Log = nil
	ctx, stopped := e.watch(ctx)
	defer stopped()
	e.Emit(event.Began{At: time.Now(), Folder: run.Folder(), Run: run.Identity.Told(), Verifies: true})
	var v *Verification
	if err = cfg.awaitAsked(ctx, run.Stored.Account, e.Emit); err == nil {
		v, err = e.verify(ctx, run)
	}
	if v != nil {
		e.Emit(event.NumbersVerified{Rows: v.Rows, Counts: v.Counts})
	}
	stop, early := errors.AsType[result.Stop](err)
	if err != nil && !early {
		stop = result.StopFor(result.StoppedByError, err)
	}
	e.Emit(event.Ended{At: time.Now(), Stop: stop})
	return v, err
}

// sentBy refuses a run that sent nothing, or nothing to this account and
// address.
func sentBy(ctx context.Context, cfg Config, r *runs.Run) error {
	what, err := cfg.unusable(ctx, r)
	if err != nil {
		return err
	}
	if what == "" && !r.Applied {
		what = "has sent nothing"
	}
	if what == "" {
		return nil
	}
	return guard.Refuse(fmt.Sprintf("run %s %s", r.Identity.Name, what))
}

// verify reads the numbers and compares them.
func (e *execution) verify(ctx context.Context, run *runs.Run) (*Verification, error) {
	v := &Verification{Run: run, At: time.Now(), Counts: map[result.VerifyStatus]int{}, NotShown: map[string]int{}}
	var err error
	if v.RolledBack, err = run.RolledBack(ctx); err != nil {
		return nil, err
	}
	if _, err = recallOwn(ctx, e, v.At.Add(-e.cfg.ReadLag)); err != nil {
		return nil, err
	}
	numbers, wanted := map[string]struct{}{}, map[string]settings.Settings{}
	for row, err := range toBeInSync(ctx, run) {
		if err != nil {
			return nil, err
		}
		v.Rows++
		numbers[row.Result.Number] = struct{}{}
		wanted[row.Result.Number] = settings.FromChanges(asked(run, row.Row).Changes)
	}
	now := current.NewReadings(store.ForSending, nil)
	reader := e.numbers()
	reader.Expected = func(number string, is settings.State) bool { return len(settings.Drift(wanted[number], is)) == 0 }
	var failed error
	if v.Reading, failed = reader.Read(ctx, now, numbers); failed == nil {
		failed = context.Cause(ctx)
	}
	err = v.compare(context.WithoutCancel(ctx), now, e.log.Record) // what was read is kept
	return v, errors.Join(failed, err)
}

// toBeInSync gives the rows that a run says are in sync, or may be.
func toBeInSync(ctx context.Context, r *runs.Run) iter.Seq2[runs.RowResult, error] {
	return func(yield func(runs.RowResult, error) bool) {
		for row, err := range r.Rows(ctx) {
			if err == nil && !row.Result.Status.MayBeInSync() {
				continue
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// compare records what each number is that was read.
func (v *Verification) compare(ctx context.Context, now *current.Readings, record func(...store.Record) error) error {
	w := runs.VerifiedWriter{Record: record}
	for row, err := range toBeInSync(ctx, v.Run) {
		if err != nil {
			return err
		}
		read, known := now.Get(row.Result.Number)
		if !known {
			continue
		}
		found := runs.VerifyRow(asked(v.Run, row.Row), read)
		v.Counts[found.Status]++
		for _, field := range found.NotShown {
			v.NotShown[field]++
		}
		if err := w.Add(found); err != nil {
			return err
		}
	}
	return w.Flush()
}

// asked is a row with all that it asks for, also what was so already.
func asked(r *runs.Run, row input.Row) plan.Row {
	return plan.Row{Row: row.Row, Line: row.Line, Number: row.Number, Changes: settings.Everything(r.Identity.Allowed(row.Settings))}
}
