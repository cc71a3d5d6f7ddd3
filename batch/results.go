package batch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/batch/settings"
)

// RowResult is a row of the input with what became of it.
type RowResult struct {
	Row    input.Row
	Result Result
}

// Results gives what became of every row of the input, in the input's order. It
// is derived from the plan and the journal alone, or where no plan was made from
// the input's copy, so that it can be had at any time, also while the run goes
// on or after a crash.
func (r *Run) Results(ctx context.Context) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		journal, err := os.Open(r.dir.File(rundir.JournalFile))
		if err != nil {
			yield(Result{}, fmt.Errorf("results: %w", err))
			return
		}
		defer journal.Close()
		for p, err := range r.decided(ctx) {
			var result Result
			if err == nil {
				result, err = r.result(p, journal)
			}
			if !yield(result, err) || err != nil {
				return
			}
		}
	}
}

// decided gives what each row would do. Where no plan was made, no row was
// decided but those that are invalid.
func (r *Run) decided(ctx context.Context) iter.Seq2[PlanRow, error] {
	if r.plan != nil {
		return planRows(r.dir)
	}
	return func(yield func(PlanRow, error) bool) {
		for row, err := range r.inputRows(ctx) {
			p := PlanRow{Row: row.Row, Line: row.Line, Number: row.Number, Status: NotAttempted, SameAs: row.SameAs}
			if row.Status == input.Invalid {
				p.Status, p.Error = Invalid, row.Error
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// inputRows gives the rows of the input's copy.
func (r *Run) inputRows(ctx context.Context) iter.Seq2[input.Row, error] {
	file, err := r.input(ctx)
	if err != nil {
		return func(yield func(input.Row, error) bool) { yield(input.Row{}, err) }
	}
	return file.Rows(ctx)
}

// Rows is [Run.Results] with the rows as the input has them.
func (r *Run) Rows(ctx context.Context) iter.Seq2[RowResult, error] {
	return func(yield func(RowResult, error) bool) {
		next, stop := iter.Pull2(r.Results(ctx))
		defer stop()
		for row, err := range r.inputRows(ctx) {
			result, resultErr, ok := next()
			if !ok || err == nil && resultErr == nil && result.Line != row.Line {
				err = errors.Join(err, fmt.Errorf("results: line %d of the input is not in the plan", row.Line))
			}
			err = errors.Join(err, resultErr)
			if !yield(RowResult{Row: row, Result: result}, err) || err != nil {
				return
			}
		}
	}
}

// Conditional reports whether some row of the input has preconditions.
func (r *Run) Conditional(ctx context.Context) (bool, error) {
	file, err := r.input(ctx)
	return err == nil && file.Conditional(), err
}

// input returns the checked input.
func (r *Run) input(ctx context.Context) (*input.File, error) {
	if r.file != nil {
		return r.file, nil
	}
	file, err := input.Check(ctx, r.dir.File(r.Identity.Input.File), r.Identity.Options, func(input.Problem) {})
	if err != nil {
		return nil, fmt.Errorf("results: %w", err)
	}
	r.file = file
	return file, nil
}

// result is what became of one row.
func (r *Run) result(p PlanRow, journal io.ReaderAt) (Result, error) {
	line := p.Line
	if p.SameAs != 0 {
		line = p.SameAs
	}
	result := Result{Row: p.Row, Line: p.Line, Number: p.Number, Status: p.Status, Changes: p.changesText(), Error: p.Error}
	state, known := r.rows[line]
	switch {
	case known && state.offset != noResult:
		return journalled(p, journal, state.offset)
	case known:
		result.Status = Unknown
		result.Error = "the update was about to be sent when the run ended; its answer is not known"
	case p.Status == Planned && (!r.Identity.DryRun || r.applied):
		result.Status = NotAttempted
	}
	return result, nil
}

// journalled is the result that the journal has for a row. An identical row
// that stands for it has the row's own place.
func journalled(p PlanRow, journal io.ReaderAt, offset int64) (Result, error) {
	body, err := rundir.RecordAt(journal, offset)
	if err != nil {
		return Result{}, err
	}
	var rec record
	if err := json.Unmarshal(body, &rec); err != nil || rec.Result == nil {
		return Result{}, fmt.Errorf("journal: record at byte %d is not a result: %w", offset, err)
	}
	if rec.Result.Number != p.Number || rec.Settings != settings.FromChanges(p.Changes).Hash() {
		return Result{}, fmt.Errorf("line %d: the journal's result is of other settings: the folder's plan was changed", p.Line)
	}
	result := *rec.Result
	result.Row, result.Line = p.Row, p.Line
	return result, nil
}
