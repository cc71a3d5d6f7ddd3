package batch_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// step is a run of one number's route, and what is to become of the row.
type step struct {
	job, route string
	with       func(*batch.Config)
	want       result.Status
}

// withWaves makes a run a cutover.
func withWaves(c *batch.Config) { c.Waves, _ = plan.ParseWaves("10,100%") }

// jobNamed makes a run one whose job somebody named for it.
func jobNamed(c *batch.Config) { c.JobNamed = true }

// takesBack makes a run a rollback of another.
func takesBack(name string) func(*batch.Config) {
	return func(c *batch.Config) { c.RollbackOf = name }
}

// unprotects makes a run unprotect a cutover.
func unprotects(name string) func(*batch.Config) {
	return func(c *batch.Config) { c.Unprotect = []string{name} }
}

// readNothing makes a run one that sends every row.
func readNothing(c *batch.Config) { c.All = true }

// routeOf is an input of one number, whose route is to be another, or kept.
func routeOf(route string) string {
	return "Number,MessageRouteId,VoiceEnabled\n" + number(1) + "," + route + ",yes\n"
}

// take runs a step under the name of its job and its place, and an hour passes.
func (b *bench) take(n int, s step) (*runs.Run, result.Result, error) {
	b.t.Helper()
	before := b.config
	defer func() { b.config = before }()
	b.again(routeOf(s.route))
	b.config.Guards.AllowLostColumns = true
	b.config.Job, b.config.RunName = s.job, s.job+"-"+string(rune('a'+n))
	if s.with != nil {
		s.with(&b.config)
	}
	if b.config.RunsDir != before.RunsDir {
		b.config.Store = newStore(b.t, b.config.RunsDir)
	}
	defer time.Sleep(time.Hour)
	run, results, err := b.apply()
	if len(results) != 1 {
		b.t.Fatalf("step %d: %v", n+1, err)
	}
	return run, results[0], err
}

