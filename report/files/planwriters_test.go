package files_test

import (
	"errors"
	"io"
	"iter"
	"testing"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/text"
)

func failingPlan(yield func(plan.Row, error) bool) {
	if yield(reporttest.NightlyRows()[0], nil) {
		yield(plan.Row{}, errRows)
	}
}

func TestAnErrorAmongThePlannedRowsIsTold(t *testing.T) {
	for name, err := range map[string]error{
		"text, rows":   text.Plan(io.Discard, &runs.Summary{Run: reporttest.PlanRun(), Folder: ""}, reporttest.NightlyPlan(), failingPlan, false),
		"json, rows":   files.PlanJSON(io.Discard, &runs.Summary{Run: reporttest.PlanRun(), Folder: ""}, reporttest.NightlyPlan(), nil, failingPlan),
		"csv, rows":    files.PlanCSV(io.Discard, failingPlan),
		"text, writer": text.Plan(full{}, &runs.Summary{Run: reporttest.PlanRun(), Folder: ""}, reporttest.NightlyPlan(), reporttest.Planned(), false),
		"list, writer": text.Plan(full{}, &runs.Summary{Run: reporttest.PlanRun(), Folder: ""}, reporttest.NightlyPlan(), reporttest.Planned(reporttest.NightlyRows()...), false),
		"json, writer": files.PlanJSON(full{}, &runs.Summary{Run: reporttest.PlanRun(), Folder: ""}, reporttest.NightlyPlan(), nil, reporttest.Planned()),
		"csv, writer":  files.PlanCSV(full{}, reporttest.Planned()),
		"shapes":       text.Shapes(full{}, reporttest.NightlyPlan()),
	} {
		if !errors.Is(err, errRows) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// planWriters are the ways to write a plan wholly.
func planWriters() map[string]func(io.Writer, iter.Seq2[plan.Row, error]) error {
	return map[string]func(io.Writer, iter.Seq2[plan.Row, error]) error{
		"text": func(w io.Writer, rows iter.Seq2[plan.Row, error]) error {
			return text.Plan(w, &runs.Summary{Run: reporttest.PlanRun(), Folder: reporttest.PlanFolder}, reporttest.NightlyPlan(), rows, true)
		},
		"json": func(w io.Writer, rows iter.Seq2[plan.Row, error]) error {
			return files.PlanJSON(w, &runs.Summary{Run: reporttest.PlanRun(), Folder: reporttest.PlanFolder}, reporttest.NightlyPlan(), nil, rows)
		},
		"csv": files.PlanCSV,
	}
}

// written counts bytes.
type written int

func (w *written) Write(p []byte) (int, error) {
	*w += written(len(p))
	return len(p), nil
}

// What has been read is written soon after, however many rows follow.
func TestPlansStream(t *testing.T) {
	for name, write := range planWriters() {
		var out written
		rows := func(yield func(plan.Row, error) bool) {
			for r, err := range reporttest.ManyRows(5_000) {
				if r.Row > 1_024 && int(out) < (r.Row-1_024)*30 {
					t.Fatalf("%s: at row %d only %d bytes are written", name, r.Row, out)
				}
				if !yield(r, err) {
					return
				}
			}
		}
		if err := write(&out, rows); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// BenchmarkPlan writes plans of 100,000 rows.
func BenchmarkPlan(b *testing.B) {
	for name, write := range planWriters() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := write(io.Discard, reporttest.ManyRows(100_000)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
