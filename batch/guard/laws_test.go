package guard_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// planOf is a plan of which so many rows change the message route.
func planOf(rows, updates int) *plan.Plan {
	return &plan.Plan{
		Rows: rows, Shapes: []plan.ShapeCount{{Rows: updates}}, Fields: map[string]int{"MessageRouteId": updates},
		Columns: []string{"MessageRouteId"}, Counts: map[result.Status]int{result.Planned: updates},
	}
}

// changing are rows that would change the message route of numbers.
func changing(numbers ...string) func(yield func(plan.Row, error) bool) {
	return func(yield func(plan.Row, error) bool) {
		for i, number := range numbers {
			row := plan.Row{
				Row: i + 1, Line: i + 2, Number: number, Status: result.Planned,
				Changes: []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}},
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// refused are the guards that do not hold, as they are named, with what would let the
// plan through.
func refused(t interface {
	Helper()
	Fatal(args ...any)
}, checks []guard.Check,
) map[guard.Guard]string {
	t.Helper()
	found := map[guard.Guard]string{}
	err := guard.Enforce(checks)
	if err == nil {
		return found
	}
	e, ok := errors.AsType[*guard.RefusedError](err)
	if !ok {
		t.Fatal(err)
	}
	for _, r := range e.Refusals {
		found[r.Guard] = r.Allow
	}
	return found
}

func measure(t *rapid.T, g guard.Limits, p *plan.Plan, f guard.Facts) map[guard.Guard]string {
	t.Helper()
	f.Changing = changing()
	checks, err := guard.Measure(g, p, f)
	if err != nil {
		t.Fatal(err)
	}
	return refused(t, checks)
}

// limits draws limits of rows that change.
func limits(t *rapid.T) []guard.FieldLimit {
	one := rapid.Custom(func(t *rapid.T) guard.FieldLimit {
		l := guard.FieldLimit{Field: rapid.SampledFrom([]string{"", "MessageRouteId"}).Draw(t, "field")}
		if l.Limit.Rows = rapid.IntRange(0, 300).Draw(t, "rows"); rapid.Bool().Draw(t, "as a share") {
			l.Limit = plan.Limit{Share: float64(rapid.IntRange(1, 100).Draw(t, "percent")) / 100}
		}
		return l
	})
	return rapid.SliceOfN(one, 0, 3).Draw(t, "limits")
}

// What a refusal says would let the plan through does so, and one row less does not.
func TestWhatARefusalAllowsLetsThePlanThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 300).Draw(t, "rows")
		updates := rapid.IntRange(0, rows).Draw(t, "updates")
		p, g := planOf(rows, updates), guard.Limits{MaxChanges: limits(t), Unattended: rapid.Bool().Draw(t, "unattended")}
		allow, does := measure(t, g, p, guard.Facts{})[guard.MaxChanges]
		if !does {
			return
		}
		proposed, err := guard.ParseFieldLimit(allow)
		if err != nil {
			t.Fatalf("--max-changes %s: %v", allow, err)
		}
		g.MaxChanges = []guard.FieldLimit{proposed, {Limit: plan.Limit{Rows: updates}}}
		if still := measure(t, g, p, guard.Facts{}); len(still) > 0 {
			t.Fatalf("--max-changes %s is proposed, and refused: %v", allow, still)
		}
		proposed.Limit.Rows--
		g.MaxChanges[0] = proposed
		if proposed.Limit.Rows >= 0 && len(measure(t, g, p, guard.Facts{})) == 0 {
			t.Fatalf("--max-changes %s is proposed, and less would do", allow)
		}
	})
}

// A run that goes on is held to what it began with as well as to what is given now.
func TestNoGuardIsLoosenedByAResume(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 300).Draw(t, "rows")
		p := planOf(rows, rapid.IntRange(0, rows).Draw(t, "updates"))
		began, now := guard.Limits{MaxChanges: limits(t)}, guard.Limits{MaxChanges: limits(t)}
		first := len(measure(t, began, p, guard.Facts{})) > 0
		second := len(measure(t, now, p, guard.Facts{})) > 0
		both := len(measure(t, began.And(now, rapid.Bool().Draw(t, "asked")), p, guard.Facts{})) > 0
		if both != (first || second) {
			t.Fatalf("refused by what it began with: %t, by what is given now: %t, together: %t", first, second, both)
		}
	})
}

