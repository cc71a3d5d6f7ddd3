package page_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/page"
	"github.com/bulknum/bulknum/report/reporttest"
	"github.com/bulknum/bulknum/report/words"
)

// While a run goes on its page says how far it is: what is not answered is
// planned, and there is nothing to go on with. In the end it is that of the run.
func TestTheLivePage(t *testing.T) {
	ctx := context.WithoutCancel(t.Context()) // its end is not the bubble's
	var in runs.Folder
	now, finished := func(time.Time) *control.Status { return &control.Status{} }, 0
	look := func(wants ...string) {
		t.Helper()
		shown := reporttest.Rendered(t, func(b *bytes.Buffer) error { return page.Live(ctx, b, in, now(time.Now())) })
		wantIn(t, shown, append(wants, `id="live"`, "connect-src &#39;self&#39;")...)
		if strings.Contains(shown, "<h1>Sending") && (strings.Contains(shown, "bulknum resume") || strings.Contains(shown, "not_attempted</td>")) {
			t.Errorf("after %d rows it speaks of an end", finished)
		}
	}
	look("<h1>The run begins</h1>")
	set := func(c *batch.Config) {
		c.SkipInvalid = true
		in = runs.Folder{Store: c.Store, Dir: c.RunsDir}
		c.Control = control.New()
		now = c.Control.Status
		c.Listeners = append(c.Listeners, func(e event.Event) {
			switch e.(type) {
			case event.Began:
				look("<h1>Starting: what each row needs is not decided yet</h1>")
			case event.Started:
				look("<h1>Sending: rows are still to be sent</h1>", "<td>planned</td><td class=\"numeric\">4</td>")
			case event.Finished:
				if finished++; finished < 4 {
					look(fmt.Sprintf("<td>planned</td><td class=\"numeric\">%d</td>", 4-finished))
					return
				}
				look("<h1>Waiting: for the orders of pending rows: 1</h1>")
			}
		})
	}
	reporttest.Apply(t, reporttest.MixedRows, sandbox.Config{Seed: 1, Judge: reporttest.Judge}, set, func(ctx context.Context, run *runs.Run) {
		if finished != 4 {
			t.Fatalf("%d rows were answered", finished)
		}
		look("<h1>Finished: 4 of 5 rows are not in sync</h1>", "bulknum resume")
		if _, err := files.Finish(ctx, run); err != nil {
			t.Fatal(err)
		}
		if shown := reporttest.Read(t, run, "report.html"); strings.Contains(shown, `id="live"`) || strings.Contains(shown, "connect-src &#39;self&#39;") {
			t.Error("the page in the folder is a live one")
		}
	})
}

// A live run that is refused for its input has a page.
func TestTheLivePageOfARunThatIsRefused(t *testing.T) {
	orders := control.New()
	set := func(c *batch.Config) { c.Control = orders }
	reporttest.Apply(t, "Phone,VoiceEnabled\n+18015550001,true\n", sandbox.Config{}, set, func(ctx context.Context, run *runs.Run) {
		now := orders.Status(time.Now())
		wantIn(t, reporttest.Rendered(t, func(b *bytes.Buffer) error { return page.Live(ctx, b, run.In, now) }), "<h1>Did not start: ")
	})
}

// A plan that is applied is a run from then on: while somebody is asked, while it is sent,
// and in the end, with what held then and not when the plan was made.
func TestThePageOfAPlanThatIsApplied(t *testing.T) {
	var config batch.Config
	set := func(c *batch.Config) {
		c.All, c.Control = false, control.New()
		c.Deadline = time.Now().Add(time.Hour)
		c.MaxFailures = plan.Limit{}
		config = *c
	}
	reporttest.DryRun(t, "Number,MessageRouteId\n+18015550001,MRID-a\n", sandbox.Config{}, set, func(ctx context.Context, run *runs.Run) {
		orders := control.New()
		shown := func() string {
			return reporttest.Rendered(t, func(b *bytes.Buffer) error { return page.Live(ctx, b, run.In, orders.Status(time.Now())) })
		}
		goesOn := func(wants ...string) {
			t.Helper()
			now := shown()
			wantIn(t, now, append(wants, `<p class="kind">Run <span class="name">night`)...)
			for _, not := range []string{"Would change", "Apply exactly this plan", "table-guards", "1 update for 1 row"} {
				if strings.Contains(now, not) {
					t.Errorf("it is shown as a plan: %q", not)
				}
			}
		}
		config.Control, config.Deadline, config.MaxFailures, config.Workers = orders, time.Time{}, plan.Limit{Share: .25}, 3
		config.Confirm = func(context.Context, batch.Question) error {
			goesOn("<h1>Asking: ")
			return nil
		}
		config.Listeners = []event.Listener{func(e event.Event) {
			switch e := e.(type) {
			case event.Began:
				if e.Run.DryRun {
					t.Error("listeners are told of a plan")
				}
			case event.Started:
				goesOn("<h1>Sending: rows are still to be sent</h1>")
			}
		}}
		run, err := batch.ApplyPlan(ctx, config, "night", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		goesOn("<h1>Finished: every row is in sync</h1>")
		summary, err := files.Finish(ctx, run)
		if err != nil {
			t.Fatal(err)
		}
		if summary.Run.DryRun || len(words.NextSteps(summary)) > 0 {
			t.Errorf("a plan that was applied: %+v, next %v", summary.Run, words.NextSteps(summary))
		}
		report := reporttest.Read(t, run, "report.html")
		wantIn(t, report, "<title>Run night: ", "60/m, 3 workers, stops at more than 25% failures")
		if strings.Contains(report, "would still end before the deadline") {
			t.Error("it has the deadline of the plan")
		}
	})
}

// The charts of a plan that is applied hours later begin with its sending; those of a run that is resumed, with the run.
func TestChartsBeginWithTheSending(t *testing.T) {
	var rows strings.Builder
	rows.WriteString("Number,MessageRouteId\n")
	for i := range 30 {
		fmt.Fprintf(&rows, "+180155500%02d,MRID-a\n", i)
	}
	var config batch.Config
	set := func(c *batch.Config) {
		c.All = false
		config = *c
	}
	reporttest.DryRun(t, rows.String(), sandbox.Config{}, set, func(ctx context.Context, run *runs.Run) {
		time.Sleep(3 * time.Hour) // of synctest: takes no real time
		config.Control = control.New()
		config.Listeners = []event.Listener{func(e event.Event) {
			if f, is := e.(event.Finished); is && f.Row == 20 {
				config.Control.Stop(result.Stop{Reason: result.StoppedByOperator})
			}
		}}
		charts := func(run *runs.Run, err error) string {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := files.Finish(ctx, run); err != nil {
				t.Fatal(err)
			}
			_, shown, _ := strings.Cut(reporttest.Read(t, run, "report.html"), "Requests per minute")
			return shown
		}
		if shown := charts(batch.ApplyPlan(ctx, config, "night", 4*time.Hour)); !strings.Contains(shown, ">03:00") || strings.Contains(shown, ">00:") {
			t.Error("the charts begin with the planning")
		}
		time.Sleep(2 * time.Hour)
		config.Control, config.Listeners = control.New(), nil
		if shown := charts(batch.Resume(ctx, config, "night", batch.ResumeOptions{})); !strings.Contains(shown, ">03:00") || !strings.Contains(shown, ">05:0") || strings.Contains(shown, ">00:") {
			t.Error("the charts do not begin with what was sent first")
		}
	})
}
