package page

import (
	"fmt"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/words"
)

// shapeTable is what the changes of a plan have in common.
func shapeTable(made *plan.Plan, routes map[string]string) html.Table {
	t := html.Table{
		ID:      "changes",
		Title:   "Changes",
		Note:    "By what rows have in common. The rarest come first, because that is where mistakes hide.",
		Columns: []html.Column{{Name: "Rows", Numeric: true}, {Name: "Change"}},
	}
	line := func(rows, text string) { t.Lines = append(t.Lines, []string{rows, text}) }
	n := len(made.Shapes)
	for i, shape := range made.Shapes {
		switch {
		case n <= words.RarestShapes+words.CommonestShapes || i < words.RarestShapes || i >= n-words.CommonestShapes:
			line(words.Count(shape.Rows), words.WithRouteNames(string(shape.Shape), routes))
		case i == words.RarestShapes:
			middle := made.Shapes[words.RarestShapes : n-words.CommonestShapes]
			line("…", fmt.Sprintf("%s between, of %s", words.CountOf(len(middle), "more shape"), words.ShapeRows(middle)))
		}
	}
	if n == 0 {
		t.Note, t.Columns = "There are none.", nil
	}
	return t
}

// guardTable is what the guards measured, if there are any.
func guardTable(checks []guard.Check, stop *result.Stop) []html.Table {
	t := html.Table{
		ID:      "guards",
		Title:   "Guards",
		Note:    "What must hold before anything is sent; it is checked again when the plan is applied.",
		Columns: []html.Column{{Name: "Guard"}, {Name: "Measured"}, {Name: "Allowed"}, {Name: "Holds"}},
	}
	for _, c := range checks {
		t.Lines = append(t.Lines, []string{words.Guard(c.Guard), c.Measured, c.Limit(), holds(c)})
	}
	if stop != nil {
		t.Note = "Refused: " + words.StopReason(stop)
	}
	if len(t.Lines) == 0 {
		return nil
	}
	return []html.Table{t}
}

func holds(c guard.Check) string {
	switch {
	case c.Holds:
		return "✓ yes"
	case c.AtNight:
		return "✕ not at night"
	default:
		return "✕ no"
	}
}

// waveTable is how the waves of a run ended, and which have not.
func waveTable(waves []words.WaveLine) html.Table {
	t := html.Table{ID: "waves", Title: "Waves", Columns: []html.Column{
		{Name: "Wave", Whole: true}, {Name: "Rows", Numeric: true}, {Name: "State", Whole: true}, {Name: "Ended"}, {Name: "Read back"},
		{Name: "Took", Whole: true},
	}}
	for _, w := range waves {
		t.Lines = append(t.Lines, []string{w.Wave, w.Rows, w.State, w.Ended, w.ReadBack, w.Took})
	}
	return t
}
