package plan_test

import (
	"fmt"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/internal/testextent"
)

func rowsOf(rows []plan.Row) iter.Seq2[plan.Row, error] {
	return func(yield func(plan.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func movesTo(line int, number, route string) plan.Row {
	return plan.Row{Row: line - 1, Line: line, Number: number, Status: result.Planned,
		Changes: []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: route}}}
}

func TestDiff(t *testing.T) {
	before := []plan.Row{
		movesTo(2, "+1", "MRID-b"), movesTo(3, "+2", "MRID-b"), movesTo(4, "+3", "MRID-b"), movesTo(5, "+4", "MRID-b"),
		{Line: 6, Number: "+5", Status: result.Unchanged}, {Line: 7, Number: "+6", Status: result.Unchanged},
	}
	after := []plan.Row{
		{Line: 2, Number: "+4", Status: result.Unchanged}, movesTo(3, "+2", "MRID-c"), movesTo(4, "+1", "MRID-b"),
		movesTo(5, "+6", "MRID-b"), movesTo(6, "+7", "MRID-b"), {Line: 7, Number: "+7", Status: result.Planned, SameAs: 6},
	}
	d, err := plan.NewDiff(rowsOf(before), rowsOf(after))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range d.Differences {
		text := fmt.Sprint(one.Kind, " ", one.Number)
		for _, r := range []*plan.Row{one.Before, one.After} {
			if r == nil {
				text += " none"
			} else {
				text += fmt.Sprint(" ", r.Line)
			}
		}
		got = append(got, text)
	}
	want := []string{"dropped +4 5 2", "changed +2 3 3", "added +6 7 5", "added +7 none 6", "dropped +3 4 none"}
	if diff := cmp.Diff(want, got); diff != "" || d.Same != 1 {
		t.Errorf("%d are the same, %s", d.Same, diff)
	}
	shapes := plan.DiffShapes(
		&plan.Plan{Shapes: []plan.ShapeCount{{Shape: "a", Rows: 4}, {Shape: "b", Rows: 1}}},
		&plan.Plan{Shapes: []plan.ShapeCount{{Shape: "b", Rows: 1}, {Shape: "c", Rows: 9}}})
	if diff := cmp.Diff([]plan.ShapeDifference{{Shape: "c", After: 9}, {Shape: "a", Before: 4}}, shapes); diff != "" {
		t.Error(diff)
	}
}

// The law: a plan does not differ from itself, and what is added one way is dropped the other way.
func TestDiffTheOtherWayRound(t *testing.T) {
	if err := testextent.Checks(100); err != nil {
		t.Fatal(err)
	}
	anyPlan := rapid.Custom(func(t *rapid.T) []plan.Row {
		var rows []plan.Row
		for i, n := range rapid.SliceOfNDistinct(rapid.IntRange(1, 9), 0, 9, rapid.ID).Draw(t, "numbers") {
			r := movesTo(i+2, fmt.Sprint("+", n), rapid.SampledFrom([]string{"MRID-b", "MRID-c"}).Draw(t, "route"))
			if rapid.Bool().Draw(t, "unchanged") {
				r.Status, r.Changes = result.Unchanged, nil
			}
			rows = append(rows, r)
		}
		return rows
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyPlan.Draw(t, "a"), anyPlan.Draw(t, "b")
		self, _ := plan.NewDiff(rowsOf(a), rowsOf(a))
		there, _ := plan.NewDiff(rowsOf(a), rowsOf(b))
		back, _ := plan.NewDiff(rowsOf(b), rowsOf(a))
		if len(self.Differences) > 0 || self.Same != len(a) {
			t.Fatalf("it differs from itself: %+v", self)
		}
		if there.Counts[plan.DifferenceAdded] != back.Counts[plan.DifferenceDropped] ||
			there.Counts[plan.DifferenceDropped] != back.Counts[plan.DifferenceAdded] ||
			there.Counts[plan.DifferenceChanged] != back.Counts[plan.DifferenceChanged] {
			t.Fatalf("there %v, back %v", there.Counts, back.Counts)
		}
	})
}
