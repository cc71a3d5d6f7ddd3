package batch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/current"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// BenchmarkResume is the time and the memory from the start of a resume to its
// first request, of a run of a million rows (with -short, of ten thousand) that
// crashed in the middle, with eight rows in doubt.
func BenchmarkResume(b *testing.B) {
	rows := 1_000_000
	if testing.Short() {
		rows = 10_000
	}
	for _, all := range []bool{true, false} {
		b.Run(fmt.Sprintf("all=%v", all), func(b *testing.B) {
			runsDir := b.TempDir()
			cfg := Config{
				Access:      Access{Rate: client.Unlimited, Account: "DID-1", API: "http://localhost"},
				File:        File{SourceName: "rows.csv"},
				Options:     send.Options{Workers: 8, MaxFailures: plan.Limit{Share: 0.1}},
				PlanOptions: runs.PlanOptions{All: all},
				Store:       storeOf(b, runsDir), RunsDir: runsDir, Job: "rows",
			}
			name := crashed(b, cfg, rows)
			debug.FreeOSMemory()
			var most uint64
			for b.Loop() {
				most = max(most, resumedTo(b, cfg, name))
			}
			b.ReportMetric(float64(most)/(1<<20), "MB")
		})
	}
}

// firstRequest stops the run when its first request leaves.
type firstRequest struct {
	once sync.Once
	left func()
}

func (f *firstRequest) RoundTrip(*http.Request) (*http.Response, error) {
	f.once.Do(f.left)
	return nil, errors.New("the benchmark ends here")
}

// resumedTo resumes a run as far as its first request, for which alone the
// clock runs, and returns the memory that the process has by then.
func resumedTo(b *testing.B, cfg Config, name string) (memory uint64) {
	b.Helper()
	cfg.Control = control.New()
	way := &firstRequest{left: func() {
		b.StopTimer()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		memory = m.Sys - m.HeapReleased
		cfg.Control.Stop(result.Stop{Reason: result.StoppedBySignal})
	}}
	api, err := client.New(client.Config{
		BaseURL:     "http://localhost",
		Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
		Rate:        client.Unlimited, MaxAttempts: 1, Transport: way,
	})
	if err != nil {
		b.Fatal(err)
	}
	cfg.Reader, cfg.Client = api.Reader, api
	if _, err := Resume(b.Context(), cfg, name, ResumeOptions{}); err != nil {
		b.Fatal(err)
	}
	debug.FreeOSMemory()
	b.StartTimer()
	return memory
}

// crashed makes a run that crashed in the middle, and returns its name.
func crashed(b *testing.B, cfg Config, rows int) (name string) {
	b.Helper()
	reader, writer := io.Pipe()
	go func() {
		_, err := io.WriteString(writer, "Number,MessageRouteId,VoiceRouteId\n")
		for i := range rows {
			_, err = fmt.Fprintf(writer, "+1%010d,MRID-%d,VRID-%d\n", 2_000_000_000+i, i%10, i%10)
		}
		writer.CloseWithError(err)
	}()
	cfg.Source = reader
	e, err := prepare(b.Context(), cfg, false)
	if err != nil {
		b.Fatal(err)
	}
	defer e.lock.Release()
	if e.run.File, err = input.Check(b.Context(), e.run.Dir().File(e.run.Identity.Input.File), e.run.Identity.Options, func(input.Problem) {}); err != nil {
		b.Fatal(err)
	}
	readBefore(b, e)
	if err := e.makePlan(b.Context()); err != nil {
		b.Fatal(err)
	}
	sendHalf(b, e, rows)
	return e.run.Identity.Name
}

// readBefore writes what was read of each number.
func readBefore(b *testing.B, e *execution) {
	b.Helper()
	known := current.NewReadings(store.ForPlan, e.log.Record)
	var state settings.State
	state.Know("MessageRouteId", "MRID-old")
	state.Know("VoiceRouteId", "VRID-old")
	for row, err := range e.run.File.Rows(b.Context()) {
		if err == nil {
			err = known.Add(store.Reading{At: time.Now(), Number: row.Number, State: &state})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := known.Close(); err != nil {
		b.Fatal(err)
	}
}

// recordsAtOnce is how many records a benchmark commits together.
const recordsAtOnce = 4096

// sendHalf records the first half of the rows as sent, the last eight without an
// answer.
func sendHalf(b *testing.B, e *execution, rows int) {
	b.Helper()
	began := &store.Milestone{Kind: store.Began, At: time.Now(), Doc: []byte("{}")}
	group := []store.Record{began}
	flush := func() {
		if err := e.log.Record(group...); err != nil {
			b.Fatal(err)
		}
		group = group[:0]
	}
	for p, err := range e.run.Planned().All() {
		if err != nil {
			b.Fatal(err)
		}
		if p.Row > rows/2 {
			break
		}
		group = append(group, &store.Intent{At: time.Now(), Line: p.Line, Number: p.Number, Changes: p.Changes})
		if p.Row <= rows/2-8 {
			group = append(group, &store.Result{At: time.Now(), Settings: settings.FromChanges(p.Changes).Hash(), Result: result.Result{
				Row: p.Row, Line: p.Line, Number: p.Number, Status: result.Updated, HTTPStatus: 200, Attempts: 1,
				UpdateOrderId: "JNUOID-" + strings.Repeat("0", 36), UpdateOrderStatus: "Complete",
				UpdateOrderDate: "2026-11-23T02:00:00Z", Changes: p.ChangesText(), StartedAt: time.Now(), DurationMs: 120,
			}})
		}
		if len(group) >= recordsAtOnce {
			flush()
		}
	}
	flush()
}
