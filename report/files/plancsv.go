package files

import (
	"io"
	"iter"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
)

// planLine is a line of plan.csv: the columns in their order.
type planLine struct {
	Row, Line int
	Number    cell
	Status    result.Status
	Field     cell
	Old, New  cell
	Error     cell
}

// PlanCSV writes the rows of a plan as plan.csv has them: a line a change, and a
// line for a row without any. A blank Old or New beside a Field means empty; a
// value that the API does not show says so. It streams. Cells that a
// spreadsheet would take for a formula are made harmless with a ' in front.
func PlanCSV(w io.Writer, rows iter.Seq2[plan.Row, error]) error {
	return writeCSV(w, rows, addPlanLines)
}

// addPlanLines appends the lines of a row.
func addPlanLines(lines []planLine, r plan.Row) []planLine {
	line := planLine{Row: r.Row, Line: r.Line, Number: cell(r.Number), Status: r.Status, Error: cell(r.Error)}
	if len(r.Changes) == 0 {
		return append(lines, line)
	}
	for _, c := range r.Changes {
		line.Field, line.Old, line.New = cell(c.Field), cell(c.Old), cell(c.New)
		if c.WriteOnly {
			line.Old = "(not shown by the API)"
		}
		lines = append(lines, line)
	}
	return lines
}
