package runs_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// A run's state, by how it ended, whether it began to be sent, and who has it.
func TestStateGiven(t *testing.T) {
	ended := time.Now()
	stop := func(r result.Reason) result.Stop { return result.Stop{Reason: r} }
	for name, c := range map[string]struct {
		run  runs.Run
		want runs.State
	}{
		"no end":                      {runs.Run{}, runs.Crashed},
		"no end, and it was sent":     {runs.Run{Applied: true}, runs.Crashed},
		"to its end":                  {runs.Run{EndedAt: ended, Applied: true}, runs.Finished},
		"nothing to send":             {runs.Run{EndedAt: ended}, runs.Finished},
		"a plan":                      {runs.Run{EndedAt: ended, Identity: runs.Identity{DryRun: true}}, runs.OnlyPlanned},
		"a plan that was applied":     {runs.Run{EndedAt: ended, Applied: true, Identity: runs.Identity{DryRun: true}}, runs.Finished},
		"declined":                    {runs.Run{EndedAt: ended, Stop: stop(result.Declined)}, runs.Refused},
		"a guard":                     {runs.Run{EndedAt: ended, Stop: stop(result.Guarded)}, runs.Refused},
		"an invalid input":            {runs.Run{EndedAt: ended, Stop: stop(result.RefusedInput)}, runs.Refused},
		"declined when it went on":    {runs.Run{EndedAt: ended, Applied: true, Stop: stop(result.Declined)}, runs.Stopped},
		"an outage":                   {runs.Run{EndedAt: ended, Applied: true, Stop: stop(result.StoppedByOutage)}, runs.Stopped},
		"an outage before it is sent": {runs.Run{EndedAt: ended, Stop: stop(result.StoppedByOutage)}, runs.Stopped},
		"a plan that was stopped":     {runs.Run{EndedAt: ended, Stop: stop(result.StoppedBySignal), Identity: runs.Identity{DryRun: true}}, runs.Stopped},
	} {
		if got := c.run.StateGiven(false); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if got := c.run.StateGiven(true); got != runs.Running {
			t.Errorf("%s, and somebody works on it: %s", name, got)
		}
	}
}

// Nobody goes on with a run that is over; every other one may be resumed, or is in the
// way of somebody who looks for it.
func TestOver(t *testing.T) {
	for state, want := range map[runs.State]bool{
		runs.Finished: true, runs.OnlyPlanned: true, runs.Refused: true,
		runs.Stopped: false, runs.Crashed: false, runs.Running: false, runs.Damaged: false,
	} {
		if state.Over() != want {
			t.Errorf("%s is over: %t", state, state.Over())
		}
	}
}

// A cutover is what has waves and rolls nothing back.
func TestIsCutover(t *testing.T) {
	waves := runs.PlanOptions{Waves: plan.Waves{{Share: 1}}}
	for _, c := range []struct {
		is   runs.Identity
		want bool
	}{
		{runs.Identity{PlanOptions: waves}, true},
		{runs.Identity{}, false},
		{runs.Identity{PlanOptions: waves, RollbackOf: "20261123T020000Z-cutover"}, false},
	} {
		if got := c.is.IsCutover(); got != c.want {
			t.Errorf("%d waves, a rollback of %q: %t", len(c.is.Waves), c.is.RollbackOf, got)
		}
	}
}

// The options of a plan that another execution goes on with: nothing that was to be
// looked at is dropped, but what somebody has agreed to.
func TestPlanOptionsWith(t *testing.T) {
	name := rapid.SampledFrom([]string{"a", "b", "c"})
	rapid.Check(t, func(t *rapid.T) {
		options := rapid.Custom(func(t *rapid.T) runs.PlanOptions {
			return runs.PlanOptions{
				CheckRoutes: rapid.Bool().Draw(t, "check routes"),
				Unprotect:   rapid.SliceOfN(name, 0, 3).Draw(t, "unprotect"),
				Guards:      guard.Limits{Protect: rapid.MapOf(name, rapid.Just(struct{}{})).Draw(t, "protect")},
			}
		})
		before, now, asked := options.Draw(t, "before"), options.Draw(t, "now"), rapid.Bool().Draw(t, "asked")
		kept := append([]string{}, before.Unprotect...)
		with := before.With(now, asked)
		if diff := cmp.Diff(kept, append([]string{}, before.Unprotect...)); diff != "" {
			t.Fatal("the run's own were changed", diff)
		}
		if want := now.CheckRoutes || !asked && before.CheckRoutes; with.CheckRoutes != want {
			t.Fatalf("routes are checked: %t, want %t", with.CheckRoutes, want)
		}
		unprotect, protect := map[string]bool{}, map[string]struct{}{}
		for _, o := range []runs.PlanOptions{before, now} {
			for _, run := range o.Unprotect {
				unprotect[run] = true
			}
			for number := range o.Guards.Protect {
				protect[number] = struct{}{}
			}
		}
		for _, run := range with.Unprotect {
			if !unprotect[run] {
				t.Fatalf("%q is unprotected twice, or by nobody", run)
			}
			delete(unprotect, run)
		}
		if len(unprotect) > 0 {
			t.Fatalf("forgotten: %v", unprotect)
		}
		if diff := cmp.Diff(protect, with.Guards.Protect); diff != "" {
			t.Fatal(diff)
		}
	})
}
