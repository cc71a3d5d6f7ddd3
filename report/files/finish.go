// Package files has the reports for programs and spreadsheets: each format that a report's rows can be had in (CSV, JSON,
// JSON lines), and the files of a run's folder.
//
// [Finish] makes those of the folder: results.csv, report.html, summary.json and
// plan.csv. It is called when a run ends, however it ends, and can be called again
// at any time: everything in a report is derived from what the run recorded in the
// store, never from another report.
package files

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/report/page"
)

// Finish writes results.csv, summary.json, report.html and, if the run came to a
// plan, plan.csv into the run's folder and returns the summary; verify.csv too, if
// numbers were read again, and the input, if somebody has removed it. Each file is replaced wholly or not at all, and none
// is written over a newer one: while an execution has the run, its end writes
// them. A run that was refused because its input cannot be read has no rows. A
// rollback writes the report.html of its origin anew too. When only the writing
// fails, as on a full disk, the summary is returned beside the error. The context
// is not to be the one whose end stopped the run.
func Finish(ctx context.Context, run *runs.Run) (*runs.Summary, error) {
	if run.Lost() {
		return run.Summary(ctx)
	}
	now, done, ours, unheld := run.Hold(ctx)
	if unheld != nil {
		now, done = run, func() {}
	}
	defer done()
	summary, err := now.Summary(ctx)
	if err != nil {
		return nil, err
	}
	report, err := page.NewReport(now)
	if err != nil {
		return nil, err
	}
	rows := runs.PlannedResults(ctx, now)
	results := report.Adding(rows)
	var unwritten error
	if ours {
		unwritten = errors.Join(now.Dir().Ensure(), writeRows(now, summary.Counting(results)))
	}
	if !ours || unwritten != nil {
		summary.Rows, summary.Permanent, summary.Counts, summary.Failures = 0, 0, map[result.Status]int{}, nil
		switch err := summary.Count(runs.ResultsOf(results)); {
		case err != nil && now.InputRefused(err):
			rows = func(func(runs.PlannedResult, error) bool) {}
		case err != nil:
			return nil, err
		}
	}
	if !ours {
		return summary, unheld
	}
	if now.InputRefused(unwritten) {
		unwritten = writeRows(now, report.Adding(rows))
	}
	_, unkept := now.InputPath(ctx)
	return summary, errors.Join(
		unwritten,
		unkept,
		writeVerified(ctx, now),
		now.Dir().WriteAtomic(folder.SummaryFile, func(w io.Writer) error { return JSON(w, summary) }),
		now.Dir().WriteAtomic(folder.HTMLFile, func(w io.Writer) error { return report.Write(w, summary, rows, nil) }),
		retellOrigin(ctx, now),
	)
}

// retellOrigin writes the report.html of the run that a rollback rolls back anew,
// because it tells how far it was. An origin that is packed away by now is left so.
func retellOrigin(ctx context.Context, run *runs.Run) error {
	me := run.Identity
	if me.RollbackOf == "" || me.DryRun {
		return nil
	}
	origin, err := run.In.Open(ctx, me.RollbackOf)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return errors.Join(retell(ctx, origin), retellOrigin(ctx, origin)) // of a rollback of a rollback, all
}

// retell writes a run's report.html anew, because something was done about the
// run since it ended.
func retell(ctx context.Context, run *runs.Run) error {
	now, done, ours, err := run.Hold(ctx)
	if err != nil || !ours {
		return err
	}
	defer done()
	summary, err := now.Summary(ctx)
	if err != nil {
		return err
	}
	if err := summary.Count(now.Results(ctx)); err != nil {
		return err
	}
	return errors.Join(now.Dir().Ensure(),
		now.Dir().WriteAtomic(folder.HTMLFile, func(w io.Writer) error { return page.Write(ctx, w, now, summary, nil, nil) }))
}

// writeRows writes results.csv and, if there is a plan, plan.csv, in one pass over the rows.
func writeRows(run *runs.Run, rows iter.Seq2[runs.PlannedResult, error]) error {
	writeResults := func(rows iter.Seq2[runs.PlannedResult, error]) error {
		return run.Dir().WriteAtomic(folder.ResultsFile, func(w io.Writer) error { return CSV(w, runs.ResultsOf(rows)) })
	}
	if run.Plan == nil {
		return writeResults(rows)
	}
	var unwritten error // of results.csv, which says its own name
	unplanned := run.Dir().WriteAtomic(folder.PlanCSVFile, func(w io.Writer) error {
		out := newCSV(w, planColumns)
		unwritten = writeResults(planning(out, rows))
		return cmp.Or(unwritten, out.end())
	})
	return cmp.Or(unwritten, unplanned)
}

// planning gives the rows, and writes the plan's lines of each.
func planning(out *csvWriter, rows iter.Seq2[runs.PlannedResult, error]) iter.Seq2[runs.PlannedResult, error] {
	return func(yield func(runs.PlannedResult, error) bool) {
		for r, err := range rows {
			if err == nil {
				planLines(r.Row, out.line)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// JSON writes the summary as summary.json has it.
func JSON(w io.Writer, summary *runs.Summary) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(summary)
}