// What a cutover moved, another job does not move back, until that is ended.
func TestACutoverIsNotUndoneByAnotherJob(t *testing.T) {
	const nightly, cutover, undo = "nightly", "cutover", "undo"
	begun := []step{
		{job: nightly, route: "MRID-old", want: result.Updated},
		{job: cutover, route: "MRID-new", with: withWaves, want: result.Updated}, // cutover-b
		{job: nightly, route: "MRID-old", want: result.Conflict},
	}
	main := []string{
		"again and again", "of the cutover's job", "unprotected", "the file was corrected", "rolled back",
	}
	for name, then := range map[string][]step{
		"again and again": {
			{job: nightly, route: "MRID-old", want: result.Conflict},
			{job: "weekly", route: "MRID-old", want: result.Conflict},
		},
		"reading nothing":         {{job: nightly, route: "MRID-old", with: readNothing, want: result.Conflict}},
		"the older spelling":      {{job: nightly, route: " MRID-old ", want: result.Conflict}},
		"another value":           {{job: nightly, route: "MRID-third", want: result.Updated}, {job: nightly, route: "MRID-old", want: result.Conflict}},
		"what is kept":            {{job: nightly, route: "", want: result.Unchanged}, {job: nightly, route: "MRID-old", want: result.Conflict}},
		"of the cutover's job":    {{job: cutover, route: "MRID-old", with: jobNamed, want: result.Updated}},
		"of its job, not named":   {{job: cutover, route: "MRID-old", want: result.Conflict}},
		"named, another job":      {{job: nightly, route: "MRID-old", with: jobNamed, want: result.Conflict}},
		"to another account":      {{job: nightly, route: "MRID-old", with: func(c *batch.Config) { c.Account = "DID-2" }, want: result.Updated}},
		"in another runs folder":  {{job: nightly, route: "MRID-old", with: func(c *batch.Config) { c.RunsDir += "-2" }, want: result.Updated}},
		"another cutover, let be": {{job: "second", route: "MRID-old", with: withWaves, want: result.Conflict}},
		"unprotected": {
			{job: nightly, route: "MRID-old", with: unprotects("cutover-b"), want: result.Updated},
			{job: "weekly", route: "MRID-new", want: result.Updated},
			{job: "weekly", route: "MRID-old", want: result.Updated},
		},
		"unprotected, but not agreed to": {
			{job: nightly, route: "MRID-old", with: func(c *batch.Config) {
				unprotects("cutover-b")(c)
				c.Confirm = func(context.Context, batch.Question) error { return result.ErrDeclined }
			}, want: result.NotAttempted},
			{job: nightly, route: "MRID-old", want: result.Conflict},
		},
		"the file was corrected": {
			{job: nightly, route: "MRID-new", want: result.Unchanged},
			{job: "weekly", route: "MRID-old", want: result.Conflict}, // not its file
			{job: nightly, route: "", want: result.Unchanged},
			{job: nightly, route: "MRID-old", want: result.Updated},
			{job: "weekly", route: "MRID-new", want: result.Updated},
			{job: "weekly", route: "MRID-old", want: result.Updated}, // it is at home there again
		},
		"rolled back": {
			{job: undo, route: "MRID-old", with: takesBack("cutover-b"), want: result.Updated}, // undo-d
			{job: "weekly", route: "MRID-new", want: result.Updated},
			{job: nightly, route: "MRID-old", want: result.Updated},
		},
		"rolled back, and that too": {
			{job: undo, route: "MRID-old", with: takesBack("cutover-b"), want: result.Updated}, // undo-d
			{job: undo, route: "MRID-new", with: takesBack("undo-d"), want: result.Updated},    // undo-e
			{job: nightly, route: "MRID-old", want: result.Conflict},
			{job: undo, route: "MRID-old", with: takesBack("undo-e"), want: result.Updated},
			{job: "weekly", route: "MRID-new", want: result.Updated},
			{job: nightly, route: "MRID-old", want: result.Updated},
		},
		"a newer cutover": {
			{job: "second", route: "MRID-third", with: withWaves, want: result.Updated}, // second-d
			{job: "weekly", route: "MRID-new", want: result.Conflict},
			{job: nightly, route: "MRID-old", want: result.Conflict},
			{job: nightly, route: "MRID-third", want: result.Unchanged}, // corrected
			{job: nightly, route: "", want: result.Unchanged},
			{job: nightly, route: "MRID-old", want: result.Updated},
		},
		"a newer cutover, unprotected": {
			{job: "second", route: "MRID-third", with: withWaves, want: result.Updated}, // second-d
			{job: nightly, route: "MRID-old", with: unprotects("second-d"), want: result.Conflict},
			{job: nightly, route: "MRID-old", with: unprotects("cutover-b"), want: result.Updated},
		},
		"a newer cutover, unprotected, and the file corrected": {
			{job: "second", route: "MRID-third", with: withWaves, want: result.Updated}, // second-d
			{job: "weekly", route: "MRID-third", with: unprotects("second-d"), want: result.Unchanged},
			{job: nightly, route: "MRID-old", want: result.Conflict},
			{job: nightly, route: "MRID-third", want: result.Unchanged}, // corrected
			{job: nightly, route: "MRID-old", want: result.Updated},
		},
		"a newer cutover, rolled back": {
			{job: "second", route: "MRID-third", with: withWaves, want: result.Updated}, // second-d
			{job: undo, route: "MRID-new", with: takesBack("second-d"), want: result.Updated},
			{job: nightly, route: "MRID-old", want: result.Conflict},
		},
		"a newer cutover that goes back": {
			{job: cutover, route: "MRID-old", with: func(c *batch.Config) { withWaves(c); jobNamed(c) }, want: result.Updated},
			{job: nightly, route: "MRID-new", want: result.Conflict},
			{job: nightly, route: "MRID-old", want: result.Unchanged},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if !slices.Contains(main, name) {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{}, ""))
				for n, s := range append(append([]step{}, begun...), then...) {
					before := b.fake.Stats().Updates
					_, got, err := b.take(n, s)
					if got.Status != s.want || err != nil && !errors.Is(err, result.ErrDeclined) {
						t.Errorf("step %d: %s asks for %q: got %+v, %v, want %s", n+1, s.job, s.route, got, err, s.want)
					}
					if sent := b.fake.Stats().Updates > before; sent != (s.want == result.Updated) {
						t.Errorf("step %d: sent: %t", n+1, sent)
					}
				}
			})
		})
	}
}

// The conflict says which run, what, when, and what ends it; the plan too, and
// the dry run unprotects nothing.
func TestTheConflictNamesTheCutover(t *testing.T) {
	const want = "run cutover-a moved MessageRouteId MRID-old -> MRID-new on 2000-01-01 01:00 UTC, " +
		"and this would move it back, unless that run is unprotected"
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.take(0, step{job: "first", route: "MRID-old"})
		b.take(0, step{job: "cutover", route: "MRID-new", with: withWaves})
		for unprotect, status := range map[string]result.Status{"": result.Conflict, "cutover-a": result.Planned} {
			b.again(routeOf("MRID-old"))
			b.config.Unprotect = []string{unprotect}
			run, err := b.dryRun()
			if err != nil {
				t.Fatal(err)
			}
			for p, err := range run.PlanRows() {
				if err != nil || p.Status != status || len(p.Changes) != 1 || (p.Error == want) != (status == result.Conflict) {
					t.Errorf("%+v, %v", p, err)
				}
			}
		}
		b.config.Unprotect = nil
		_, got, _ := b.take(0, step{job: "nightly", route: "MRID-old"})
		if got.Status != result.Conflict || !strings.HasPrefix(got.Error, "run cutover-a moved") {
			t.Errorf("got %+v", got)
		}
	})
}

