package batch_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// A run that goes on is held by the stricter guard of those on its plan, and what the
// operator cannot loosen is not proposed; its input is judged by the value given now.
func TestGuardsOfARunThatGoesOn(t *testing.T) {
	testextent.Variant(t)
	whole := plan.Limit{Share: 1}
	changes := func(rows int) []guard.FieldLimit { return []guard.FieldLimit{{Limit: plan.Limit{Rows: rows}}} }
	now := func(given ...guard.Guard) guard.Limits {
		return guard.Limits{MaxShrink: whole, MaxInvalid: whole, AllowLostColumns: true, Given: given}
	}
	strict := guard.Limits{Given: []guard.Guard{guard.MaxShrink}}
	for name, c := range map[string]struct {
		then, now guard.Limits
		began     bool   // something was sent
		want      string // why it is refused; "": it goes on
		hopeless  bool   // no flag helps
	}{
		"a limit of changes is not loosened": {guard.Limits{MaxChanges: changes(2), MaxShrink: whole}, guard.Limits{MaxChanges: changes(100)},
			false, "60 of 60 rows would change, more than 2, which the run began with", true},
		"a limit of changes is tightened": {guard.Limits{MaxShrink: whole}, guard.Limits{MaxChanges: changes(59)},
			false, "60 of 60 rows would change, more than 59", false},
		"a default loss of rows":            {guard.Limits{MaxShrink: plan.Limit{Share: 0.2}}, guard.Limits{}, false, "a loss of 40, more than 20%", false},
		"a loss of rows that is allowed":    {guard.Limits{MaxShrink: plan.Limit{Share: 0.2}}, now(guard.MaxShrink), false, "", false},
		"a loss of rows, when it has begun": {guard.Limits{MaxShrink: whole}, strict, true, "a loss of 40, more than 0", false},
		"nothing is given":                  {guard.Limits{MaxShrink: whole}, guard.Limits{}, true, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "a limit of changes is tightened" || c.began {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{}, routed(100, "MRID-old")))
				if _, _, err := b.apply(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour) // of synctest: takes no real time
				b.again(routed(60, "MRID-new"))
				var run *runs.Run
				var err error
				b.config.Guards = c.then
				if c.began {
					time.AfterFunc(time.Minute, func() { b.config.Control.Stop(sigint) })
					run, _, err = b.apply()
				} else {
					run, err = b.dryRun()
				}
				if err != nil {
					t.Fatal(err)
				}
				b.config.Guards = c.now
				if c.began {
					_, _, err = b.resume(run, batch.ResumeOptions{})
				} else {
					_, err = b.applyPlan(run)
				}
				if c.want == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				refused, ok := errors.AsType[*guard.RefusedError](err)
				if !ok || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("error %v, want %q", err, c.want)
				}
				if hopeless := refused.Refusals[0].Guard == ""; hopeless != c.hopeless {
					t.Errorf("proposed: %+v", refused.Refusals)
				}
			})
		})
	}
}

// The age of an input was judged when its plan was made, unless it is asked for now.
func TestInputAgeOfAPlanThatIsApplied(t *testing.T) {
	for name, c := range map[string]struct {
		at   time.Time
		now  guard.Limits
		want string
	}{
		"judged then":       {time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC), guard.Limits{}, ""},
		"asked for now":     {time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC), guard.Limits{MaxInputAge: 2 * time.Hour, Given: []guard.Guard{guard.MaxInputAge}}, "the input was 4h1m old, more than 2h"},
		"a longer one now":  {time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC), guard.Limits{MaxInputAge: 5 * time.Hour, Given: []guard.Guard{guard.MaxInputAge}}, ""},
		"it was not a file": {time.Time{}, guard.Limits{MaxInputAge: 5 * time.Hour, Given: []guard.Guard{guard.MaxInputAge}}, "when the input was written is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{}, rows(5)))
				b.config.Guards.InputAt, b.config.Guards.MaxInputAge = c.at, 2*time.Hour
				made, err := b.dryRun()
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(3 * time.Hour) // of synctest: takes no real time
				b.config.Guards = c.now
				if _, err = b.applyPlan(made); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
					t.Errorf("error %v, want %q", err, c.want)
				}
			})
		})
	}
}
