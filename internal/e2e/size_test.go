package e2e_test

import (
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/page/html"
)

// The page of a run of 10,000 rows is small. How long it takes to open, and to
// find a number as it is typed, is reported; the aims are 1 s and 100 ms.
func TestTenThousandRows(t *testing.T) {
	path := filepath.Join(fast(t, 10_000), "report.html")
	wantSize(t, path, 5<<20)
	measure(t, path, "+1801", 10_000)
}

// The page of 100,000 rows opens too: the aims are 60 MB and 3 s.
func TestHundredThousandRows(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	path := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	page := html.Page{Kind: "Run", Name: "large", Headline: "Finished", Rows: html.RowLimit, CSV: "runs/large/results.csv"}
	for _, status := range result.Statuses() {
		page.Statuses = append(page.Statuses, string(status))
	}
	if err := html.Write(f, page, many(html.RowLimit)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	wantSize(t, path, 60<<20)
	measure(t, path, "+1801", html.RowLimit)
}

// many gives rows as they are when each is different.
func many(n int) iter.Seq2[html.Row, error] {
	return func(yield func(html.Row, error) bool) {
		for i := range n {
			row := html.Row{
				Result: result.Result{
					Row: i + 1, Line: i + 2, Number: fmt.Sprintf("+1801%07d", i), Status: result.Updated,
					UpdateOrderId:     fmt.Sprintf("JNUOID-%08x-0b5f-4c3a-9d7e-%012x", i*7919, i*104729),
					UpdateOrderStatus: "Complete", UpdateOrderDate: "2026-11-24", HTTPStatus: 200, Attempts: 1,
					StartedAt: time.Unix(1_795_000_000+int64(i), 0), DurationMs: int64(60 + i%97),
				},
				Changes: []settings.Change{
					{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}, {Field: "Iccid", Old: fmt.Sprintf("89014103211%08d", i), New: fmt.Sprintf("89014103212%08d", i)},
				},
				Shape: "MessageRouteId MRID-a -> MRID-b, Iccid changed",
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// fast is the folder of a run that was made without a rate.
func fast(t *testing.T, rows int) string {
	t.Helper()
	server, err := sandbox.New(sandbox.Config{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	api := unpaced(t, server)
	var input strings.Builder
	input.WriteString("Number,MessageRouteId,CnamLastName\n")
	for i := range rows {
		fmt.Fprintf(&input, "+1801%07d,MRID-%08x-858f-42a6-a2e5-891d6f8257e1,Name%d\n", 5_550_000+i, i%7, i)
	}
	runsDir := memory(t)
	run, err := batch.Apply(t.Context(), batch.Config{
		Access:      batch.Access{Reader: api.Reader, Client: api, Account: "DID-4711", API: "https://api.telegent.com", Rate: client.Unlimited},
		File:        batch.File{Source: strings.NewReader(input.String()), SourceName: "rows.csv"},
		Options:     send.Options{Workers: 64},
		PlanOptions: runs.PlanOptions{All: true},
		Store:       opened(t, runsDir), RunsDir: runsDir, Job: "fast",
	})
	if err != nil {
		t.Fatal(err)
	}
	summary, err := files.Finish(t.Context(), run)
	if err != nil || summary.Counts[result.Updated] != rows {
		t.Fatalf("%+v, %v", summary, err)
	}
	return run.Folder()
}

func wantSize(t *testing.T, path string, most int64) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f MB", float64(info.Size())/1e6)
	if info.Size() > most {
		t.Errorf("the page has %d bytes, more than %d", info.Size(), most)
	}
}

// measure opens a page of so many rows and types a number's digits.
func measure(t *testing.T, path, prefix string, rows int) {
	t.Helper()
	at := time.Now()
	b := browse(t, "file://"+path)
	t.Logf("it opens in a new tab in %s", time.Since(at).Round(time.Millisecond))
	at = time.Now()
	b.reload()
	t.Logf("it opens again in %s", time.Since(at).Round(time.Millisecond))
	const typed = `(async () => {
		const search = document.getElementById("search"), times = [];
		const number = document.querySelector("#body tr.row:last-child td:nth-child(2)").innerText.trim();
		for (let n = 1; n <= number.length; n++) {
			const at = performance.now();
			search.value = number.slice(0, n);
			search.dispatchEvent(new Event("input", {bubbles: true}));
			await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
			times.push(performance.now() - at);
		}
		return times;
	})()`
	times := value[[]float64](b, typed)
	slowest := 0.0
	for _, ms := range times[1:] {
		slowest = max(slowest, ms)
	}
	t.Logf("of %d rows one is found as its number is typed: %.0f ms for the first digit, then %.0f ms at most", rows, times[0], slowest)
	if got := b.cells(2); len(got) != 1 || !strings.HasPrefix(got[0], prefix) {
		t.Errorf("found %v", got)
	}
}

// unpaced is a client without a rate of an API in this process.
func unpaced(t *testing.T, handler http.Handler) *client.Client {
	t.Helper()
	transport, stop := pipenet.Listen().Serve(handler)
	t.Cleanup(stop)
	api, err := client.New(client.Config{
		BaseURL: "http://localhost", Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
		Transport: transport, Rate: client.Unlimited,
	})
	if err != nil {
		t.Fatal(err)
	}
	return api
}
