package report

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"path/filepath"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/rundir"
)

// Finish writes results.csv, summary.json, report.html and, if the run came to a
// plan, plan.csv into the run's folder and returns the summary. Each file is replaced
// wholly or not at all. A run that was refused because its input cannot be read
// has no rows. A rollback writes the report.html of its origin anew too. When only the writing fails, as on a full disk, the summary is
// returned beside the error. The context is not to be the one whose end stopped
// the run.
func Finish(ctx context.Context, run *batch.Run) (*batch.Summary, error) {
	summary, err := run.Summary()
	if err != nil {
		return nil, err
	}
	results := run.Results(ctx)
	switch err := count(results, summary); {
	case err != nil && refused(run, err):
		results = func(func(batch.Result, error) bool) {}
	case err != nil:
		return nil, err
	}
	return summary, errors.Join(
		writeResults(run, results),
		writePlan(run),
		run.Dir().WriteAtomic(rundir.SummaryFile, func(w io.Writer) error { return JSON(w, summary) }),
		run.Dir().WriteAtomic(rundir.HTMLFile, func(w io.Writer) error { return htmlOf(w, run, summary, results, nil) }),
		retellOrigin(ctx, run),
	)
}

// retellOrigin writes the report.html of the run that a rollback takes back anew,
// because it tells how far it was. An origin that is packed away by now is left so.
func retellOrigin(ctx context.Context, run *batch.Run) error {
	me := run.Identity
	if me.RollbackOf == "" || me.DryRun {
		return nil
	}
	origin, err := batch.Open(filepath.Join(filepath.Dir(run.Folder()), me.RollbackOf))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return errors.Join(retell(ctx, origin), retellOrigin(ctx, origin)) // of a rollback of a rollback, all
}

// retell writes a run's report.html anew, because something was done about the
// run since it ended.
func retell(ctx context.Context, run *batch.Run) error {
	summary, err := run.Summary()
	if err != nil {
		return err
	}
	if err := count(run.Results(ctx), summary); err != nil {
		return err
	}
	return run.Dir().WriteAtomic(rundir.HTMLFile, func(w io.Writer) error { return HTML(ctx, w, run, summary, nil) })
}

// writeResults writes results.csv.
func writeResults(run *batch.Run, results iter.Seq2[batch.Result, error]) error {
	return run.Dir().WriteAtomic(rundir.ResultsFile, func(w io.Writer) error { return CSV(w, results) })
}

// writePlan writes plan.csv, if there is a plan.
func writePlan(run *batch.Run) error {
	if run.Plan() == nil {
		return nil
	}
	return run.Dir().WriteAtomic(rundir.PlanCSVFile, func(w io.Writer) error { return PlanCSV(w, run.PlanRows()) })
}

// refused reports whether results are missing because the run's input never
// could be read, rather than because it cannot be read any more.
func refused(run *batch.Run, err error) bool {
	var unreadable *input.FileError
	return run.Stop.Reason == batch.RefusedInput && errors.As(err, &unreadable)
}

// count adds the results to the summary.
func count(results iter.Seq2[batch.Result, error], summary *batch.Summary) error {
	for r, err := range results {
		if err != nil {
			return err
		}
		summary.Add(r)
	}
	return nil
}

// JSON writes the summary as summary.json has it.
func JSON(w io.Writer, summary *batch.Summary) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(summary)
}
