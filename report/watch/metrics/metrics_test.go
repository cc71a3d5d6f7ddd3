package metrics_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch/metrics"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

// measures are the metrics of a run of its own.
type measures struct {
	*metrics.Metrics
	run *control.Control
}

// newMeasures returns those of a run that has not begun.
func newMeasures(job, version string) measures {
	run := control.New()
	return measures{metrics.New(job, version, run.Status), run}
}

// Listen tells an event of the run.
func (m measures) Listen(e event.Event) { watchtest.Tell(m.run, m.Metrics.Listen)(e) }

// measured is metrics that were told one event of each kind, and a little more.
func measured(t *testing.T) measures {
	t.Helper()
	m := newMeasures("", "v1.2.3")
	rate, err := client.ParseRate("48/m")
	if err != nil {
		t.Fatal(err)
	}
	m.run.SetAllowed(rate)
	now := time.Now()
	m.Listen(event.Began{At: now, Folder: "runs/night", Run: event.Run{Job: "night ly"}})
	for _, e := range watchtest.Events() {
		m.Listen(e)
	}
	m.Listen(event.Attempted{Attempt: client.Attempt{Endpoint: client.EndpointUpdate, Number: "+18015550009", Err: errors.New("no connection")}})
	m.Listen(event.Commanded{What: event.CommandRate, By: "Ada", Detail: "24/m"})
	m.Listen(event.Held{Why: "for Ada", Since: now})
	time.Sleep(30 * time.Second) // of synctest: takes no real time
	m.Listen(event.Held{Over: true})
	return m
}

// text is the metrics as they are scraped.
func text(t *testing.T, m measures) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "night.prom")
	metrics.KeepTextfile(path, m.Metrics, func(what string, err error) { t.Errorf("%s: %v", what, err) }).Close()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestMetricsPassTheLinter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := measured(t)
		m.End(runs.Outcome{At: time.Now()})
		registry, err := m.Registry()
		if err != nil {
			t.Fatal(err)
		}
		problems, err := testutil.GatherAndLint(registry)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	})
}

func TestMetricsHaveNeitherNumbersNorNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := text(t, measured(t))
		for _, word := range []string{"1801555", "Ada", "JNUOID", "interrupted", "no connection"} {
			if strings.Contains(got, word) {
				t.Errorf("%q is in the metrics", word)
			}
		}
	})
}

func TestMetricsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := measured(t)
		m.End(runs.Outcome{At: time.Now(), ExitCode: 5, Summary: &runs.Summary{Counts: map[result.Status]int{result.Updated: 3, result.Failed: 1}}})
		var got []string
		for line := range strings.Lines(text(t, m)) {
			if !strings.HasPrefix(line, "#") && !strings.Contains(line, "_bucket") && !strings.HasSuffix(line, " 0\n") {
				got = append(got, strings.TrimSuffix(strings.Replace(line, `bulknum_job="night ly"`, "…", 1), "\n"))
			}
		}
		want := []string{
			`bulknum_build_info{…,version="v1.2.3"} 1`,
			`bulknum_last_run_duration_seconds{…} 30`,
			`bulknum_last_run_exit_code{…} 5`,
			`bulknum_last_run_timestamp_seconds{…} 9.4668483e+08`,
			`bulknum_rate_per_second{…} 0.4`,
			`bulknum_request_duration_seconds_count{…,endpoint="inventory"} 1`,
			`bulknum_request_duration_seconds_sum{…,endpoint="update"} 0.03`,
			`bulknum_request_duration_seconds_count{…,endpoint="update"} 2`,
			`bulknum_requests_total{…,code="200",endpoint="inventory"} 1`,
			`bulknum_requests_total{…,code="429",endpoint="update"} 1`,
			`bulknum_requests_total{…,code="none",endpoint="update"} 1`,
			`bulknum_rows{…,status="failed"} 1`,
			`bulknum_rows{…,status="updated"} 3`,
			`bulknum_rows_total{…,status="failed"} 1`,
			`bulknum_rows_total{…,status="invalid"} 1`,
			`bulknum_rows_total{…,status="pending"} 1`,
			`bulknum_rows_total{…,status="updated"} 1`,
			`bulknum_run_start_timestamp_seconds{…} 9.466848e+08`,
			`bulknum_verified_rows{…,status="drifted"} 1`,
			`bulknum_verified_rows{…,status="in_sync"} 2`,
			`bulknum_waiting_seconds_total{…,reason="hold"} 30`,
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

// A verification has its own counts, and no rows that stand in any way.
func TestMetricsOfAVerification(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeasures("night-verify", "")
		m.Listen(event.Began{At: time.Now(), Verifies: true, Run: event.Run{Job: "night"}})
		m.Listen(event.NumbersVerified{Rows: 3, Counts: map[result.VerifyStatus]int{result.InSync: 2, result.Drifted: 1}})
		m.End(runs.Outcome{At: time.Now(), ExitCode: 2})
		var got []string
		for line := range strings.Lines(text(t, m)) {
			if strings.Contains(line, "rows{") {
				got = append(got, strings.TrimSpace(line))
			}
		}
		want := []string{
			`bulknum_verified_rows{bulknum_job="night-verify",status="drifted"} 1`,
			`bulknum_verified_rows{bulknum_job="night-verify",status="in_sync"} 2`,
			`bulknum_verified_rows{bulknum_job="night-verify",status="not_shown"} 0`,
			`bulknum_verified_rows{bulknum_job="night-verify",status="unreadable"} 0`,
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

// Waits overlap, go on beyond the moment, and are cut by the end of the run.
func TestMetricsOfWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeasures("rows", "")
		waited := func() string {
			for line := range strings.Lines(text(t, m)) {
				if _, value, ok := strings.Cut(line, `reason="429"} `); ok {
					return strings.TrimSpace(value)
				}
			}
			return ""
		}
		now := time.Now()
		tell := func(since, until time.Duration) {
			m.Listen(event.Waiting{Wait: client.Wait{Reason: client.WaitThrottled, Since: now.Add(since), Until: now.Add(until)}})
		}
		tell(0, 20*time.Second)
		tell(5*time.Second, 30*time.Second)
		tell(6*time.Second, 10*time.Second)
		time.Sleep(12 * time.Second) // of synctest: takes no real time
		if got := waited(); got != "12" {
			t.Errorf("after 12 s: %s", got)
		}
		time.Sleep(28 * time.Second) // of synctest: takes no real time
		if got := waited(); got != "30" {
			t.Errorf("after 40 s: %s", got)
		}
		tell(40*time.Second, 100*time.Second)
		time.Sleep(10 * time.Second) // of synctest: takes no real time
		m.Listen(event.Ended{At: time.Now()})
		time.Sleep(time.Minute) // of synctest: takes no real time, and is written a few times
		if got := waited(); got != "40" {
			t.Errorf("after the end: %s", got)
		}
	})
}

// While a run goes on, its file still tells what the last one came to.
func TestTextfileRemembersTheLastRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "night.prom")
		warn := func(what string, err error) { t.Errorf("%s: %v", what, err) }
		has := func(line string) {
			t.Helper()
			content, err := os.ReadFile(path)
			if err != nil || !strings.Contains(string(content), line+"\n") {
				t.Errorf("no %s: %v\n%s", line, err, content)
			}
		}
		first := newMeasures("night ly", "")
		file := metrics.KeepTextfile(path, first.Metrics, warn)
		synctest.Wait()
		first.End(runs.Outcome{At: time.Now()})
		file.Close()
		for _, code := range []int{6, 5} {
			time.Sleep(time.Minute) // of synctest: takes no real time, and is written a few times
			m := newMeasures("night ly", "")
			file := metrics.KeepTextfile(path, m.Metrics, warn)
			m.Listen(event.Began{At: time.Now(), Run: event.Run{Job: "night ly"}})
			time.Sleep(time.Minute) // of synctest: takes no real time
			synctest.Wait()
			has(`bulknum_running{bulknum_job="night ly"} 1`)
			has(`bulknum_last_success_timestamp_seconds{bulknum_job="night ly"} 9.466848e+08`)
			outcome := runs.Outcome{At: time.Now(), ExitCode: code, Summary: &runs.Summary{}}
			if code == 5 {
				has(`bulknum_last_run_exit_code{bulknum_job="night ly"} 6`)
				has(`bulknum_last_run_stop{bulknum_job="night ly",reason="hours"} 1`)
			} else {
				outcome.Summary.Stop = &result.Stop{Reason: result.StoppedByHours}
			}
			m.End(outcome)
			file.Close()
		}
		has(`bulknum_last_run_exit_code{bulknum_job="night ly"} 5`)
		if content, err := os.ReadFile(path); err != nil || strings.Contains(string(content), "last_run_stop") {
			t.Errorf("the reason of an earlier run is there, %v in\n%s", err, content)
		}
		has(`bulknum_running{bulknum_job="night ly"} 0`)
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o644 {
			t.Errorf("mode %s, %v: the collector cannot read it", info.Mode(), err)
		}
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
			t.Errorf("files: %v, %v", left, err)
		}
	})
}

