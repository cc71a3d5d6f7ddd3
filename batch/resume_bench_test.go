package batch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/batch/settings"
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
			cfg := Config{
				RunsDir: b.TempDir(), Job: "rows", SourceName: "rows.csv", Rate: client.Unlimited,
				All: all, Workers: 8, MaxFailures: Limit{Share: 0.1},
			}
			folder := crashed(b, cfg, rows)
			debug.FreeOSMemory()
			var most uint64
			for b.Loop() {
				most = max(most, resumedTo(b, cfg, folder))
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
func resumedTo(b *testing.B, cfg Config, folder string) (memory uint64) {
	b.Helper()
	cfg.Control = NewControl()
	way := &firstRequest{left: func() {
		b.StopTimer()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		memory = m.Sys - m.HeapReleased
		cfg.Control.Stop(Stop{Reason: StoppedBySignal})
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
	if _, err := Resume(b.Context(), cfg, folder, ResumeOptions{}); err != nil {
		b.Fatal(err)
	}
	debug.FreeOSMemory()
	b.StartTimer()
	return memory
}

// crashed makes the folder of a run that crashed in the middle.
func crashed(b *testing.B, cfg Config, rows int) (folder string) {
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
	defer e.dir.Unlock()
	if e.file, err = input.Check(b.Context(), e.dir.File(e.me.Input.File), e.me.Options, func(input.Problem) {}); err != nil {
		b.Fatal(err)
	}
	readBefore(b, e)
	if _, err := e.plan(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(e.journal.Close(), e.requests.Close()); err != nil {
		b.Fatal(err)
	}
	sendHalf(b, e, rows)
	return e.dir.Path()
}

// readBefore writes what was read of each number.
func readBefore(b *testing.B, e *engine) {
	b.Helper()
	known, err := openStates(e.dir, every)
	if err != nil {
		b.Fatal(err)
	}
	var state settings.State
	state.Know("MessageRouteId", "MRID-old")
	state.Know("VoiceRouteId", "VRID-old")
	for row, err := range e.file.Rows(b.Context()) {
		if err == nil {
			err = known.add(stateLine{At: time.Now(), Number: row.Number, State: &state})
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := known.close(); err != nil {
		b.Fatal(err)
	}
}

// unsynced is a journal's file without the syncing.
type unsynced struct{ *os.File }

func (unsynced) Sync() error { return nil }

// sendHalf writes the journal of the first half of the rows, the last eight
// without an answer.
func sendHalf(b *testing.B, e *engine, rows int) {
	b.Helper()
	file, err := os.OpenFile(e.dir.File(rundir.JournalFile), os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	journal := rundir.NewJournal(unsynced{file})
	add := func(rec record) {
		rec.At = time.Now()
		if err := journal.Append(rec); err != nil {
			b.Fatal(err)
		}
	}
	add(record{Kind: kindApply})
	for p, err := range planRows(e.dir) {
		if err != nil {
			b.Fatal(err)
		}
		if p.Row > rows/2 {
			break
		}
		want := settings.FromChanges(p.Changes)
		add(record{Kind: kindIntent, Settings: want.Hash(), Intent: &intent{Line: p.Line, Number: p.Number, Set: set(want)}})
		if p.Row > rows/2-8 {
			continue
		}
		add(record{Kind: kindResult, Settings: want.Hash(), Result: &Result{
			Row: p.Row, Line: p.Line, Number: p.Number, Status: Updated, HTTPStatus: 200, Attempts: 1,
			UpdateOrderId: "JNUOID-" + strings.Repeat("0", 36), UpdateOrderStatus: "Complete",
			UpdateOrderDate: "2026-11-23T02:00:00Z", Changes: p.changesText(), StartedAt: time.Now(), DurationMs: 120,
		}})
	}
	if err := journal.Close(); err != nil {
		b.Fatal(err)
	}
}
