package page

import (
	"strings"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/words"
)

// shapeTable is what the changes of a plan have in common; where its kinds are given,
// with their numbers.
func shapeTable(made *plan.Plan, routes map[string]string, kinds *words.Kinds) html.Table {
	t := html.Table{
		ID:      "changes",
		Title:   "Changes",
		Note:    "By what rows have in common. The rarest come first, because that is where mistakes hide.",
		Columns: []html.Column{{Name: "Rows", Numeric: true}, {Name: "Change"}},
	}
	line := func(rows, text, numbers string) {
		cells := []string{rows, text}
		if kinds != nil {
			cells = append(cells, numbers)
		}
		t.Lines = append(t.Lines, cells)
	}
	lines := func(shapes []plan.ShapeCount) {
		for _, s := range shapes {
			line(words.Count(s.Rows), words.WithRouteNames(string(s.Shape), routes), numbersOf(kinds, s))
		}
	}
	if kinds != nil {
		t.Columns = append(t.Columns, html.Column{Name: "Numbers"})
	}
	rarest, middle, commonest := words.ShownShapes(made.Shapes)
	lines(rarest)
	if len(middle) > 0 {
		line("…", words.MiddleShapes(middle), "")
	}
	lines(commonest)
	if len(made.Shapes) == 0 {
		t.Note, t.Columns = "There are none.", nil
	}
	return t
}

// unlistedTable is which numbers of the inventory the input does not name, if that is known.
func unlistedTable(made *plan.Plan, routes map[string]string) []html.Table {
	u := made.Reading.Unlisted
	if u == nil || u.Numbers == 0 {
		return nil
	}
	t := html.Table{
		ID: "unlisted", Title: "Not in the file", Note: words.Capital(words.Unlisted(u)) + ".",
		Columns: []html.Column{{Name: "Numbers", Numeric: true}, {Name: "Route"}, {Name: "The first"}},
	}
	for _, on := range u.Routes {
		t.Lines = append(t.Lines, []string{words.Count(on.Numbers), words.UnlistedRoute(on, routes), words.UnlistedNumbers(on)})
	}
	return []html.Table{t}
}

// shownNumbers is how many numbers of a kind stand beside it; the list of rows has all
// of them.
const shownNumbers = 6

// numbersOf are the first numbers of a kind.
func numbersOf(kinds *words.Kinds, s plan.ShapeCount) string {
	if kinds == nil {
		return ""
	}
	first := kinds.Of(s.Shape).First
	var numbers []string
	for _, r := range first[:min(len(first), shownNumbers)] {
		numbers = append(numbers, words.Number(r.Number))
	}
	text := strings.Join(numbers, ", ")
	if more := s.Rows - len(numbers); more > 0 && len(numbers) > 0 {
		text += " and " + words.Count(more) + " more"
	}
	return text
}

// guardTable is what the guards measured, if there are any.
func guardTable(s *runs.Summary) []html.Table {
	t := html.Table{
		ID:      "guards",
		Title:   "Guards",
		Note:    "What must hold before anything is sent; it is checked again when the plan is applied.",
		Columns: []html.Column{{Name: "Guard"}, {Name: "Measured"}, {Name: "Allowed"}, {Name: "Passes"}},
	}
	for _, c := range s.Guards {
		t.Lines = append(t.Lines, []string{words.Guard(c.Guard), c.Measured, c.Limit(), holds(c)})
	}
	if s.Stop != nil {
		t.Note = "Refused: " + words.StopReason(s.Stop)
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
