package input

import (
	"fmt"
	"hash/maphash"
	"strconv"

	"github.com/bulknum/bulknum/batch/settings"
)

// duplicates finds the numbers that stand in more than one row. It keeps 24
// bytes for each number, however often it stands there, and 16 more for one
// whose rows ask for different things.
type duplicates struct {
	seed    maphash.Seed
	numbers map[uint64]occurrences
	others  []place // see occurrences.other
	again   int     // numbers that stand in more than one row
	rows    int     // the rows of these
}

// place is where a row stands, and what it asks for: a hash of the settings and
// preconditions, or 0 of a row that is invalid by itself.
type place struct {
	asks uint64
	line uint32
}

// occurrences is what is known of a number: its first row, and more if there are
// others.
type occurrences struct {
	asks  uint64
	line  uint32
	other uint32 // once, same, or the place in others of the first row that asks for something else
}

const (
	once = 0
	same = 1 // all rows ask for the same; others has a blank in this place
)

func newDuplicates() *duplicates {
	return &duplicates{seed: maphash.MakeSeed(), numbers: map[uint64]occurrences{}, others: make([]place, same+1)}
}

// digits packs a number in E.164 form: at most 15 digits, the first not 0. What
// is not in that form gives false.
func digits(number string) (uint64, bool) {
	if _, flaw := settings.ParseNumber(number); flaw != nil {
		return 0, false
	}
	packed, err := strconv.ParseUint(number[1:], 10, 64)
	return packed, err == nil
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
	if row.If.IsZero() {
		return maphash.Comparable(d.seed, row.Settings) | 1
	}
	return maphash.Comparable(d.seed, [...]settings.Settings{row.Settings, row.If}) | 1
}

// add remembers a row's number.
func (d *duplicates) add(row *Row) {
	number, ok := digits(row.Number)
	if !ok {
		return
	}
	here := d.place(row)
	known, found := d.numbers[number]
	if !found {
		d.numbers[number] = occurrences{asks: here.asks, line: here.line}
		return
	}
	d.rows++
	if known.other == once {
		d.again++
		d.rows++ // the first one
	}
	switch {
	case known.other > same:
		return // one other is enough
	case here.asks == 0 || here.asks != known.asks:
		known.other = uint32(len(d.others)) //nolint:gosec // as lines
		d.others = append(d.others, here)
	default:
		known.other = same
	}
	d.numbers[number] = known
}

// settle forgets the numbers that stand once, if that is worth a second map.
func (d *duplicates) settle() {
	if d.again > len(d.numbers)/2 {
		return
	}
	again := make(map[uint64]occurrences, d.again)
	for number, known := range d.numbers {
		if known.other != once {
			again[number] = known
		}
	}
	d.numbers = again
}

// judge adds to a row what the other rows of its number mean for it, and
// returns it as a problem. There is none for the first of rows that are the
// same. Repeated tells that there are other rows.
func (d *duplicates) judge(row *Row, label string) (p Problem, repeated bool) {
	number, ok := digits(row.Number)
	if !ok {
		return Problem{}, false
	}
	known, ok := d.numbers[number]
	if !ok || known.other == once {
		return Problem{}, false
	}
	here, other := d.place(row), d.others[known.other]
	p = Problem{Row: row.Row, Line: row.Line, Column: label, Value: row.Number, Hint: "keep one of the rows"}
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
