//go:build unix

package acceptance

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

const signalRows = 120

// ending is a way to end a command before its end.
type ending struct {
	signals []syscall.Signal
	deaf    bool // and nobody reads stdout and stderr any more
	code    int
	dirty   bool // rows in flight may not finish
}

// A command is stopped at any moment, between the first reading and when there is
// little left to update: the exit code says by what, each row has a result, what is
// in flight finishes, and the run can be resumed.
func TestSignals(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]ending{
		"SIGHUP":               {signals: []syscall.Signal{syscall.SIGHUP}, code: 129},
		"SIGINT":               {signals: []syscall.Signal{syscall.SIGINT}, code: 130},
		"SIGTERM":              {signals: []syscall.Signal{syscall.SIGTERM}, code: 143},
		"SIGINT twice":         {signals: []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, code: 130, dirty: true},
		"the terminal closes":  {signals: []syscall.Signal{syscall.SIGHUP}, deaf: true, code: 129},
		"nobody reads":         {deaf: true, code: 0},
		"nobody reads SIGPIPE": {signals: []syscall.Signal{syscall.SIGPIPE}, deaf: true, code: 0},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "SIGTERM" && name != "nobody reads" { // scripts have the other signals
				testextent.Variant(t)
			}
			t.Parallel()
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			for range testextent.Count(4) {
				o := newOperator(t, sandbox.Config{Latency: 5 * time.Millisecond})
				o.end(end, 1+random.IntN(signalRows*7/4), time.Duration(random.IntN(10))*time.Millisecond)
			}
		})
	}
}

// end ends a run after some requests and a little, and resumes it. The API answers
// nothing until the signals are sent: the run does not finish before.
func (o *operator) end(by ending, requests int, delay time.Duration) {
	o.t.Helper()
	c := o.command("bulknum", "apply", o.file("rows", signalRows), "--run", "one", "--yes", "--max-changes", "100%",
		"--log-level", "debug", "--rate", "1000/s")
	hangUp := func() {}
	if by.deaf {
		hangUp = o.pipe(c)
	}
	now, sent := make(chan struct{}), make(chan error)
	o.after(requests, func() {
		time.AfterFunc(delay, func() { close(now) })
		if err := <-sent; err != nil {
			o.t.Error(err)
		}
	})
	o.start(c)
	<-now
	hangUp()
	var err error
	for _, s := range by.signals {
		err = errors.Join(err, c.Process.Signal(s))
	}
	sent <- err
	<-c.ended
	c.wants(o.t, by.code)
	o.wantEnded(by)
	o.bulknum(0, "resume", "one", "--yes", "--max-changes", "100%")
	o.wantUpdated()
}

// pipe gives a command a stdout and a stderr with a reader, who leaves when
// hangUp is called.
func (o *operator) pipe(c *child) (hangUp func()) {
	o.t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		o.t.Fatal(err)
	}
	c.Stdout, c.Stderr = writer, writer
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(&c.stderr, reader) // ends when it is closed
	}()
	return func() {
		reader.Close()
		writer.Close()
		<-read
	}
}

// wantEnded wants a result for each row, and none in doubt.
func (o *operator) wantEnded(by ending) {
	o.t.Helper()
	if by.dirty { // cut, and reported all the same
		if n := len(o.results("one")); n != signalRows {
			o.t.Fatalf("%d rows in results.csv", n)
		}
		return
	}
	for line, doubt := range o.journal("one").doubt {
		if doubt {
			o.t.Errorf("line %d is in doubt", line)
		}
	}
	results := o.results("one")
	if len(results) != signalRows {
		o.t.Fatalf("%d rows in results.csv", len(results))
	}
	for _, r := range results {
		if r["Status"] != "updated" && (r["Status"] != "not_attempted" || by.code == 0) {
			o.t.Errorf("results.csv: %v", r)
		}
	}
}

// wantUpdated wants each row to be updated, and each number in sync.
func (o *operator) wantUpdated() {
	o.t.Helper()
	for i, r := range o.results("one") {
		record, _ := o.api.Number(number(i))
		if r["Status"] != "updated" || record.MessageRouteId != route("rows", i) {
			o.t.Errorf("%v: the API has %s", r, record.MessageRouteId)
		}
	}
}