// The file is replaced and never written into: whoever has it open, as a collector
// or after a kill, has all of it as it was.
func TestTextfileIsReplacedAsAWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "night.prom")
		m := newMeasures("night", "")
		file := metrics.KeepTextfile(path, m.Metrics, func(what string, err error) { t.Errorf("%s: %v", what, err) })
		synctest.Wait()
		open, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer open.Close()
		m.Listen(event.Began{At: time.Now(), Run: event.Run{Job: "night"}})
		file.Close()
		before, err := io.ReadAll(open)
		if err != nil || !strings.Contains(string(before), "bulknum_running{bulknum_job=\"night\"} 0\n") || !strings.HasSuffix(string(before), "\n") {
			t.Errorf("the file was written into: %v\n%s", err, before)
		}
		if after, err := os.ReadFile(path); err != nil || !strings.Contains(string(after), "bulknum_running{bulknum_job=\"night\"} 1\n") {
			t.Errorf("the file is not the new one: %v", err)
		}
	})
}

// A run is told as running from its beginning on, and one that goes on is not overwritten by a
// command that never begins one. That there was no success yet is a value too.
func TestTextfileOfARunThatGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "night.prom")
		warn := func(what string, err error) { t.Errorf("%s: %v", what, err) }
		has := func(line string) {
			t.Helper()
			if content, err := os.ReadFile(path); err != nil || !strings.Contains(string(content), line+"\n") {
				t.Errorf("want %s, %v in\n%s", line, err, content)
			}
		}
		m := newMeasures("night", "")
		file := metrics.KeepTextfile(path, m.Metrics, warn)
		synctest.Wait()
		has(`bulknum_running{bulknum_job="night"} 0`)
		has(`bulknum_last_success_timestamp_seconds{bulknum_job="night"} 0`)
		began := event.Began{At: time.Now(), Run: event.Run{Job: "night"}}
		m.Listen(began)
		file.Listen(began)
		synctest.Wait()
		has(`bulknum_running{bulknum_job="night"} 1`)
		second := newMeasures("night", "")
		other := metrics.KeepTextfile(path, second.Metrics, warn)
		second.End(runs.Outcome{At: time.Now(), ExitCode: 8})
		other.Close()
		has(`bulknum_running{bulknum_job="night"} 1`)
		m.End(runs.Outcome{At: time.Now()})
		file.Close()
		has(`bulknum_running{bulknum_job="night"} 0`)
		has(`bulknum_last_run_exit_code{bulknum_job="night"} 0`)
	})
}

// A file that has the metrics of another job is left to it.
func TestTextfileOfAnotherJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "night.prom")
		var told []string
		keep := func(job string) string {
			m := newMeasures(job, "")
			file := metrics.KeepTextfile(path, m.Metrics, func(what string, err error) { told = append(told, what+": "+err.Error()) })
			time.Sleep(time.Minute) // of synctest: takes no real time, and is written a few times
			m.End(runs.Outcome{At: time.Now()})
			file.Close()
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return string(content)
		}
		first := keep(`night "1"`)
		if second := keep("night-verify"); second != first {
			t.Errorf("it was written all the same: %s", second)
		}
		want := []string{`the metrics were not written: the file has those of job night "1": give each job a file of its own`}
		if d := cmp.Diff(want, told); d != "" {
			t.Error(d)
		}
		if third := keep(`night "1"`); third == first {
			t.Error("its own job does not write it")
		}
	})
}

