package batch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/rundir"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// fullDisk takes some records of a journal, and then no more.
type fullDisk struct {
	*os.File
	left int
}

var errFull = errors.New("no space left on device")

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.left--; f.left < 0 {
		return 0, errFull
	}
	return f.File.Write(p)
}

// newEngineAt returns an engine for some rows against a sandbox.
func newEngineAt(t testing.TB, fake *sandbox.Sandbox, n, workers int) *engine {
	t.Helper()
	transport, stop := pipenet.Listen().Serve(fake)
	t.Cleanup(stop)
	api, err := client.New(client.Config{
		BaseURL:     "http://localhost",
		Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
		Rate:        client.Unlimited,
		Transport:   transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	var rows strings.Builder
	rows.WriteString("Number,MessageRouteId\n")
	for i := range n {
		fmt.Fprintf(&rows, "+1801%07d,MRID-1\n", 5550000+i)
	}
	e, err := prepare(t.Context(), Config{
		Source: strings.NewReader(rows.String()), SourceName: "rows.csv", RunsDir: t.TempDir(), Job: "rows",
		Client: api, Reader: api.Reader, Rate: client.Unlimited, All: true, Workers: workers, MaxFailures: Limit{Rows: 3},
	}, false)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// rejournal lets an engine's journal go on in a file of another kind.
func rejournal(t testing.TB, e *engine, kind func(*os.File) rundir.File) {
	t.Helper()
	if err := e.journal.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(e.dir.File(rundir.JournalFile), os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	e.journal = rundir.NewJournal(kind(file))
}

// A journal that cannot be written stops the run before another request leaves,
// whichever record it is, and every row is told all the same.
func TestFullDiskStopsBeforeAnotherRequest(t *testing.T) {
	for records, updates := range map[int]int{
		0: 0, // not even the plan
		1: 0, // not that it is carried out
		2: 0, // not the first intent
		3: 1, // not the first result
		4: 1, // not the second intent
		5: 2,
		8: 3, // not the end
	} {
		t.Run(fmt.Sprint(records), func(t *testing.T) {
			fake, err := sandbox.New(sandbox.Config{})
			if err != nil {
				t.Fatal(err)
			}
			e := newEngineAt(t, fake, 3, 1)
			rejournal(t, e, func(file *os.File) rundir.File { return &fullDisk{File: file, left: records} })
			run, err := e.execute(context.Background(), e.fromStart)
			told := run.Stop.Reason == StoppedByDisk || errors.Is(err, errFull)
			if !told {
				t.Errorf("stop %v, error %v", run.Stop, err)
			}
			if got := fake.Stats().Updates; got != updates {
				t.Errorf("%d updates, want %d", got, updates)
			}
			n := 0
			for _, err := range run.Results(context.Background()) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n != 3 {
				t.Errorf("%d rows are told", n)
			}
		})
	}
}

// requests.jsonl is no truth, but a disk that cannot take it will not take the
// journal either.
func TestUnwritableRequestsStopTheRun(t *testing.T) {
	fake, err := sandbox.New(sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	e := newEngineAt(t, fake, 3, 1)
	if err := e.requests.Close(); err != nil { // every write fails from here on
		t.Fatal(err)
	}
	run, _ := e.execute(context.Background(), e.fromStart)
	if run.Stop.Reason != StoppedByDisk || fake.Stats().Updates > 1 {
		t.Errorf("stop %v after %d updates", run.Stop, fake.Stats().Updates)
	}
}

func TestGraverStop(t *testing.T) {
	signal, credentials := Stop{Reason: StoppedBySignal, Signal: 2}, Stop{Reason: StoppedByCredentials}
	failures, outage := Stop{Reason: StoppedByFailures}, Stop{Reason: StoppedByOutage}
	for _, c := range []struct{ a, b, want Stop }{
		{failures, signal, signal},
		{signal, credentials, signal},
		{outage, credentials, credentials},
		{credentials, outage, credentials},
		{failures, outage, failures},
		{Stop{}, outage, outage},
		{outage, Stop{}, outage},
	} {
		if got := graver(c.a, c.b); got != c.want {
			t.Errorf("%v and %v: got %v, want %v", c.a, c.b, got, c.want)
		}
	}
}
