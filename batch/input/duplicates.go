package input

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"

	"github.com/bulknum/bulknum/batch/settings"
)

// duplicates finds the numbers that stand in more than one row. It keeps 24
// bytes for each number, and more only for those found again.
type duplicates struct {
	seed  maphash.Seed
	first map[uint64]place
	again map[uint64][]place
}

// place is where a number stands, and what the row asks for: a hash of the
// settings, or 0 of a row that is invalid by itself.
type place struct {
	asks      uint64
	row, line uint32
}

func newDuplicates() *duplicates {
	return &duplicates{seed: maphash.MakeSeed(), first: map[uint64]place{}, again: map[uint64][]place{}}
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

// place returns where a row stands. Rows and lines fit, because a file has no
// more than 2^32 bytes (Options.MaxBytes).
func (d *duplicates) place(row *Row) place {
	return place{asks: d.asks(row), row: uint32(row.Row), line: uint32(row.Line)} //nolint:gosec // see above
}

// asks returns what a row asks for. Rows that are invalid are never the same
// as another, because it is not known what they mean.
func (d *duplicates) asks(row *Row) uint64 {
	if row.Status != Valid {
		return 0
	}
	return maphash.Comparable(d.seed, row.Settings) | 1
}

// add remembers a row's number.
func (d *duplicates) add(row *Row) {
	number, ok := digits(row.Number)
	if !ok {
		return
	}
	here := d.place(row)
	first, found := d.first[number]
	switch {
	case !found:
		d.first[number] = here
	case d.again[number] == nil:
		d.again[number] = []place{first, here}
	default:
		d.again[number] = append(d.again[number], here)
	}
}

// repeated is a number that stands in more than one row.
type repeated struct {
	first, other place // other: the first row that asks for something else
	conflict     bool
}

// settle returns the numbers that stand more than once, and forgets the others.
func (d *duplicates) settle() map[uint64]repeated {
	d.first = nil
	all := make(map[uint64]repeated, len(d.again))
	for number, places := range d.again {
		r := repeated{first: places[0], other: places[1]}
		for _, p := range places[1:] {
			if p.asks == 0 || p.asks != r.first.asks {
				r.other, r.conflict = p, true
				break
			}
		}
		all[number] = r
	}
	return all
}

// copies goes through all rows of repeated numbers, in the order of the file.
func (d *duplicates) copies(yield func(number uint64, at place) bool) {
	type row struct {
		place
		number uint64
	}
	var rows []row
	for number, places := range d.again {
		for _, p := range places {
			rows = append(rows, row{p, number})
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.row, b.row) })
	for _, r := range rows {
		if !yield(r.number, r.place) {
			return
		}
	}
}

// problem says what the repetition means for the row at a place; nothing for
// the first of rows that are the same.
func (r repeated) problem(number uint64, at place, label string) (Problem, bool) {
	p := Problem{Row: int(at.row), Line: int(at.line), Column: label, Value: fmt.Sprintf("+%d", number)}
	switch {
	case r.conflict:
		other := r.first
		if at.row == r.first.row || at.asks != 0 && at.asks == r.first.asks {
			other = r.other
		}
		p.Message = fmt.Sprintf("line %d has the same number with other settings", other.line)
		if other.asks == 0 {
			p.Message = fmt.Sprintf("line %d has the same number and is invalid", other.line)
		}
		p.Hint = "keep one of the rows"
	case at.row == r.first.row:
		return Problem{}, false
	default:
		p.Warning = true
		p.Message = fmt.Sprintf("line %d says the same", r.first.line)
		p.Hint = "it is sent once"
	}
	return p, true
}
