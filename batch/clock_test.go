package batch_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// setBack does something by a clock that is ahead, and then something else by one
// that is right, in the same runs folder: each bubble's clock begins at the same
// moment.
func setBack(t *testing.T, ahead time.Duration, rows string, first, then func(t *testing.T, b *bench)) {
	t.Helper()
	runsDir := t.TempDir()
	keepStore(t, runsDir)
	var routes []string
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBenchIn(t, sandbox.Config{}, rows, runsDir))
		time.Sleep(ahead) // of synctest: takes no real time
		first(t, b)
		routes = strings.Fields(b.routes(100))
	})
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBenchIn(t, sandbox.Config{}, rows, runsDir))
		for i, route := range routes {
			b.setRoute(number(i), route)
		}
		then(t, b)
	})
}

// opened is the run of the folder that is the only one, or the newest.
func (b *bench) opened() *runs.Run {
	b.t.Helper()
	run, err := b.runs().Find(context.Background(), runs.Latest)
	if err != nil {
		b.t.Fatal(err)
	}
	return run
}

// A run that goes on after the clock was set back does not undo one that began
// meanwhile: what was done later is told by the order in which it was done.
func TestResumeAfterTheClockWasSetBack(t *testing.T) {
	testextent.Variant(t)
	for _, ahead := range []time.Duration{30 * time.Second, time.Hour, 10 * 24 * time.Hour} {
		setBack(t, ahead, rows(100), func(_ *testing.T, b *bench) {
			b.half()
		}, func(t *testing.T, b *bench) {
			run := b.opened()
			b.again("Number,MessageRouteId\n" + number(99) + ",MRID-other\n")
			b.config.Job = "another"
			if _, _, err := b.apply(); err != nil {
				t.Fatal(err)
			}
			again, results, err := b.resume(run, batch.ResumeOptions{})
			if err != nil || again.Stop.Early() {
				t.Fatalf("error %v, stop %v", err, again.Stop)
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: 99, result.Conflict: 1})
			if record, _ := b.fake.Number(number(99)); record.MessageRouteId != "MRID-other" {
				t.Errorf("%s ahead: it was overwritten: %s", ahead, record.MessageRouteId)
			}
			summary, err := again.Summary(t.Context())
			if err != nil || summary.DurationMs < 0 {
				t.Errorf("%s ahead: it took %d ms, %v", ahead, summary.DurationMs, err)
			}
		})
	}
}

// A reading from the future is as good as none: it is made again before anything
// is sent.
func TestAReadingFromTheFutureIsMadeAgain(t *testing.T) {
	testextent.Variant(t) // of TestAPlanFromTheFutureIsRefused
	setBack(t, 10*24*time.Hour, rows(100), func(_ *testing.T, b *bench) {
		b.half()
	}, func(t *testing.T, b *bench) {
		for i := 80; i < 100; i++ {
			b.setRoute(number(i), "MRID-theirs")
		}
		time.Sleep(24 * time.Hour) // of synctest: takes no real time
		_, results, err := b.resume(b.opened(), batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 80, result.Conflict: 20})
	})
}

// A plan from the future is not applied, nor does it approve of anything.
func TestAPlanFromTheFutureIsRefused(t *testing.T) {
	setBack(t, 10*24*time.Hour, rows(100), func(t *testing.T, b *bench) {
		if _, err := b.dryRun(); err != nil {
			t.Fatal(err)
		}
	}, func(t *testing.T, b *bench) {
		plan := b.opened()
		_, err := b.applyPlan(plan)
		if text := refused(t, b, err); !strings.Contains(text, "from now, by this clock") {
			t.Errorf("got %q", text)
		}
		b.config.Approved, b.config.ApprovedMaxAge = plan.Identity.Name, 30*24*time.Hour
		b.again(rows(100))
		_, _, err = b.apply()
		if text := refused(t, b, err); !strings.Contains(text, "from now, by this clock") {
			t.Errorf("as an approval: %q", text)
		}
	})
}

// What a cutover changed is protected by what was done last, whatever the clock
// said.
func TestTheCutoverIsKeptAfterTheClockWasSetBack(t *testing.T) {
	testextent.Variant(t) // of TestACutoverIsNotUndoneByAnotherJob
	setBack(t, 10*24*time.Hour, "", func(t *testing.T, b *bench) {
		b.take(0, step{job: "first", route: "MRID-old"})
		b.take(0, step{job: "cutover", route: "MRID-new", with: withWaves})
	}, func(t *testing.T, b *bench) {
		for n, s := range []step{
			{job: "nightly", route: "MRID-old", want: result.Conflict},
			{job: "undo", route: "MRID-old", with: takesBack("cutover-a"), want: result.Updated},
			{job: "weekly", route: "MRID-new", want: result.Updated},
			{job: "nightly", route: "MRID-old", want: result.Updated},
		} {
			if _, got, err := b.take(n, s); err != nil || got.Status != s.want {
				t.Errorf("step %d: got %+v, %v, want %s", n+1, got, err, s.want)
			}
		}
		want := []string{"first-a", "cutover-a", "nightly-a", "undo-b", "weekly-c", "nightly-d"}
		var got []string
		for _, p := range b.history().Entries {
			got = append(got, p.Run)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the story is in another order than it was done: %s", diff)
		}
	})
}

// What the API does not show is known by what was done last, not by the run that
// began last.
func TestWriteOnlyFieldsAreKnownByTheOrderOfUpdates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, product+number(1)+",Data-Only\n"))
		early, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		b.nightly("late", product+number(1)+",Sms-Only\n")
		b.config.RunName = ""
		applied, err := b.applyPlan(early)
		if err != nil || results(t, applied)[0].Status != result.Updated {
			t.Fatalf("%+v, %v", applied, err)
		}
		for _, c := range []struct {
			value string
			want  result.Status
		}{{"Data-Only", result.Unchanged}, {"Sms-Only", result.Updated}, {"Sms-Only", result.Unchanged}} {
			time.Sleep(time.Hour) // of synctest: takes no real time
			b.again(product + number(1) + "," + c.value + "\n")
			if _, results, err := b.apply(); err != nil || results[0].Status != c.want {
				t.Errorf("%s: %+v, %v, want %s", c.value, results, err, c.want)
			}
		}
	})
}
