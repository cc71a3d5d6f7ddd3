package files

import (
	"io"
	"iter"
	"strconv"

	"github.com/bulknum/bulknum/batch/plan"
)

// planColumns are those of plan.csv.
const planColumns = "Row,Line,Number,Status,Field,Old,New,Error"

// PlanCSV writes the rows of a plan as plan.csv has them: a line a change, and a
// line for a row without any. A blank Old or New beside a Field means empty; a
// value that the API does not show says so. It streams. Cells that a
// spreadsheet would take for a formula are made harmless with a ' in front.
func PlanCSV(w io.Writer, rows iter.Seq2[plan.Row, error]) error {
	return writeCSV(w, planColumns, rows, planLines)
}

// planLines writes the lines of a row.
func planLines(r plan.Row, line func(...string)) {
	row, place, number, fault := strconv.Itoa(r.Row), strconv.Itoa(r.Line), cell(r.Number), cell(r.Error)
	if len(r.Changes) == 0 {
		line(row, place, number, string(r.Status), "", "", "", fault)
	}
	for _, c := range r.Changes {
		old := cell(c.Old)
		if c.WriteOnly {
			old = "(not shown by the API)"
		}
		line(row, place, number, string(r.Status), cell(c.Field), old, cell(c.New), fault)
	}
}
