package durability

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/binary"
	"github.com/bulknum/bulknum/internal/testextent"
)

func TestMain(m *testing.M) { os.Exit(binary.Run(m.Run)) }

// operator is someone with an account of an API on loopback, who works in a
// folder.
type operator struct {
	t      *testing.T
	dir    string
	server *httptest.Server
	api    atomic.Pointer[api]
}

// api is an API from some moment on.
type api struct {
	*sandbox.Sandbox
	mu   sync.Mutex
	seen []sandbox.Seen
	// left are the updates until then is called.
	left int
	then func()
}

// after calls then when the API sees so many more updates.
func (a *api) after(updates int, then func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.left, a.then = updates, then
}

// observe notes a request.
func (a *api) observe(s sandbox.Seen) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = append(a.seen, s)
	if s.Endpoint != sandbox.Update || a.left == 0 {
		return
	}
	if a.left--; a.left == 0 {
		a.then()
	}
}

// newOperator returns an operator who has no folder of runs yet.
func newOperator(t *testing.T) *operator {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := &operator{t: t, dir: dir}
	o.renewAPI()
	o.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { o.api.Load().ServeHTTP(w, r) }))
	t.Cleanup(o.server.Close)
	return o
}

// inventorySize is how many numbers the account has.
const inventorySize = 60

// renewAPI makes the API as it was at first.
func (o *operator) renewAPI() *api {
	o.t.Helper()
	a := &api{}
	var err error
	a.Sandbox, err = sandbox.New(sandbox.Config{
		AccountKey: "DID-1", AccountSecret: "s3cret", Numbers: inventorySize, PageSize: 20,
		Observe: a.observe,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	o.api.Store(a)
	return a
}

// route is what the n-th row of a file asks for.
func route(n int) string { return fmt.Sprintf("MRID-asked-%d", n) }

// numbers are those of the first rows.
func (a *api) numbers(n int) []string {
	var numbers []string
	for i := range n {
		number, _ := a.InventoryNumber(i)
		numbers = append(numbers, number)
	}
	return numbers
}

// file writes rows.csv.
func (o *operator) file(rows int) {
	o.t.Helper()
	var b strings.Builder
	b.WriteString("Number,MessageRouteId\n")
	for i, number := range o.api.Load().numbers(rows) {
		fmt.Fprintf(&b, "%s,%s\n", number, route(i))
	}
	if err := os.WriteFile(filepath.Join(o.dir, "rows.csv"), []byte(b.String()), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// ended is a command that has ended.
type ended struct {
	args           []string
	code           int
	stdout, stderr bytes.Buffer
}

// String is what someone has to see of it.
func (e *ended) String() string {
	return fmt.Sprintf("%s: exit code %d\n%s", strings.Join(e.args, " "), e.code, &e.stderr)
}

// run runs a command to its end.
func (o *operator) run(name string, args ...string) *ended {
	o.t.Helper()
	return o.runWith(func(int) {}, name, args...)
}

// runWith runs a command to its end, and calls began with its process.
func (o *operator) runWith(began func(pid int), name string, args ...string) *ended {
	o.t.Helper()
	e := &ended{args: append([]string{name}, args...)}
	c := exec.CommandContext(o.t.Context(), name, args...)
	c.Dir, c.Stdout, c.Stderr = o.dir, &e.stdout, &e.stderr
	c.Env = append(os.Environ(),
		"HOME="+o.dir, "XDG_STATE_HOME="+filepath.Join(o.dir, "state"),
		"BULKNUM_READ_LAG=0s", "BULKNUM_TIMEOUT="+testextent.Timeout().String(), "BULKNUM_SECOND_PASS=0s", // all are waited for in real time
		"TELEGENT_API_URL="+o.server.URL, "TELEGENT_ACCOUNT_KEY=DID-1", "TELEGENT_ACCOUNT_SECRET=s3cret",
		"BULKNUM_RATE=5000/s", "BULKNUM_WORKERS=8",
	)
	var failed *exec.ExitError
	if err := c.Start(); err != nil {
		o.t.Fatal(err)
	}
	began(c.Process.Pid)
	if err := c.Wait(); err != nil && !errors.As(err, &failed) {
		o.t.Fatalf("%v: %v", e.args, err)
	}
	e.code = c.ProcessState.ExitCode()
	return e
}

// bulknum runs a command of bulknum.
func (o *operator) bulknum(args ...string) *ended {
	o.t.Helper()
	return o.run("bulknum", args...)
}
