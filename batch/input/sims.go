package input

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/settings"
)

// sims finds the ICCIDs that rows of several numbers set: a SIM is on one number. It keeps some 50 bytes for each.
type sims struct {
	target  int  // of the column; 0: the file says what is, and not what is to be
	shared  bool // that is allowed
	found   map[iccid]setter
	rows    int // of shared ICCIDs
	between int // ICCIDs that are shared
}

func newSIMs(o Options) sims {
	s := sims{shared: o.AllowSharedICCID, found: map[iccid]setter{}}
	if !o.AsTold && !o.State {
		s.target = 1 + slices.IndexFunc(settings.Fields(), func(f settings.Field) bool { return f.Name == theSIM })
	}
	return s
}

// iccid is an ICCID of up to 22 digits, without its filler.
type iccid struct {
	head uint32 // the digits before the last 18, and a 1 before these
	tail uint64
}

// setter is the first row that sets an ICCID, and the first of another number.
type setter struct {
	number      uint64
	line, other uint32 // other is 0 when there is none
	rows        uint32
}

// tailDigits are as many as fit.
const tailDigits = 18

// simOf packs the ICCID that a row sets.
func simOf(row *Row) (packed iccid, ok bool) {
	value, _ := row.Settings.Get(theSIM)
	if value == "" {
		return packed, false
	}
	field, _ := settings.Lookup(theSIM)
	text := field.Meaning(value)
	cut := max(0, len(text)-tailDigits)
	head, headErr := strconv.ParseUint("1"+text[:cut], 10, 32)
	tail, tailErr := strconv.ParseUint(text[cut:], 10, 64)
	return iccid{uint32(head), tail}, headErr == nil && tailErr == nil
}

// theSIM is the field of the ICCID.
const theSIM = "Iccid"

// add takes in what a row sets.
func (s *sims) add(row *Row) {
	number, ok := digits(row.Number)
	sim, sets := simOf(row)
	if !ok || !sets || s.target == 0 {
		return
	}
	known, found := s.found[sim]
	if !found {
		known = setter{number: number, line: uint32(row.Line)} //nolint:gosec // as in duplicates
	}
	known.rows++
	if known.other == 0 && known.number != number {
		known.other = uint32(row.Line) //nolint:gosec // as in duplicates
		s.between++
	}
	s.found[sim] = known
}

// settle forgets the ICCIDs that one number has, and counts the rows of the others.
func (s *sims) settle() {
	shared := make(map[iccid]setter, s.between)
	for sim, known := range s.found {
		if known.other != 0 {
			shared[sim] = known
			s.rows += int(known.rows)
		}
	}
	s.found = shared
}

// judge adds to a row that another number's row sets its ICCID, and returns that as a problem.
func (s *sims) judge(row *Row, rec *record) (p Problem, shares bool) {
	number, ok := digits(row.Number)
	sim, sets := simOf(row)
	if !ok || !sets {
		return Problem{}, false
	}
	known, shared := s.found[sim]
	if !shared {
		return Problem{}, false
	}
	line := known.line
	if number == known.number {
		line = known.other
	}
	value, _ := row.Settings.Get(theSIM)
	p = Problem{
		Row: row.Row, Line: row.Line, Column: rec.labels[s.target], Value: value, Warning: s.shared,
		Message: fmt.Sprintf("line %d sets the same ICCID for another number", line),
		Hint:    "a SIM is on one number: correct one of the rows, or give --" + option.AllowSharedICCID,
	}
	if s.shared {
		p.Hint = "it is sent as it is"
	}
	row.note(p)
	return p, true
}
