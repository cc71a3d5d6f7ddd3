package batch_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// routed is an input of n numbers that all get a route.
func routed(n int, route string) string {
	return routesOf(n, func(int) string { return route })
}

// routesOf is an input of n numbers that get a route each.
func routesOf(n int, route func(i int) string) string {
	var rows strings.Builder
	rows.WriteString("Number,MessageRouteId\n")
	for i := range n {
		fmt.Fprintf(&rows, "%s,%s\n", number(i), route(i))
	}
	return rows.String()
}

// night runs a job, and returns the notes of its plan, which are told too.
func (b *bench) night(n int, job, rows string) []plan.Note {
	b.t.Helper()
	b.config.Job = job
	notes := slices.DeleteFunc(b.nightly(fmt.Sprintf("%s-%d", job, n), rows).Plan.Notes, func(n plan.Note) bool { return n.Aside })
	for _, note := range notes {
		if !strings.Contains(b.told(), note.String()) {
			b.t.Errorf("%s is not told: %q", note.String(), b.told())
		}
	}
	return notes
}

// Two jobs that set the same numbers back every night are told of each other, and
// on which rows.
func TestTwoJobsThatSetTheSameNumbersBack(t *testing.T) {
	testextent.Variant(t) // of TestACutoverIsNotUndoneByAnotherJob
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.config.Guards.MaxShrink = plan.Limit{Share: 1}
		a, other := routed(14, "MRID-a"), routesOf(14, func(i int) string { // two of them are as a has them
			return map[bool]string{true: "MRID-a", false: "MRID-b"}[i < 2]
		})
		for n, c := range []struct{ job, rows, want string }{
			{"a", a, ""},
			{"b", other, ""}, // that b changes what a set is no repetition yet
			{"a", a, "12 numbers are also set by job b, and set back here: lines 4, 5, 6, 7, 8 and 7 more"},
			{"b", other, "12 numbers are also set by job a, and set back here: lines 4, 5, 6, 7, 8 and 7 more"},
			{"c", routed(14, "MRID-c"), ""}, // it never set them before
			{"a", routed(1, "MRID-a"), "1 number is also set by job c, and set back here: line 2"},
			{"a", routed(1, "MRID-a"), ""}, // nothing is sent
		} {
			var told []string
			for _, note := range b.night(n, c.job, c.rows) {
				told = append(told, note.String())
				if len(note.Lines) != note.Rows || note.Job == "" {
					t.Errorf("night %d: %+v", n, note)
				}
			}
			if got := strings.Join(told, "; "); got != c.want {
				t.Errorf("night %d, job %s: told %q, want %q", n, c.job, got, c.want)
			}
		}
	})
}

// An update that was sent the night before, and that nothing is known to have
// changed since, is told as such; what another job changed meanwhile is not.
func TestAnUpdateThatIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		if notes := b.night(0, "a", routed(3, "MRID-a")); len(notes) > 0 {
			t.Errorf("the first night: %v", notes)
		}
		b.setRoute(number(1), "MRID-theirs")
		want := []plan.Note{{Rows: 1, Lines: []int{3}}}
		notes := b.night(1, "a", routed(3, "MRID-a"))
		if diff := cmp.Diff(want, notes); diff != "" {
			t.Fatal(diff)
		}
		if text := notes[0].String(); text != "1 update was sent before, and the API shows another spelling or value: line 3" {
			t.Errorf("told %q", text)
		}
		b.night(2, "b", routed(2, "MRID-b"))
		b.setRoute(number(2), "MRID-theirs")
		want = []plan.Note{{Job: "b", Rows: 2, Lines: []int{2, 3}}, {Rows: 1, Lines: []int{4}}}
		if diff := cmp.Diff(want, b.night(3, "a", routed(3, "MRID-a"))); diff != "" {
			t.Error(diff)
		}
	})
}

// A run that reads nothing, or takes another one back, is told of no repetition.
func TestNoRepetitionIsToldOfWhatIsAskedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.night(0, "a", routed(2, "MRID-a"))
		b.night(1, "a", routed(2, "MRID-b"))
		b.night(2, "a", routed(2, "MRID-a"))
		b.config.All = true
		if notes := b.night(3, "a", routed(2, "MRID-a")); len(notes) > 0 {
			t.Errorf("of all rows: %v", notes)
		}
		b.config.All = false
		run := b.nightly("b-4", routed(2, "MRID-b"))
		b.config.RunName = ""
		b.events = nil
		if _, _, err := b.rollback(run, batch.RollbackOptions{}); err != nil || b.told() != "" {
			t.Errorf("a rollback is told %q, %v", b.told(), err)
		}
	})
}
