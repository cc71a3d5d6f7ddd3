package input

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/settings"
)

// Limits of what is said of lengths.
const (
	fewIDs     = 20  // fewer ids in a column say nothing about each other
	alikeIDs   = 99  // percent of the other ids that have one length, before the rest is told
	shownLines = 10  // lines of ids of another length
	maxLength  = 256 // longer values count as of this length
)

// lengths counts how long the numbers and ids of a file are, column by column. An id that is shorter than all others may
// be the rest of one: an identifier has no check digit, and what is left of it is sent as it is.
type lengths struct {
	columns [width]*column // by target; nil: not of a number or an id
	ofIDs   columns        // those that are
}

// column is a column's cells by their length in characters; nil: there is none.
type column [maxLength + 1]*sameLength

// sameLength is the cells of a column that have one length.
type sameLength struct {
	count int
	label string
	value string // of the first one, which stands on the first line
	lines []int  // the first ones
}

func newLengths() *lengths {
	l := &lengths{}
	l.ofIDs.add(theNumber)
	for i, f := range settings.Fields() {
		if f.IsID() {
			l.ofIDs.add(1 + i)
			l.ofIDs.add(1 + fieldCount + i)
		}
	}
	for target := range l.ofIDs.all() {
		l.columns[target] = &column{}
	}
	return l
}

// add counts the cells of a row.
func (l *lengths) add(rec *record) {
	for target := range (rec.given & l.ofIDs).all() {
		column, c := l.columns[target], &rec.cells[target]
		if !c.literal && (isClear(c.text) || isEmpty(c.text) || isUnknown(c.text)) {
			continue
		}
		if _, named := settings.RouteName(c.text); named {
			continue
		}
		length := min(utf8.RuneCountInString(c.text), maxLength)
		same := column[length]
		if same == nil {
			same = &sameLength{label: rec.labels[target], value: strings.Clone(show(c.text))}
			column[length] = same
		}
		if same.count++; len(same.lines) < shownLines {
			same.lines = append(same.lines, rec.line)
		}
	}
}

// cutOff returns the mistake of a file that ends without a line end in this record, before the end of its last cell as far as
// the records that were added before can tell; nil: there is none.
func (l *lengths) cutOff(rec *record) error {
	if !rec.unended {
		return nil
	}
	p := Problem{Line: rec.line, Hint: "copy or export it again; if it is whole, end the line, or allow that the last one has no end",
		Options: []option.Name{option.AllowPartialLastLine}}
	switch column := l.columns[max(rec.last, theNumber)]; {
	case rec.shapeless:
		p.Message = "the file ends in the middle of this row: it may have been cut off"
	case rec.last == ignored, column == nil:
		return nil
	default:
		text := rec.cells[rec.last].text
		if _, named := settings.RouteName(text); named { // of which no route may have half
			return nil
		}
		if utf8.RuneCountInString(text) >= column.shortest() {
			return nil
		}
		p.Column, p.Value = rec.labels[rec.last], show(text)
		p.Message = "the file ends here without a line end, and no other row has so short a value: it may have been cut off"
	}
	return &unreadable{[]Problem{p}}
}

// shortest is the length of the shortest cells; 0: there are none.
func (c *column) shortest() int {
	return max(0, slices.IndexFunc(c[:], func(s *sameLength) bool { return s != nil }))
}

// odd tells the ids whose length nearly no other of their column has, a problem for each length.
func (l *lengths) odd(tell func(Problem)) {
	for _, column := range l.columns[1:] {
		if column != nil {
			column.odd(tell)
		}
	}
}

func (c *column) odd(tell func(Problem)) {
	total, usual := 0, 0
	for length, same := range c {
		if length == 0 || same == nil {
			continue
		}
		if total += same.count; usual == 0 || same.count > c[usual].count {
			usual = length
		}
	}
	if total < fewIDs {
		return
	}
	for length, same := range c {
		if length > 0 && same != nil && length != usual && c[usual].count*100 >= alikeIDs*(total-1) {
			tell(same.problem(length, usual, c[usual].count))
		}
	}
}

// problem is the warning of cells that have another length than the usual ones.
func (s *sameLength) problem(length, usual, count int) Problem {
	p := Problem{
		Line: s.lines[0], Column: s.label, Value: s.value, Warning: true,
		Message: fmt.Sprintf("has %d characters, where %d others have %d", length, count, usual),
		Hint:    "see whether something is missing from it, or too much; it is sent as it is",
	}
	if length == maxLength {
		p.Message = fmt.Sprintf("has more characters than the %d that %d others have", usual, count)
	}
	if len(s.lines) == 1 {
		return p
	}
	lines := make([]string, 0, len(s.lines))
	for _, line := range s.lines[1:] {
		lines = append(lines, strconv.Itoa(line))
	}
	p.Message += "; so it is on line " + strings.Join(lines, ", ")
	if more := s.count - len(s.lines); more > 0 {
		p.Message += fmt.Sprintf(" and %d more", more)
	}
	return p
}
