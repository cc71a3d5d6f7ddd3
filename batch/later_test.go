package batch_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// Monday's run stopped in the middle, and Tuesday's file of the same job set all back:
// Monday is not gone on with unless that is known, and then Tuesday's word counts.
func TestResumeAfterANewerRunOfTheJob(t *testing.T) {
	testextent.Variant(t)
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.again(routed(200, "MRID-old"))
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.again(routed(200, "MRID-new"))
		monday := b.half()
		sent := b.fake.Stats().Updates - 200
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.again(routed(200, "MRID-old"))
		tuesday, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: sent, result.Unchanged: 200 - sent})
		updates := b.fake.Stats().Updates
		_, _, err = b.resume(monday, batch.ResumeOptions{})
		for _, want := range []string{tuesday.Identity.Name, "of the rows that it had updated", "of the rows that are left"} {
			if err == nil || !strings.Contains(err.Error(), want) || b.fake.Stats().Updates != updates {
				t.Errorf("error %v, want %q in it", err, want)
			}
		}
		_, results, err = b.resume(monday, batch.ResumeOptions{AfterLater: true})
		if err != nil || b.fake.Stats().Updates != updates {
			t.Fatalf("%d updates more, %v", b.fake.Stats().Updates-updates, err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: sent, result.Conflict: 200 - sent})
	})
}

// A rollback that was cut off is not gone on with when another job moved on what it had
// taken back; what that job did not touch is.
func TestResumeOfARollbackAfterANewerRun(t *testing.T) {
	testextent.Variant(t) // of TestResumeAfterANewerRunOfTheJob
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.again(routed(100, "MRID-old"))
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.again(routed(100, "MRID-new"))
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		b.onceMore()
		plan, err := batch.PlanRollback(t.Context(), b.config, run.Identity.Name, batch.RollbackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Minute, func() { b.config.Control.Stop(sigint) })
		back, err := batch.Apply(t.Context(), plan.Config(b.config))
		if err != nil || !back.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, back.Stop)
		}
		b.again(routed(5, "MRID-other"))
		b.config.Job = "other"
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.resume(back, batch.ResumeOptions{}); err == nil || !strings.Contains(err.Error(), "moved 5 of the rows that it had updated") {
			t.Errorf("error %v", err)
		}
		_, results, err := b.resume(back, batch.ResumeOptions{AfterLater: true})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 100})
		if record, _ := b.fake.Number(number(0)); record.MessageRouteId != "MRID-other" {
			t.Errorf("it was moved back: %s", record.MessageRouteId)
		}
	})
}

// A stopped run survives one of another job that only found its rows as they were, and
// one of the same file.
func TestResumeAfterARunThatMovedNothing(t *testing.T) {
	testextent.Variant(t)
	for name, c := range map[string]struct{ job, route string }{
		"another job, and nothing to do": {"nightly", "MRID-old"},
		"the same file again":            {"rows", "MRID-new"},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "the same file again" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{}, ""))
				b.again(routed(200, "MRID-old"))
				if _, _, err := b.apply(); err != nil {
					t.Fatal(err)
				}
				b.again(routed(200, "MRID-new"))
				run := b.half()
				b.again("Number,MessageRouteId\n" + number(199) + "," + c.route + "\n")
				b.config.Job, b.config.Guards.MaxShrink.Share = c.job, 1
				if _, _, err := b.apply(); err != nil {
					t.Fatal(err)
				}
				if _, _, err := b.resume(run, batch.ResumeOptions{}); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A run is told also where a later one is damaged, which may have moved its rows.
func TestASummaryBesideADamagedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(3)))
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		b.again("Number,MessageRouteId\n" + number(0) + ",MRID-other\n")
		b.config.Job = "other"
		other, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		run = reopened(t, run)
		told, err := run.Summary(t.Context())
		if err != nil || told.Later == nil || told.Later.Moved != 1 || !slices.Equal(told.Later.By, []string{other.Identity.Name}) {
			t.Fatalf("later is %+v, %v", told.Later, err)
		}
		run.In.Store = storetest.Damaged{Store: b.config.Store, Name: other.Identity.Name}
		if told, err = run.Summary(t.Context()); err != nil || told.Later != nil {
			t.Errorf("later is %+v, %v", told.Later, err)
		}
	})
}

// A row that a run has found as asked, and that a later run moved before this one goes on,
// is read again however young its reading is: it is not told as unchanged, nor as moved
// from a value that it had not any more.
func TestWhatALaterRunMovedIsNotUnchanged(t *testing.T) {
	testextent.Variant(t)
	resume := func(b *bench, run *runs.Run) (*runs.Run, error) {
		run, _, err := b.resume(run, batch.ResumeOptions{})
		return run, err
	}
	for name, c := range map[string]struct {
		first func(*bench) (*runs.Run, error)
		next  func(*bench, *runs.Run) (*runs.Run, error)
		want  result.Status
	}{
		"of a run that stopped while it sent": {func(b *bench) (*runs.Run, error) {
			time.AfterFunc(6*time.Minute, func() { b.config.Control.Stop(sigint) })
			run, _, err := b.apply()
			if err == nil && (!run.Stop.Early() || !run.Applied) {
				b.t.Errorf("it was to stop while it sent, and ended %v", run.Stop)
			}
			return run, err
		}, resume, result.Conflict},
		"of a plan": {(*bench).dryRun, (*bench).applyPlan, result.Conflict},
		// It has no plan yet, and what it asks for is the newer word.
		"of a run that stopped while it read": {func(b *bench) (*runs.Run, error) { return b.half(), nil }, resume, result.Updated},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "of a run that stopped while it sent" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{}, ""))
				b.again(routed(5, "MRID-new"))
				if _, _, err := b.apply(); err != nil {
					t.Fatal(err)
				}
				b.again(routed(200, "MRID-new"))
				b.config.Recheck = 24 * time.Hour
				run, err := c.first(b)
				if err != nil {
					t.Fatal(err)
				}
				b.again("Number,MessageRouteId\n" + number(3) + ",MRID-other\n")
				b.config.Job = "other"
				if _, _, err := b.apply(); err != nil {
					t.Fatal(err)
				}
				if run, err = c.next(b, run); err != nil {
					t.Fatal(err)
				}
				got := results(t, run)
				want := map[result.Status]int{result.Updated: 195, result.Unchanged: 4}
				want[c.want]++
				wantCounts(t, got, want)
				if got[3].Status != c.want || c.want == result.Updated && got[3].Changes != "MessageRouteId MRID-other -> MRID-new" {
					t.Errorf("%+v", got[3])
				}
			})
		})
	}
}
