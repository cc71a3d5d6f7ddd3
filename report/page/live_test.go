package page_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/page"
	"github.com/bulknum/bulknum/report/reporttest"
)

// While a run goes on its page says how far it is: what is not answered is
// planned, and there is nothing to go on with. In the end it is that of the run.
func TestTheLivePage(t *testing.T) {
	ctx := context.WithoutCancel(t.Context()) // its end is not the bubble's
	var in runs.Folder
	name, finished := "", 0
	look := func(wants ...string) {
		t.Helper()
		shown := reporttest.Rendered(t, func(b *bytes.Buffer) error { return page.Live(ctx, b, in, name) })
		wantIn(t, shown, append(wants, `id="live"`, "connect-src &#39;self&#39;")...)
		if strings.Contains(shown, "<h1>Running") && (strings.Contains(shown, "bulknum resume") || strings.Contains(shown, "not_attempted</td>")) {
			t.Errorf("after %d rows it speaks of an end", finished)
		}
	}
	look("<h1>The run begins</h1>")
	set := func(c *batch.Config) {
		c.SkipInvalid = true
		in = runs.Folder{Store: c.Store, Dir: c.RunsDir}
		c.Listeners = append(c.Listeners, func(e event.Event) {
			switch e := e.(type) {
			case event.Began:
				name = e.Run.Name
				look("<h1>Running: what each row needs is not decided yet</h1>")
			case event.Started:
				look("<h1>Running: rows are still to be sent</h1>", "<td>planned</td><td class=\"numeric\">4</td>")
			case event.Finished:
				if finished++; finished < 4 {
					look(fmt.Sprintf("<td>planned</td><td class=\"numeric\">%d</td>", 4-finished))
					return
				}
				look("<h1>Running: every row has its answer</h1>")
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
	reporttest.Apply(t, "Phone,VoiceEnabled\n+18015550001,true\n", sandbox.Config{}, nil, func(ctx context.Context, run *runs.Run) {
		wantIn(t, reporttest.Rendered(t, func(b *bytes.Buffer) error { return page.Live(ctx, b, run.In, run.Identity.Name) }), "<h1>Did not start: ")
	})
}