// Each guard of a plan, on both sides of its limit.
func TestMeasure(t *testing.T) {
	now := time.Date(2026, 11, 27, 2, 0, 0, 0, time.UTC)
	half := plan.Limit{Share: 0.5}
	invalid := planOf(10, 0)
	invalid.Counts[result.Invalid] = 2
	for _, c := range []struct {
		name   string
		limits guard.Limits
		plan   *plan.Plan
		facts  guard.Facts
		want   string // the guards that refuse, with what they allow
	}{
		{"nothing is set", guard.Limits{}, planOf(300, 300), guard.Facts{}, ""},
		{"nobody is asked, a third changes", guard.Limits{Unattended: true}, planOf(300, 100), guard.Facts{}, "max-changes=100 "},
		{"nobody is asked, less changes", guard.Limits{Unattended: true}, planOf(300, 90), guard.Facts{}, ""},
		{"nobody is asked about few rows", guard.Limits{Unattended: true}, planOf(guard.UnattendedRows-1, 99), guard.Facts{}, ""},
		{"nobody is asked about enough", guard.Limits{Unattended: true}, planOf(guard.UnattendedRows, 31), guard.Facts{}, "max-changes=31 "},
		{"nobody is asked, a limit is given", guard.Limits{Unattended: true, MaxChanges: []guard.FieldLimit{{Limit: half}}}, planOf(300, 100), guard.Facts{}, ""},
		{"nobody is asked, one of a field is", guard.Limits{Unattended: true, MaxChanges: []guard.FieldLimit{{Field: "VoiceRouteId"}}}, planOf(300, 100), guard.Facts{}, "max-changes=100 "},
		{"nobody is asked about a rollback", guard.Limits{Unattended: true}, planOf(300, 300), guard.Facts{Rollback: true}, ""},
		{"nobody is asked, and nothing is read", guard.Limits{Unattended: true}, planOf(300, 300), guard.Facts{All: true}, ""},
		{"rows are invalid", guard.Limits{MaxInvalid: plan.Limit{Rows: 1}}, invalid, guard.Facts{}, "max-invalid=2 "},
		{"as many are allowed", guard.Limits{MaxInvalid: plan.Limit{Rows: 2}}, invalid, guard.Facts{}, ""},
		{"the input is old", guard.Limits{MaxInputAge: time.Hour, Given: []guard.Guard{guard.MaxInputAge}, InputAt: now.Add(-90 * time.Minute)}, planOf(1, 0), guard.Facts{At: now}, "max-input-age=2h "},
		{"it is as old as it may be", guard.Limits{MaxInputAge: time.Hour, Given: []guard.Guard{guard.MaxInputAge}, InputAt: now.Add(-time.Hour)}, planOf(1, 0), guard.Facts{At: now}, ""},
		{"its age is not known", guard.Limits{MaxInputAge: time.Hour}, planOf(1, 0), guard.Facts{At: now}, ""},
		{"rows are gone", guard.Limits{MaxShrink: half}, planOf(4, 0), guard.Facts{Previous: planOf(10, 0)}, "max-shrink=6 "},
		{"half of them are", guard.Limits{MaxShrink: half}, planOf(5, 0), guard.Facts{Previous: planOf(10, 0)}, ""},
		{"a rollback has fewer", guard.Limits{MaxShrink: half}, planOf(4, 0), guard.Facts{Previous: planOf(10, 0), Rollback: true}, ""},
		{"a column is gone", guard.Limits{}, &plan.Plan{Rows: 10}, guard.Facts{Previous: planOf(10, 0)}, "allow-lost-columns= "},
		{"that is allowed", guard.Limits{AllowLostColumns: true}, &plan.Plan{Rows: 10}, guard.Facts{Previous: planOf(10, 0)}, ""},
		{"a number is protected", guard.Limits{Protect: map[string]struct{}{"+18018018012": {}}}, planOf(2, 2), guard.Facts{}, "protect= "},
		{"another one is", guard.Limits{Protect: map[string]struct{}{"+18018018013": {}}}, planOf(2, 2), guard.Facts{}, ""},
	} {
		c.facts.Changing = changing("+18018018011", "+18018018012")
		checks, err := guard.Measure(c.limits, c.plan, c.facts)
		if err != nil {
			t.Fatal(err)
		}
		found, got := refused(t, checks), ""
		for _, name := range slices.Sorted(maps.Keys(found)) {
			got += fmt.Sprintf("%s=%s ", name, found[name])
		}
		if got != c.want {
			t.Errorf("%s: refused by %q, want %q", c.name, got, c.want)
		}
	}
}

// What is left of a plan is not measured against the input again: it was let pass.
func TestMeasureRest(t *testing.T) {
	g := guard.Limits{MaxShrink: plan.Limit{Rows: 1}, Protect: map[string]struct{}{"+18018018011": {}}}
	checks, err := guard.MeasureRest(g, planOf(1, 1), guard.Facts{Previous: planOf(10, 10), Changing: changing("+18018018011")})
	if err != nil {
		t.Fatal(err)
	}
	if got := refused(t, checks); len(got) != 1 || got[guard.Protect] != "" {
		t.Errorf("refused by %v, want by %s alone", got, guard.Protect)
	}
}

// Changes that were approved pass, and each other one is named.
func TestApproval(t *testing.T) {
	rows := changing("+18018018011", "+18018018012")
	digests := map[plan.Digest]struct{}{}
	for row := range rows {
		for _, c := range row.Changes {
			digests[plan.DigestOf(row.Number, c)] = struct{}{}
		}
		break
	}
	approval := guard.Approval{Run: "agreed", MadeAt: time.Now().Add(-time.Hour), Digests: digests}
	checks, err := approval.Measure(guard.Facts{Changing: rows})
	if err != nil {
		t.Fatal(err)
	}
	want := "line 3 (row 2): +18018018012 MessageRouteId MRID-a -> MRID-b was not approved in agreed"
	if err := guard.Enforce(checks); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	approval.MaxAge = time.Minute
	checks, err = approval.Measure(guard.Facts{Changing: changing("+18018018011")})
	if err != nil {
		t.Fatal(err)
	}
	if got := refused(t, checks); len(got) != 1 || got[guard.MaxPlanAge] != "2h" {
		t.Errorf("a plan that is an hour old: refused by %v", got)
	}
}
