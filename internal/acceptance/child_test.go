package acceptance

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// operator is someone with a file of rows, an API and the real command, which
// runs as a process of its own in a folder of its own.
type operator struct {
	t   *testing.T
	api *sandbox.Sandbox
	dir string
	env []string

	mu   sync.Mutex
	left int // requests until then is called
	then func()
	see  func(sandbox.Seen) // optional
}

// newOperator returns an operator of a sandbox on loopback.
func newOperator(t *testing.T, config sandbox.Config) *operator {
	t.Helper()
	o := &operator{t: t, dir: t.TempDir()}
	config.AccountKey, config.AccountSecret, config.Observe = "DID-1", "s3cret", o.observe
	api, err := sandbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	o.api, o.env = api, append(os.Environ(),
		"HOME="+o.dir, "XDG_STATE_HOME="+filepath.Join(o.dir, "state"),
		"BULKNUM_READ_LAG=0s", "BULKNUM_SECOND_PASS=0s", // both are waited for in real time
		timeoutVariable+"="+patience,
		"TELEGENT_API_URL="+server.URL, "TELEGENT_ACCOUNT_KEY=DID-1", "TELEGENT_ACCOUNT_SECRET=s3cret",
		"BULKNUM_RATE=2000/s", "BULKNUM_WORKERS=8",
	)
	return o
}

// mayBeKilled is for a test that kills commands: what these had under way is waited for as long as their time-out, in real
// time. What takes longer on a busy machine is sent again.
func (o *operator) mayBeKilled() {
	o.env = append(o.env, timeoutVariable+"="+testextent.Timeout().String())
}

// after calls then when the API has seen so many more requests.
func (o *operator) after(requests int, then func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left, o.then = requests, then
}

// watch shows each request from now on, one at a time, when its answer is
// decided and nobody has it yet; nil: no more.
func (o *operator) watch(see func(sandbox.Seen)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.see = see
}

// observe shows a request, and counts it.
func (o *operator) observe(s sandbox.Seen) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.see != nil {
		o.see(s)
	}
	if o.left == 0 {
		return
	}
	if o.left--; o.left == 0 {
		o.then()
	}
}

// number is the n-th number of the file.
func number(n int) string { return fmt.Sprintf("+1801%07d", 5550000+n) }

// route is what the n-th row of a file asks for.
func route(file string, n int) string { return fmt.Sprintf("MRID-%s-%d", file, n) }

// file writes a file of n rows.
func (o *operator) file(name string, n int) string {
	o.t.Helper()
	var b strings.Builder
	b.WriteString("Number,MessageRouteId\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,%s\n", number(i), route(name, i))
	}
	if err := os.WriteFile(filepath.Join(o.dir, name+".csv"), []byte(b.String()), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return name + ".csv"
}

// child is a command that runs, or ran.
type child struct {
	*exec.Cmd
	stdout, stderr said
	// shown is what it says to who is at it; nil: that is stderr.
	shown fmt.Stringer
	ended chan struct{}
}

// said is what a command has written by now.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write is of [io.Writer].
func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

// reset forgets it.
func (s *said) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Reset()
}

// Bytes is all of it, to be decoded.
func (s *said) Bytes() []byte { return []byte(s.String()) }

// String is all of it.
func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// command returns a command that was not started yet.
func (o *operator) command(name string, args ...string) *child {
	c := &child{Cmd: exec.CommandContext(o.t.Context(), name, args...), ended: make(chan struct{})}
	c.Dir, c.Env = o.dir, o.env
	c.Stdout, c.Stderr = &c.stdout, &c.stderr
	return c
}

// start starts a command; ended is closed when it has.
func (o *operator) start(c *child) *child {
	o.t.Helper()
	if err := c.Start(); err != nil {
		o.t.Fatal(err)
	}
	go func() {
		defer close(c.ended)
		var failed *exec.ExitError
		if err := c.Wait(); err != nil && !errors.As(err, &failed) {
			o.t.Errorf("%s: %v", c.Path, err)
		}
	}()
	return c
}

// bulknum runs a command to its end and wants an exit code.
func (o *operator) bulknum(code int, args ...string) *child {
	o.t.Helper()
	c := o.start(o.command("bulknum", args...))
	<-c.ended
	c.wants(o.t, code)
	return c
}

// wants fails the test for another exit code.
func (c *child) wants(t *testing.T, code int) {
	t.Helper()
	if got := c.ProcessState.ExitCode(); got != code {
		t.Fatalf("%v: %v, want exit code %d\n%s\n%s", c.Args, c.ProcessState, code, &c.stdout, &c.stderr)
	}
}

// results reads a run's results.csv: a row has the column's value by its name.
func (o *operator) results(run string) []map[string]string {
	o.t.Helper()
	f, err := os.Open(filepath.Join(o.dir, "runs", run, "results.csv"))
	if err != nil {
		o.t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		o.t.Fatal(err)
	}
	rows := make([]map[string]string, len(records)-1)
	for i, record := range records[1:] {
		rows[i] = map[string]string{}
		for at, name := range records[0] {
			rows[i][name] = record[at]
		}
	}
	return rows
}
