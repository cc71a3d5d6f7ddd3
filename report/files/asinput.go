package files

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// ErrInvalidAsInput is what [AsInput] says when it is asked for invalid rows: a
// cell that cannot be read would come back as a blank one, which means keep, so
// that a row corrected by hand would change less than was meant.
var ErrInvalidAsInput = errors.New("invalid rows cannot be given back as input: correct them in the original file")

// ForAnotherRun returns the statuses of rows that another run of the same
// settings may bring to an end.
func ForAnotherRun() []result.Status {
	return []result.Status{result.Failed, result.Unknown, result.Conflict, result.NotAttempted}
}

// AsInput writes the rows of a run's input whose results have one of the
// statuses, or of those of [ForAnotherRun] if no status is given, as a CSV file
// that loads again and asks for the same, on the same preconditions. Clearing a field again has to be
// allowed again.
func AsInput(ctx context.Context, run *runs.Run, w io.Writer, statuses []result.Status) error {
	if len(statuses) == 0 {
		statuses = ForAnotherRun()
	}
	if slices.Contains(statuses, result.Invalid) {
		return ErrInvalidAsInput
	}
	file, err := run.Input(ctx)
	if err != nil {
		return err
	}
	rows := inputRows(run.Rows(ctx), statuses)
	if file.Conditional() {
		return input.WriteConditional(w, rows)
	}
	return input.Write(w, rows)
}

// inputRows gives the rows whose results have one of the statuses, and every
// error.
func inputRows(rows iter.Seq2[runs.RowResult, error], statuses []result.Status) iter.Seq2[input.Row, error] {
	return func(yield func(input.Row, error) bool) {
		for r, err := range rows {
			if err == nil && !slices.Contains(statuses, r.Result.Status) {
				continue
			}
			if !yield(r.Row, err) {
				return
			}
		}
	}
}
