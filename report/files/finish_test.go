package files_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"iter"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/text"
)

// header is the one that design and documentation name.
const header = "Row,Line,Number,Status,UpdateOrderId,UpdateOrderStatus,UpdateOrderDate,HTTPStatus,Attempts,Changes,Error,StartedAt,DurationMs"

func TestFinishHasALineForEveryRow(t *testing.T) {
	reporttest.Mixed(t, func(ctx context.Context, run *runs.Run) {
		summary, err := files.Finish(ctx, run)
		if err != nil {
			t.Fatal(err)
		}
		reporttest.Diff(t, summary.Counts, map[result.Status]int{result.Updated: 1, result.Failed: 2, result.Pending: 1, result.Invalid: 1})
		lines := strings.Split(strings.TrimSpace(reporttest.Read(t, run, folder.ResultsFile)), "\n")
		reporttest.Diff(t, lines[0], header)
		if len(lines) != 6 {
			t.Errorf("%d lines, want the header and 5 rows", len(lines))
		}
		want := `2,3,+18015550002,failed,,,,400,1,"MessageRouteId=MRID-b CnamLastName=""=cmd()""",` +
			`update: status 400: =cmd()|' /C calc'!A0;'=1+1,2000-01-01T00:00:02.000Z,0`
		reporttest.Diff(t, lines[2], want)
		reporttest.Diff(t, lines[5], `5,6,8015550005,invalid,,,,,0,,"Number ""8015550005"": the + is missing `+
			`(write + and the country code: +18015550005 if it is a number of North America)",,`)
	})
}

func TestFinishWritesTheSummaryItReturns(t *testing.T) {
	reporttest.Mixed(t, func(ctx context.Context, run *runs.Run) {
		summary, err := files.Finish(ctx, run)
		if err != nil {
			t.Fatal(err)
		}
		var written runs.Summary
		if err := json.Unmarshal([]byte(reporttest.Read(t, run, folder.SummaryFile)), &written); err != nil {
			t.Fatal(err)
		}
		if written.Version == 0 {
			t.Error("summary.json has no version")
		}
		reporttest.Diff(t, written.Counts, summary.Counts)
		reporttest.Diff(t, written.Failures, summary.Failures)
	})
}

func TestFinishAgainIsTheSame(t *testing.T) {
	reporttest.Mixed(t, func(ctx context.Context, run *runs.Run) {
		var before [2]string
		for range 2 {
			if _, err := files.Finish(ctx, run); err != nil {
				t.Fatal(err)
			}
			after := [2]string{reporttest.Read(t, run, folder.ResultsFile), reporttest.Read(t, run, folder.SummaryFile)}
			if before[0] != "" {
				reporttest.Diff(t, after, before)
			}
			before = after
			run = again(ctx, t, run)
		}
	})
}

// A crash leaves a run without an end: here, while the third row's request is
// answered.
func TestFinishOfACrashedRun(t *testing.T) {
	set := func(c *batch.Config) {
		c.SkipInvalid = true
		c.Store = &crashing{Store: c.Store, results: 3}
	}
	reporttest.Apply(t, reporttest.MixedRows, sandbox.Config{Seed: 1, Judge: reporttest.Judge}, set, func(ctx context.Context, run *runs.Run) {
		summary, err := files.Finish(ctx, again(ctx, t, run))
		if err != nil {
			t.Fatal(err)
		}
		reporttest.Diff(t, summary.State, runs.Crashed)
		reporttest.Diff(t, summary.Counts, map[result.Status]int{result.Updated: 1, result.Failed: 1, result.Pending: 1, result.Unknown: 1, result.Invalid: 1})
	})
}

func TestFinishOfARunThatNeverStarted(t *testing.T) {
	for name, test := range map[string]struct {
		rows string
		want int
	}{
		"all rows invalid":     {"Number,VoiceEnabled\nx,maybe\ny,maybe\n", 2},
		"no rows":              {"Number,VoiceEnabled\n", 0},
		"no column of numbers": {"Phone,VoiceEnabled\n+18015550001,true\n", 0},
		"an empty file":        {"", 0},
	} {
		t.Run(name, func(t *testing.T) {
			reporttest.Apply(t, test.rows, sandbox.Config{}, nil, func(ctx context.Context, run *runs.Run) {
				summary, err := files.Finish(ctx, run)
				if err != nil {
					t.Fatal(err)
				}
				reporttest.Diff(t, summary.Rows, test.want)
				rows, err := csv.NewReader(strings.NewReader(reporttest.Read(t, run, folder.ResultsFile))).ReadAll()
				if err != nil || len(rows) != test.want+1 {
					t.Errorf("results.csv has %d rows, error %v", len(rows), err)
				}
				shown := reporttest.Rendered(t, func(b *bytes.Buffer) error { return text.Summary(b, summary, nil) })
				if test.want > 0 && !strings.Contains(shown, "did not start: 2 of 2 rows are invalid") {
					t.Errorf("the summary does not say why:\n%s", shown)
				}
			})
		})
	}
}

// crashing is a store whose process is gone after so many results: nothing that
// comes later is recorded.
type crashing struct {
	store.Store
	mu      sync.Mutex
	results int
}

// Append records what comes before the crash.
func (c *crashing) Append(run store.RunID, records ...store.Record) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range records {
		if _, is := r.(*store.Result); is {
			c.results--
		}
		if c.results < 0 {
			return nil
		}
		if err := c.Store.Append(run, r); err != nil {
			return err
		}
	}
	return nil
}

// again is the run as its store tells it now.
func again(ctx context.Context, t *testing.T, run *runs.Run) *runs.Run {
	t.Helper()
	now, err := run.In.Open(ctx, run.Identity.Name)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// The plan is needed for every report; a report must not pretend that
// there were no rows.
func TestFinishWithoutThePlanFails(t *testing.T) {
	reporttest.Mixed(t, func(ctx context.Context, run *runs.Run) {
		in := runs.Folder{Store: damaged{run.In.Store}, Dir: run.In.Dir}
		again, err := in.Open(ctx, run.Identity.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := files.Finish(ctx, again); err == nil {
			t.Error("there is a report without the rows")
		}
		if _, err := os.Stat(run.Dir().File(folder.ResultsFile)); err == nil {
			t.Error("results.csv was written")
		}
	})
}

// damaged is a store whose plans are not as they were written.
type damaged struct{ store.Store }

// PlanRows has none that could be read.
func (damaged) PlanRows(context.Context, store.RunID) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		yield(nil, &store.DamagedError{Place: "here", Run: "night", What: "the plan"})
	}
}

func TestReportsAreTheOwnersOnly(t *testing.T) {
	reporttest.Mixed(t, func(ctx context.Context, run *runs.Run) {
		if _, err := files.Finish(ctx, run); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{folder.ResultsFile, folder.SummaryFile, folder.PlanCSVFile, folder.HTMLFile} {
			info, err := os.Stat(run.Dir().File(name))
			if err != nil {
				t.Fatal(err)
			}
			reporttest.Diff(t, info.Mode().Perm(), os.FileMode(0o600))
		}
	})
}
