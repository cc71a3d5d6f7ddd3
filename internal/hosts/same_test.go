//go:build linux

package hosts

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// A run that is killed in one pod, whose folder is gone with it, and resumed in another, tells the same in the end as one
// that nobody has killed, but for when that was, and what its executions took.
func TestAKilledRunEndsAsOneThatWasNot(t *testing.T) {
	t.Parallel()
	apply := []string{"apply", "rows.csv", "--read", "each", "--yes", "--run", "one", "--job", "nightly", "--workers", "1"}
	begin := func() *site {
		s := newSite(t, pgtest.Shared(t), sandbox.Config{})
		h := s.host("before")
		if err := h.write("rows.csv", rows/3); err != nil {
			t.Fatal(err)
		}
		h.run(0, "apply", "rows.csv", "--all", "--yes", "--run", "zero") // so that some rows are unchanged
		return s
	}

	whole := begin().host("pod")
	whole.run(0, apply...)

	killed := begin()
	pod, another := killed.host("pod"), killed.host("another")
	c := pod.start(apply...)
	<-pod.stopAfter(c, func() bool {
		return killed.ask("SELECT (SELECT count(*) FROM bulknum.results WHERE status = 'updated') || ' ' || (SELECT count(*) FROM bulknum.in_flight)") ==
			strconv.Itoa(rows/3+3)+" 0"
	})
	c.signal(syscall.SIGKILL)
	c.code()
	if err := os.RemoveAll(pod.dir); err != nil {
		t.Fatal(err)
	}
	another.run(0, "resume", "one", "--yes", "--wait-lock", "1m")
	if n := len(killed.seen()); n != rows {
		t.Errorf("%d updates were sent, want %d", n, rows)
	}

	third := killed.host("third")
	third.run(0, "report", "one")
	for _, told := range []func(*host) string{
		func(h *host) string { return h.untimed("results.csv") },
		func(h *host) string { return h.untimed("plan.csv") },
		(*host).summary,
		func(h *host) string { return timesInReport.ReplaceAllString(h.run(0, "report", "one"), "") },
		func(h *host) string {
			return timesInReport.ReplaceAllString(h.run(0, "report", "one", "--format", "markdown"), "")
		},
	} {
		want := told(whole)
		for _, h := range []*host{another, third} {
			if diff := cmp.Diff(strings.ReplaceAll(want, whole.url, h.url), told(h)); diff != "" {
				t.Errorf("of a run that was killed (+):\n%s", diff)
			}
		}
	}
}

// timesInReport are when something was done, and how long that took; and how much of the rate and how many requests the executions
// took: each fetches a token, and what was asked in the second before a kill is not counted.
var timesInReport = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)|(?m)^(\| )?(Requests|Time|Rate|Unchanged as of) .*\n|,\d+$`)

// untimed is a file of the run's folder.
func (h *host) untimed(name string) string {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.dir, "runs", "one", name))
	if err != nil || len(text) == 0 {
		h.t.Fatalf("%s: %d bytes, %v", name, len(text), err)
	}
	return timesInReport.ReplaceAllString(string(text), "")
}

// summary is what is in summary.json beside that.
func (h *host) summary() string {
	h.t.Helper()
	var summary map[string]any
	if err := json.Unmarshal([]byte(h.untimed("summary.json")), &summary); err != nil {
		h.t.Fatal(err)
	}
	for _, key := range []string{"durationMs", "executions", "requests", "unchangedAsOf"} {
		delete(summary, key)
	}
	delete(summary["run"].(map[string]any), "pid") //nolint:forcetypeassert // as docs/schemas has it
	text, err := json.MarshalIndent(summary, "", " ")
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}
