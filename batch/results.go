package batch

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/rundir"
)

// RowResult is a row of the input with what became of it.
type RowResult struct {
	Row    input.Row
	Result Result
}

// Rows gives every row of the input with what became of it, in the input's
// order. It is derived from the input's copy and the journal alone, so that it
// can be had at any time, also while the run goes on or after a crash.
func (r *Run) Rows(ctx context.Context) iter.Seq2[RowResult, error] {
	return func(yield func(RowResult, error) bool) {
		if err := r.eachRow(ctx, yield); err != nil {
			yield(RowResult{}, err)
		}
	}
}

// Results is [Run.Rows] without the rows.
func (r *Run) Results(ctx context.Context) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		for row, err := range r.Rows(ctx) {
			if !yield(row.Result, err) {
				return
			}
		}
	}
}

// eachRow calls yield until it has had enough.
func (r *Run) eachRow(ctx context.Context, yield func(RowResult, error) bool) error {
	file, err := r.input(ctx)
	if err != nil {
		return err
	}
	journal, err := os.Open(r.dir.File(rundir.JournalFile))
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	defer journal.Close()
	for row, err := range file.Rows(ctx) {
		if err != nil {
			return err
		}
		result, err := r.result(row, journal)
		if err != nil {
			return err
		}
		if !yield(RowResult{Row: row, Result: result}, nil) {
			return nil
		}
	}
	return nil
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
func (r *Run) result(row input.Row, journal io.ReaderAt) (Result, error) {
	line := row.Line
	result := Result{Row: row.Row, Line: row.Line, Number: row.Number, Status: NotAttempted}
	switch row.Status {
	case input.Invalid:
		result.Status, result.Error = Invalid, row.Error
		return result, nil
	case input.Duplicate:
		line = row.SameAs
	}
	offset, known := r.rows[line]
	switch {
	case !known:
		return result, nil
	case offset == inDoubt:
		result.Status = Unknown
		result.Error = "the update was about to be sent when the run ended; its answer is not known"
		result.Changes = row.Settings.String()
		return result, nil
	}
	return journalled(row, journal, offset)
}

// journalled is the result that the journal has for a row. An identical row
// that stands for it has the row's own place.
func journalled(row input.Row, journal io.ReaderAt, offset int64) (Result, error) {
	body, err := rundir.RecordAt(journal, offset)
	if err != nil {
		return Result{}, err
	}
	var rec record
	if err := json.Unmarshal(body, &rec); err != nil || rec.Result == nil {
		return Result{}, fmt.Errorf("journal: record at byte %d is not a result: %w", offset, err)
	}
	if rec.Result.Number != row.Number || rec.Settings != row.Settings.Hash() {
		return Result{}, fmt.Errorf("line %d: the journal's result is of other settings: the folder's copy of the input was changed", row.Line)
	}
	result := *rec.Result
	result.Row, result.Line = row.Row, row.Line
	return result, nil
}
