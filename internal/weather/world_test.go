package weather_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/freeport"
)

// asked is the message route that every row asks for.
const asked = "MRID-6f6a4b51-25d4-4b0c-9d3b-4a3a3f1d9c11"

// world is an API with its numbers, what is between it and the command, and the folder that the command runs in.
type world struct {
	*testing.T

	dir     string
	api     *sandbox.Sandbox
	server  *httptest.Server // of the API, plain HTTP
	numbers []string         // of the rows
	old     map[string]string
	way     way
	trusted *authority
	after   map[int64]func() // what happens at the n-th update, before it is answered

	updates atomic.Int64
	stderr  string // of the last command
	code    int    // its exit code
}

// way is how the command reaches the API.
type way struct {
	url string
	env []string
}

// newWorld is one with so many rows.
func newWorld(t *testing.T, c weather) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), old: map[string]string{}, after: map[int64]func(){}}
	config := sandbox.Config{Numbers: 2 * rows, AccountKey: "DID-1", AccountSecret: "s3cret", Latency: c.latency}
	config.Observe = func(s sandbox.Seen) {
		if s.Endpoint != sandbox.Update {
			return
		}
		if happens := w.after[w.updates.Add(1)]; happens != nil {
			happens()
		}
	}
	var err error
	if c.faults != "" {
		config.Faults, err = sandbox.ParseFaults(c.faults)
		w.must(err)
	}
	w.api, err = sandbox.New(config)
	w.must(err)
	w.server = httptest.NewServer(w.api)
	t.Cleanup(w.server.Close)
	var input strings.Builder
	input.WriteString("Number,MessageRouteId\n")
	for i := range rows {
		number, _ := w.api.InventoryNumber(i)
		record, _ := w.api.Number(number)
		w.numbers = append(w.numbers, number)
		w.old[number] = record.MessageRouteId
		fmt.Fprintf(&input, "%s,%s\n", number, asked)
	}
	w.write("rows.csv", input.String())
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// write makes a file in the folder and returns its path.
func (w *world) write(name, text string) string {
	w.Helper()
	path := filepath.Join(w.dir, name)
	w.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// bulknum runs the command.
func (w *world) bulknum(args ...string) {
	w.Helper()
	command := exec.CommandContext(w.Context(), "bulknum", args...)
	command.Dir = w.dir
	command.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"),
		"TELEGENT_ACCOUNT_KEY=DID-1", "TELEGENT_ACCOUNT_SECRET=s3cret", "TELEGENT_API_URL=" + w.way.url,
		"BULKNUM_RATE=10/s", "BULKNUM_TIMEOUT=2s", "BULKNUM_READ_LAG=1s", "BULKNUM_OUTAGE_WAIT=20s", "BULKNUM_SECOND_PASS=0s",
	}, w.way.env...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	err := command.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		w.Fatal(err)
	}
	w.stderr, w.code = stderr.String(), command.ProcessState.ExitCode()
	w.Logf("bulknum %s: exit code %d\n%s", strings.Join(args, " "), w.code, w.stderr)
}

// results are the statuses of a run's rows, by number: none where it has sent nothing.
func (w *world) results(run string) map[string]string {
	w.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, "runs", run, "results.csv"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	w.must(err)
	records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	w.must(err)
	statuses := map[string]string{}
	for _, record := range records[1:] {
		statuses[record[2]] = record[3]
	}
	if len(statuses) != rows {
		w.Errorf("%s has results of %d numbers, want %d", run, len(statuses), rows)
	}
	return statuses
}

// judge holds what a run tells of its rows against what the API has, once nothing can reach that any more. want is the
// route that the run was to write for a number.
func (w *world) judge(run string, before, want func(number string) string) map[string]int {
	w.Helper()
	counts := map[string]int{}
	for number, status := range w.results(run) {
		counts[status]++
		record, _ := w.api.Number(number)
		switch status {
		case "updated", "unchanged":
			if record.MessageRouteId != want(number) {
				w.Errorf("%s is %s, and has %s, want %s", number, status, record.MessageRouteId, want(number))
			}
		case "failed", "not_attempted":
			if record.MessageRouteId != before(number) {
				w.Errorf("%s is %s, and has %s, want %s", number, status, record.MessageRouteId, before(number))
			}
		case "unknown":
		default:
			w.Errorf("%s is %s", number, status)
		}
	}
	return counts
}

// most is the most updates that a number was sent.
func (w *world) most() (most int) {
	for _, number := range w.api.Stats().Numbers {
		most = max(most, number.Requests)
	}
	return most
}

// port is one of loopback that nobody listens at.
func (w *world) port() string {
	w.Helper()
	port, err := freeport.Find()
	w.must(err)
	return strconv.Itoa(port)
}

// upstream is the API's host and port.
func (w *world) upstream() string { return w.server.Listener.Addr().String() }
