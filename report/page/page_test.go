package page_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/page"
	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/words"
)

func wantIn(t *testing.T, shown string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(shown, part) {
			t.Errorf("%s is missing", part)
		}
	}
}

// The page says what happened, for whom, why, and what comes next; what came from
// outside is text.
func TestThePageOfARun(t *testing.T) {
	set := func(c *batch.Config) {
		c.SkipInvalid = true
		c.Behalf.Ticket, c.Behalf.Operator, c.Behalf.Reason = "CHG-1", `"><img src=x onerror=alert(1)>`, "<b>hub</b>"
		c.User, c.Host = "alex", "ops-1"
	}
	reporttest.Apply(t, reporttest.MixedRows, sandbox.Config{Seed: 1, Judge: reporttest.Judge}, set, func(ctx context.Context, run *runs.Run) {
		summary, err := files.Finish(ctx, run)
		if err != nil {
			t.Fatal(err)
		}
		shown := reporttest.Read(t, run, folder.HTMLFile)
		wantIn(t, shown,
			"<h1>Finished: 4 of 5 rows are not in sync</h1>",
			"account DID-1 at http://localhost, by alex on ops-1",
			"Ticket CHG-1, operator &#34;&gt;&lt;img src=x onerror=alert(1)&gt;, reason &lt;b&gt;hub&lt;/b&gt;.",
			"bulknum resume "+words.ShellWord(summary.Folder)+" --retry-failed",
			"2 failed, 1 invalid, 1 pending",
			summary.Folder+"/results.csv",
			`\u003cscript\u003e`,
		)
		for _, bad := range []string{"<img", "<b>"} {
			if strings.Contains(shown, bad) {
				t.Errorf("%s is markup", bad)
			}
		}
	})
}

func TestThePageOfSomeStatuses(t *testing.T) {
	reporttest.Mixed(t, func(ctx context.Context, run *runs.Run) {
		summary, err := files.Finish(ctx, run)
		if err != nil {
			t.Fatal(err)
		}
		shown := reporttest.Rendered(t, func(b *bytes.Buffer) error {
			return page.Write(ctx, b, run, summary, []result.Status{result.Pending}, nil)
		})
		wantIn(t, shown, "these rows only: 1 pending", `"+18015550003"`)
		if strings.Contains(shown, `"+18015550002"`) {
			t.Error("a failed row is among the pending ones")
		}
	})
}

// A plan tells what an approval needs.
func TestThePageOfAPlan(t *testing.T) {
	set := func(c *batch.Config) {
		c.SkipInvalid = true
		c.Guards.MaxChanges = []guard.FieldLimit{{Limit: plan.Limit{Rows: 2}}}
		c.Guards.Protect = map[string]struct{}{"+18015550001": {}}
		c.Waves, _ = plan.ParseWaves("1,3")
		c.Deadline = time.Now().Add(time.Hour)
	}
	reporttest.DryRun(t, reporttest.MixedRows, sandbox.Config{Seed: 1}, set, func(ctx context.Context, run *runs.Run) {
		if _, err := files.Finish(ctx, run); err != nil {
			t.Fatal(err)
		}
		wantIn(t, reporttest.Read(t, run, folder.HTMLFile),
			"<h1>4 updates for 5 rows; would be refused: 4 of 5 rows would change, more than 2; line ",
			run.Plan.Hash,
			"A rollback takes",
			"4 of 5 rows would change", "at most 2", "✕ no",
			"1 of 1 protected numbers would change",
			"Correct what the guards refuse, and plan again", "bulknum plan ",
			`<span class="whole">-&gt;</span> MRID-a`,
		)
	})
}

// A run that was cut off, and one that never began, have a page too.
func TestThePageOfARunThatNeverStarted(t *testing.T) {
	reporttest.Apply(t, "Phone,VoiceEnabled\n+18015550001,true\n", sandbox.Config{}, nil, func(ctx context.Context, run *runs.Run) {
		if _, err := files.Finish(ctx, run); err != nil {
			t.Fatal(err)
		}
		wantIn(t, reporttest.Read(t, run, folder.HTMLFile), "<h1>Did not start: ")
	})
}