// A run without a job, as of standard input, does not write into the file of one that has one, nor the other way
// around; and a command that ends before it has a run leaves the file as it is.
func TestTextfileOfARunWithoutAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "night.prom")
		var told []string
		keep := func(early string, run *event.Run) string {
			m := newMeasures(early, "")
			file := metrics.KeepTextfile(path, m.Metrics, func(_ string, err error) { told = append(told, err.Error()) })
			synctest.Wait()
			if run != nil {
				began := event.Began{At: time.Now(), Run: *run}
				m.Listen(began)
				file.Listen(began)
			}
			time.Sleep(time.Minute) // of synctest: takes no real time, and is written a few times
			m.End(runs.Outcome{At: time.Now()})
			file.Close()
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return string(content)
		}
		night := keep("night", &event.Run{Job: "night"})
		if got := keep("", &event.Run{}); got != night || len(told) != 1 || !strings.Contains(told[0], "has those of job night:") {
			t.Errorf("%q, %s", told, got)
		}
		if got := keep("", nil); got != night || len(told) != 1 {
			t.Errorf("a command without a run: %q, %s", told, got)
		}
		if got := keep("", &event.Run{Job: "night"}); got == night || len(told) != 1 {
			t.Errorf("its own run: %q, %s", told, got)
		}
		path = filepath.Join(filepath.Dir(path), "stdin.prom")
		stdin := keep("", &event.Run{})
		if got := keep("", &event.Run{}); got == stdin || len(told) != 1 {
			t.Errorf("another without a job: %q, %s", told, got)
		}
		stdin = keep("", &event.Run{})
		if got := keep("night", &event.Run{Job: "night"}); got != stdin || len(told) != 2 || !strings.Contains(told[1], "has those of runs without a job:") {
			t.Errorf("%q, %s", told, got)
		}
	})
}

// The rows that came to an end are those of the run, also what needed nothing and what was not attempted.
func TestMetricsCountEveryRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeasures("night", "")
		m.Listen(event.Began{At: time.Now(), Run: event.Run{Job: "night"}})
		m.Listen(event.PlanMade{Plan: &plan.Plan{Counts: map[result.Status]int{result.Planned: 5, result.Unchanged: 7, result.Invalid: 1}}})
		for _, status := range []result.Status{result.Updated, result.Updated, result.NotAttempted} {
			m.Listen(event.Finished{Result: result.Result{Status: status}, Was: result.Planned})
		}
		m.End(runs.Outcome{At: time.Now(), ExitCode: 6, Summary: &runs.Summary{Counts: map[result.Status]int{
			result.Updated: 2, result.Unchanged: 7, result.NotAttempted: 3, result.Invalid: 1,
		}}})
		all := text(t, m)
		for status, rows := range map[result.Status]int{result.Updated: 2, result.Unchanged: 7, result.NotAttempted: 3, result.Invalid: 1} {
			for _, name := range []string{"bulknum_rows", "bulknum_rows_total"} {
				if want := fmt.Sprintf("%s{bulknum_job=\"night\",status=%q} %d\n", name, status, rows); !strings.Contains(all, want) {
					t.Errorf("no %s in %s", want, all)
				}
			}
		}
	})
}

// A file that cannot be written is told once.
func TestTextfileThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		path := filepath.Join(t.TempDir(), "missing", "night.prom")
		file := metrics.KeepTextfile(path, newMeasures("rows", "").Metrics, func(what string, _ error) { told = append(told, what) })
		time.Sleep(time.Minute) // of synctest: takes no real time, and is written a few times
		file.Close()
		if len(told) != 1 {
			t.Errorf("told %d times: %v", len(told), told)
		}
	})
}
