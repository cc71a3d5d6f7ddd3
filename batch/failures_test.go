package batch_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// doubtful leaves every update in doubt that is among the first so many rows of a file,
// each once more when it is settled: it is silent, and then refuses.
func doubtful(rows int) func(*http.Request) http.Handler {
	var all []http.HandlerFunc
	for range rows {
		all = append(all, silence, status(http.StatusBadRequest))
	}
	for range rows {
		all = append(all, status(http.StatusBadRequest))
	}
	return answers(all...)
}

// A row that is settled counts once against --max-failures: two rows in doubt are not
// four when they are sent once more.
func TestMaxFailuresCountsARowOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Answer: doubtful(2)}, rows(2)))
		b.config.Workers, b.config.MaxFailures = 1, plan.Limit{Rows: 2}
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Unknown: 2})
	})
}

// A row counts by how it stands: what was in doubt and has been applied is no failure
// any more.
func TestMaxFailuresCountsAsARowStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		applied := func(r *http.Request) http.Handler { // the first two are swallowed, then sent again; the third is refused
			if !strings.HasSuffix(r.URL.Path, "/numbers/update") {
				return nil
			}
			switch n++; n {
			case 1, 3:
				return http.HandlerFunc(silence)
			case 2, 4, 6:
				return status(http.StatusBadRequest)
			default:
				return nil
			}
		}
		b := planned(newBench(t, sandbox.Config{Answer: applied}, rows(3)))
		b.config.Workers, b.config.MaxFailures = 1, plan.Limit{Rows: 2}
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 2, result.Unknown: 1})
	})
}

// What failed in earlier executions does not count against a resumed one.
func TestMaxFailuresOfAResumedRun(t *testing.T) {
	testextent.Variant(t) // of TestMaxFailuresSeesWhatFailsInReading
	synctest.Test(t, func(t *testing.T) {
		refuse := true
		judge := func(_, after sandbox.Record) (v sandbox.Verdict) {
			if refuse && after.Number <= number(5) || after.Number == number(20) {
				v.Refuse = "not today"
			}
			return v
		}
		b := planned(newBench(t, sandbox.Config{Judge: judge}, rows(30)))
		b.config.Workers, b.config.MaxFailures = 1, plan.Limit{Rows: 3}
		run, _, err := b.apply()
		if err != nil || run.Stop.Reason != result.StoppedByFailures || !strings.Contains(run.Stop.Detail, "4 of 4 rows") {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		refuse = false
		run, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 25, result.Failed: 5})
	})
}

// Numbers that fail in reading count before the first update, of a number of rows and of
// a share of all: a file of another account's numbers changes nothing.
func TestMaxFailuresSeesWhatFailsInReading(t *testing.T) {
	testextent.Variant(t)
	for name, c := range map[string]struct {
		unknown int
		limit   plan.Limit
		want    string // "": it is sent
	}{
		"a number of rows":      {4, plan.Limit{Rows: 3}, "4 of 4 rows failed or are unknown, more than 3"},
		"as many as may fail":   {3, plan.Limit{Rows: 3}, ""},
		"a share of all rows":   {31, plan.Limit{Share: 0.1}, "31 of 70 rows failed or are unknown, more than 10%"},
		"a share that may fail": {4, plan.Limit{Share: 0.1}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "as many as may fail" && name != "a share of all rows" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{Numbers: 300, OnlyInventory: true}, ""))
				text := b.inventoryRows(39, 39)
				for i := range c.unknown {
					text += number(900+i) + ",MRID-new\n"
				}
				b.again(text)
				b.config.MaxFailures = c.limit
				run, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				if c.want == "" {
					wantCounts(t, results, map[result.Status]int{result.Updated: 39, result.Failed: c.unknown})
					return
				}
				if run.Stop.Reason != result.StoppedByFailures || !strings.Contains(run.Stop.Detail, c.want) || b.fake.Stats().Updates != 0 {
					t.Errorf("stop %v, %d updates", run.Stop, b.fake.Stats().Updates)
				}
				time.Sleep(time.Hour) // of synctest: takes no real time
				run, _, err = b.resume(run, batch.ResumeOptions{})
				if err != nil || run.Stop.Reason != result.StoppedByFailures || b.fake.Stats().Updates != 0 {
					t.Errorf("resumed: error %v, stop %v, %d updates", err, run.Stop, b.fake.Stats().Updates)
				}
				b.config.MaxFailures = plan.Limit{Share: 1}
				_, results, err = b.resume(run, batch.ResumeOptions{})
				if err != nil {
					t.Fatal(err)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 39, result.Failed: c.unknown})
			})
		})
	}
}

// What failed in reading counts in the execution that begins to send, and not in later
// ones.
func TestWhatFailedInReadingCountsInItsExecution(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 300, OnlyInventory: true}, ""))
		b.again(b.inventoryRows(39, 39) + number(900) + ",MRID-new\n")
		b.config.MaxFailures = plan.Limit{Rows: 1}
		time.AfterFunc(30*time.Second, func() { b.config.Control.Stop(sigint) })
		run, _, err := b.apply()
		if err != nil || !run.Stop.Early() || b.fake.Stats().Updates == 0 {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		b.config.MaxFailures = plan.Limit{}
		run, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 39, result.Failed: 1})
	})
}