// A plan that was made with a unprotect is applied with it.
func TestAPlanUnprotectsWhenItIsApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.take(0, step{job: "first", route: "MRID-old"})
		b.take(0, step{job: "cutover", route: "MRID-new", with: withWaves})
		b.again(routeOf("MRID-old"))
		b.config.Unprotect = []string{"cutover-a"}
		run, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		b.config.Unprotect = nil
		if cutover, err := b.config.Store.Run(t.Context(), "cutover-a"); err != nil || cutover.Unprotected {
			t.Errorf("a dry run has unprotected it: %v", err)
		}
		if run, err = b.applyPlan(run); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results(t, run), map[result.Status]int{result.Updated: 1})
		if cutover, err := b.config.Store.Run(t.Context(), "cutover-a"); err != nil || !cutover.Unprotected {
			t.Errorf("it is not unprotected: %v", err)
		}
	})
}

// A run that reads nothing, was stopped before the cutover and goes on after it,
// takes nothing back either.
func TestAResumedRunKeepsWhatTheCutoverMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.take(0, step{job: "first", route: "MRID-old"})
		stopped, _, _ := b.take(0, step{job: "nightly", route: "MRID-old", with: func(c *batch.Config) {
			c.All = true
			c.Confirm = func(context.Context, batch.Question) error {
				c.Control.Stop(result.Stop{Reason: result.StoppedBySignal})
				return nil
			}
		}})
		b.take(0, step{job: "cutover", route: "MRID-new", with: withWaves})
		b.again("")
		_, results, err := b.resume(stopped, batch.ResumeOptions{})
		if err != nil || results[0].Status != result.Conflict {
			t.Errorf("got %+v, %v", results, err)
		}
	})
}

// A cutover that cannot be read is not passed over in silence: nothing is sent.
func TestADamagedCutoverIsARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.take(0, step{job: "first", route: "MRID-old"})
		cutover, _, _ := b.take(0, step{job: "cutover", route: "MRID-new", with: withWaves})
		updates := b.fake.Stats().Updates
		b.config.Store = storetest.Damaged{Store: b.config.Store, Name: "cutover-a"}
		for n, with := range []func(*batch.Config){nil, readNothing} {
			_, got, err := b.take(n, step{job: "nightly", route: "MRID-old", with: with})
			wantDamage(t, err, cutover)
			if got.Status != result.NotAttempted || b.fake.Stats().Updates != updates {
				t.Errorf("got %+v, %v", got, err)
			}
		}
	})
}

// Prune keeps what still protects, and what tells that it does not any more.
func TestPruneKeepsWhatProtects(t *testing.T) {
	const protects = "it keeps other jobs from changing 1 number back, unless it is unprotected"
	const tells = "it tells whether run cutover-a still protects 1 number"
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.take(0, step{job: "first", route: "MRID-old"})
		want := map[string]string{}
		for n, s := range []struct {
			step
			kept map[string]string
		}{
			{step{job: "cutover", route: "MRID-new", with: withWaves}, map[string]string{"cutover-a": protects}},
			{step{job: "undo", route: "MRID-old", with: takesBack("cutover-a")}, map[string]string{"cutover-a": "", "undo-b": tells}},
			{step{job: "undo", route: "MRID-new", with: takesBack("undo-b")}, map[string]string{"cutover-a": protects, "undo-c": tells}},
			{step{job: "second", route: "MRID-third", with: withWaves}, map[string]string{
				"second-d": "it keeps other jobs from changing 1 number back, unless it is unprotected",
			}},
			{step{job: "nightly", route: "MRID-old", with: unprotects("second-d")}, map[string]string{"second-d": ""}},
			{step{job: "nightly", route: "MRID-old", with: unprotects("cutover-a")}, map[string]string{
				"cutover-a": "", "undo-b": "it rolled back rows of run cutover-a, which is kept", "undo-c": "",
			}},
		} {
			b.take(n, s.step)
			maps.Copy(want, s.kept)
			_, kept := b.pruned(prune.Config{})
			for run, why := range want {
				if got := strings.TrimPrefix(strings.TrimPrefix(kept[run], forGuards), "; "); got != why {
					t.Errorf("step %d: %s is kept because %q, want %q", n+1, run, got, why)
				}
			}
		}
	})
}
