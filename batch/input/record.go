package input

import (
	"iter"
	"math/bits"

	"github.com/bulknum/bulknum/batch/settings"
)

// A column is known by its target: 0 is the number, then come the fields of the
// table, then the preconditions of the same fields, the status, which no row can
// ask for, and the wave; ignored is nothing.
const (
	ignored    = -1
	theNumber  = 0
	fieldCount = settings.FieldCount
	theStatus  = 1 + 2*fieldCount
	theWave    = 1 + theStatus
	width      = 1 + theWave
)

// IfPrefix begins the name of a precondition's column.
const IfPrefix = "If."

// StatusColumn is the column in which an export shows whether a number is active.
const StatusColumn = "Status"

// WaveColumn is the column that puts a row into a wave of a cutover.
const WaveColumn = "Wave"

// targets returns the names of the columns by their targets.
func targets() []string {
	names := []string{"Number"}
	for _, f := range settings.Fields() {
		names = append(names, f.Name)
	}
	for _, f := range settings.Fields() {
		names = append(names, IfPrefix+f.Name)
	}
	return append(names, StatusColumn, WaveColumn)
}

// fieldOf returns the place in the table of the field that a column is about.
func fieldOf(target int) int { return (target - 1) % fieldCount }

// isCondition reports whether a column is a precondition.
func isCondition(target int) bool { return target > fieldCount && target < theStatus }

// record is a row as it was written. A source fills it again for each row.
type record struct {
	line   int
	size   int    // of its text in bytes, about
	number uint64 // the number's digits; 0: none is written in E.164 form
	cells  [width]cell
	given  columns        // cells that the row has, be they blank
	labels *[width]string // what the columns are called in the file: as in others, or own
	own    [width]string
	broken []Problem // what the source itself found wrong
	bad    columns   // cells that broken is about
	named  bool      // the name of a route stands in place of its id, and is to be found later
	// shapeless tells that the row could not be taken apart into cells.
	shapeless bool
	// unended tells that the file ends with the record, without the end of a line or of a quote, so that it may have been cut
	// off in it; last is the target of the cell that it ends in, or ignored.
	unended bool
	last    int
}

// cell is what was written for one field. Literal tells that nothing in it has
// another meaning than itself.
type cell struct {
	text    string
	literal bool
}

// columns is a set of columns, a bit for each target.
type columns uint32

func (c columns) has(target int) bool { return c&(1<<target) != 0 }

func (c *columns) add(target int) { *c |= 1 << target }

// all goes through the targets, in their order.
func (c columns) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; c != 0; c &= c - 1 {
			if !yield(bits.TrailingZeros32(uint32(c))) {
				return
			}
		}
	}
}

// source reads the rows of one format.
type source interface {
	// next reads the next row. It returns io.EOF after the last one; any other
	// error ends the file.
	next(*record) error
}

// clear makes the record ready for the next row, apart from the labels.
func (r *record) clear() {
	for target := range r.given.all() {
		r.cells[target] = cell{}
	}
	r.line, r.size, r.number, r.given, r.broken, r.bad, r.shapeless = 0, 0, 0, 0, nil, 0, false
	r.named, r.unended, r.last = false, false, ignored
}

// call gives a column another name than the labels have.
func (r *record) call(target int, label string) {
	if r.labels[target] == label {
		return
	}
	if r.labels != &r.own {
		r.own = *r.labels
		r.labels = &r.own
	}
	r.own[target] = label
}

// blame notes a mistake in a cell, or in the whole row for the target ignored.
func (r *record) blame(target int, value, message, hint string) {
	p := Problem{Line: r.line, Value: show(value), Message: message, Hint: hint}
	if target != ignored {
		p.Column = r.labels[target]
		r.bad.add(target)
	}
	r.broken = append(r.broken, p)
}
