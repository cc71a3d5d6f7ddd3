package page

import (
	"errors"
	"iter"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/input"
)

// InputRefused reports whether results are missing because the run's input never
// could be read, rather than because it cannot be read any more.
func InputRefused(run *batch.Run, err error) bool {
	var unreadable *input.FileError
	return run.Stop.Reason == batch.RefusedInput && errors.As(err, &unreadable)
}

// Counted gives the results, and adds them to the summary.
func Counted(results iter.Seq2[batch.Result, error], summary *batch.Summary) iter.Seq2[batch.Result, error] {
	return func(yield func(batch.Result, error) bool) {
		for r, err := range results {
			if err == nil {
				summary.Add(r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// CountResults adds the results to the summary.
func CountResults(results iter.Seq2[batch.Result, error], summary *batch.Summary) error {
	for r, err := range results {
		if err != nil {
			return err
		}
		summary.Add(r)
	}
	return nil
}
