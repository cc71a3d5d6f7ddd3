package acceptance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// anyPort has a command serve its page at a port of loopback that the system chooses: nobody else can take it before.
const anyPort = "127.0.0.1:0"

// shownAt is where a command says that it is shown.
var shownAt = regexp.MustCompile(`is shown at http://\S+:(\d+)`)

// address is where the command is shown, on loopback; "": it has not said it yet.
func (c *child) address() string {
	told := c.shown
	if told == nil {
		told = &c.stderr
	}
	found := shownAt.FindStringSubmatch(told.String())
	if found == nil {
		return ""
	}
	return "127.0.0.1:" + found[1]
}

// ask asks the live page of a command for a path, until it is there.
func (c *child) ask(t *testing.T, path string) *http.Response {
	t.Helper()
	answer := c.connect(path)
	if answer == nil {
		t.Fatalf("%v ended: %s", c.Args, &c.stderr)
	}
	return answer
}

// connect asks the live page for a path as soon as it is there; nil: the command has ended before that.
func (c *child) connect(path string) *http.Response {
	again := time.NewTicker(pause)
	defer again.Stop()
	for {
		if at := c.address(); at != "" {
			if answer, err := http.Get("http://" + at + path); err == nil {
				return answer
			}
		}
		select {
		case <-again.C:
		case <-c.ended:
			return nil
		}
	}
}

// figures are what a live page and a summary both have.
type figures struct {
	Rows       int
	DurationMs int
	Counts     map[string]int
	Requests   struct {
		Total                          int
		ByEndpoint, ByStatus, WaitedMs map[string]int
	}
}

// The live page ends with the numbers of summary.json, also of a run that is
// resumed; what it shows on the way is never more.
func TestLiveEndsAsTheSummary(t *testing.T) {
	t.Parallel()
	faults, err := sandbox.ParseFaults("429=0.05,503=0.02")
	if err != nil {
		t.Fatal(err)
	}
	o := newOperator(t, sandbox.Config{Faults: faults, Seed: 1, Judge: func(_, after sandbox.Record) (v sandbox.Verdict) {
		if strings.HasSuffix(after.Number, "7") {
			v.Refuse = "not this one"
		}
		return v
	}})
	name := o.file("rows", 120)
	for _, command := range [][]string{
		{"apply", name, "--yes", "--all", "--run", "one", "--max-failures", "100%"},
		{"resume", "one", "--yes", "--retry-failed", "--max-failures", "100%"},
	} {
		connected := make(chan struct{})
		o.after(1, func() { <-connected })
		// A row that is refused after a 503 is read when the time of its request is over.
		c := o.start(o.command("bulknum", append(command, "--listen", anyPort, "--timeout", "2s")...))
		answer := c.ask(t, "/events")
		close(connected)
		last := ""
		for lines := bufio.NewReader(answer.Body); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				break
			}
			if data, ok := strings.CutPrefix(line, "data: "); ok {
				last = data
			}
		}
		answer.Body.Close()
		<-c.ended
		c.wants(t, 5)
		var shown, summary figures
		content, err := os.ReadFile(filepath.Join(o.dir, "runs", "one", "summary.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(content, &summary); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(last), &shown); err != nil {
			t.Fatalf("%v: %s", err, last)
		}
		if d := cmp.Diff(summary, shown); d != "" || shown.Rows != 120 || shown.Counts["failed"] == 0 {
			t.Errorf("%s: the page ends otherwise: %v %s", command[0], shown, d)
		}
	}
}

// A run that is killed leaves a whole file of metrics, which still tells of the
// run before.
func TestKilledRunLeavesItsMetricsWhole(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	o := newOperator(t, sandbox.Config{})
	o.mayBeKilled()
	name := o.file("rows", 50)
	path := filepath.Join(o.dir, "rows.prom")
	o.bulknum(0, "apply", name, "--job", "rows", "--yes", "--all", "--metrics-file", "rows.prom")
	for requests := 1; requests < 50; requests += 7 {
		var c *child
		started := make(chan struct{})
		o.after(requests, func() {
			<-started
			if err := c.Process.Kill(); err != nil {
				t.Error(err)
			}
		})
		c = o.start(o.command("bulknum", "apply", name, "--job", "rows", "--yes", "--all", "--metrics-file", "rows.prom"))
		close(started)
		<-c.ended
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := string(content)
		if !strings.Contains(text, `bulknum_last_run_exit_code{bulknum_job="rows"} 0`+"\n") || !strings.HasSuffix(text, "\n") ||
			strings.Count(text, "# TYPE ") != strings.Count(text, "# HELP ") || !strings.Contains(text, "bulknum_running{") {
			t.Fatalf("killed at request %d: %s", requests, text)
		}
	}
}

// told is all that a live page tells, until the run ends, which it does when
// everything has been asked for.
func (c *child) told(t *testing.T, asked chan<- struct{}) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{"/", "/state.json", "/metrics", "/healthz", "/events"} {
		answer := c.ask(t, path)
		fmt.Fprintln(&all, path, answer.Status, answer.Header)
		if path == "/events" {
			close(asked)
		}
		_, err := io.Copy(&all, answer.Body)
		answer.Body.Close()
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	return all.String()
}
