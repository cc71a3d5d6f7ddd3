package files

import (
	"context"
	"errors"
	"fmt"
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

// UnloadableError are rows that [AsInput] left out, because a file with them would not
// load: a rollback goes back to what the API told, which no file may ask for.
type UnloadableError struct {
	// Rows is how many there are, and First says what is wrong with the first of them.
	Rows  int
	First string
}

// Error counts them.
func (e *UnloadableError) Error() string {
	if e.Rows == 1 {
		return "1 row is left out, because no file can ask for it: " + e.First
	}
	return fmt.Sprintf("%d rows are left out, because no file can ask for them: first %s", e.Rows, e.First)
}

// AsInput writes the rows of a run's input whose results have one of the
// statuses, or of those of [ForAnotherRun] if no status is given, as a CSV file
// that loads again and asks for what the run was to write, on the same preconditions
// and in the same waves. Names of routes stand in it as in the input. Clearing a field again has to be allowed
// again. An [UnloadableError] comes after the file.
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
	var unloadable UnloadableError
	rows := loadable(inputRows(runs.RowsAsWritten(ctx, run), statuses), &unloadable)
	if err := input.WriteColumns(w, input.Columns{If: file.Conditional(), Wave: file.Waves().Said > 0}, rows); err != nil || unloadable.Rows == 0 {
		return err
	}
	return &unloadable
}

// inputRows gives the rows whose results have one of the statuses, if they set a field, and
// every error.
func inputRows(rows iter.Seq2[runs.RowResult, error], statuses []result.Status) iter.Seq2[input.Row, error] {
	return func(yield func(input.Row, error) bool) {
		for r, err := range rows {
			if err == nil && !slices.Contains(statuses, r.Result.Status) {
				continue
			}
			if err == nil && r.Row.Settings.IsZero() {
				continue // the run was to write nothing of it
			}
			if !yield(r.Row, err) {
				return
			}
		}
	}
}

// loadable gives the rows that load again, every error, and notes the others.
func loadable(rows iter.Seq2[input.Row, error], left *UnloadableError) iter.Seq2[input.Row, error] {
	return func(yield func(input.Row, error) bool) {
		for row, err := range rows {
			if err == nil {
				if flaw := row.Unloadable(); flaw != nil {
					if left.Rows++; left.Rows == 1 {
						left.First = fmt.Sprintf("%s: %s: %s: %s", result.Place(row.Line, row.Row), row.Number, flaw.Field, flaw.Message)
					}
					continue
				}
			}
			if !yield(row, err) {
				return
			}
		}
	}
}
