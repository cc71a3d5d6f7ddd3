package input

import (
	"fmt"
	"hash/maphash"

	"github.com/bulknum/bulknum/batch/input/internal/keyset"
	"github.com/bulknum/bulknum/batch/settings"
)

// duplicates finds the numbers that stand in more than one row, in two readings of the file: the first one finds out which
// they are, and keeps no more of a number than itself; the second one, what their rows ask for.
type duplicates struct {
	seed    maphash.Seed
	seen    *keyset.Set            // numbers of the rows so far; nil: all rows have been seen
	numbers map[uint64]occurrences // of those that stand in more than one row
	others  []place                // see occurrences.other
	rows    int                    // of these numbers
}

// place is where a row stands, and what it asks for: a hash of the settings and
// preconditions, or 0 of a row that is invalid by itself.
type place struct {
	asks uint64
	line uint32
}

// occurrences is what is known of a number that stands in more than one row: its first row, and whether all are alike.
type occurrences struct {
	asks  uint64
	line  uint32
	other uint32 // unmet, same, or the place in others of the first row that asks for something else
}

const (
	unmet = 0 // no row of it has been looked at
	same  = 1 // all rows ask for the same; others has a blank in this place
)

func newDuplicates() *duplicates {
	return &duplicates{
		seed: maphash.MakeSeed(), seen: keyset.New(), numbers: map[uint64]occurrences{}, others: make([]place, same+1),
	}
}

// place returns where a row stands. Lines fit, because a file has no more than
// 2^32 bytes (Options.MaxBytes).
func (d *duplicates) place(row *Row) place {
	return place{asks: d.asks(row), line: uint32(row.Line)} //nolint:gosec // see above
}

// asks returns what a row asks for. Rows that are invalid are never the same
// as another, because it is not known what they mean.
func (d *duplicates) asks(row *Row) uint64 {
	if row.Status == Invalid {
		return 0
	}
	if row.If.IsZero() && row.Wave == 0 {
		return maphash.Comparable(d.seed, row.Settings) | 1
	}
	return maphash.Comparable(d.seed, struct {
		sets, expects settings.Settings
		wave          int
	}{row.Settings, row.If, row.Wave}) | 1
}

// see takes in a record's number, in the first reading.
func (d *duplicates) see(number uint64) {
	if number == 0 || d.seen.Add(number) {
		return
	}
	if _, known := d.numbers[number]; !known {
		d.numbers[number] = occurrences{}
		d.rows++ // the first one
	}
	d.rows++
}

// add takes in what a row asks for if there are others of its number, in the second reading.
func (d *duplicates) add(row *Row, rec *record) {
	known, repeated := d.numbers[rec.number]
	switch here := d.place(row); {
	case !repeated, known.other > same: // one other is enough
		return
	case known.other == unmet:
		known = occurrences{asks: here.asks, line: here.line, other: same}
	case here.asks == 0 || here.asks != known.asks:
		known.other = uint32(len(d.others)) //nolint:gosec // as lines
		d.others = append(d.others, here)
	default:
		return
	}
	d.numbers[rec.number] = known
}

// judge adds to a row what the other rows of its number mean for it, and
// returns it as a problem. There is none for the first of rows that are the
// same. Repeated tells that there are other rows.
func (d *duplicates) judge(row *Row, rec *record) (p Problem, repeated bool) {
	known, repeated := d.numbers[rec.number]
	if !repeated || known.other == unmet {
		return Problem{}, false
	}
	here, other := d.place(row), d.others[known.other]
	p = Problem{Row: row.Row, Line: row.Line, Column: rec.labels[theNumber], Value: row.Number, Hint: "keep one of the rows"}
	switch {
	case known.other > same:
		p.Message = known.opponent(here, other).conflict()
	case here.line == known.line:
		return Problem{}, true
	default:
		p.Warning = true
		p.Message, p.Hint = fmt.Sprintf("line %d says the same", known.line), "it is sent once"
	}
	row.note(p)
	if p.Warning {
		row.Status, row.SameAs = Duplicate, int(known.line)
	}
	return p, true
}

// opponent returns the row that a row is told it conflicts with: the first of
// the number, or if that is the same, the first that is not.
func (s occurrences) opponent(here, other place) place {
	if here.line == s.line || here.asks != 0 && here.asks == s.asks {
		return other
	}
	return place{asks: s.asks, line: s.line}
}

// conflict says what the row at a place means for another of the same number.
func (p place) conflict() string {
	if p.asks == 0 {
		return fmt.Sprintf("line %d has the same number and is invalid", p.line)
	}
	return fmt.Sprintf("line %d has the same number with other settings", p.line)
}
