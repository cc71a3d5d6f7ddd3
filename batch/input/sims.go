package input

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/input/internal/keyset"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/settings"
)

// sims finds the ICCIDs that rows of several numbers set: a SIM is on one number. It does so in two readings, as
// duplicates does.
type sims struct {
	target int  // of the column; 0: the file says what is, and not what is to be
	shared bool // that is allowed
	field  settings.Field
	seed   maphash.Seed
	seen   *keyset.Set         // hashes of the ICCIDs of the rows so far
	again  map[uint64]struct{} // those hashes that more than one row has
	found  map[string]setter   // ICCIDs that have them
	rows   int                 // of shared ICCIDs
}

// setter is the first row that sets an ICCID, and the line of the first of another number; 0: there is none.
type setter struct {
	number              uint64
	line, other, ofRows int
}

func newSIMs(o Options) sims {
	fields := settings.Fields()
	i := slices.IndexFunc(fields, func(f settings.Field) bool { return f.Name == "Iccid" })
	s := sims{
		shared: o.AllowSharedICCID, field: fields[i],
		seed: maphash.MakeSeed(), seen: keyset.New(), again: map[uint64]struct{}{}, found: map[string]setter{},
	}
	if !o.AsTold && !o.State {
		s.target = 1 + i
	}
	return s
}

// of returns the ICCID that a row sets for a number, in the spelling in which equal ones are equal.
func (s *sims) of(row *Row, rec *record) (iccid string, sets bool) {
	if s.target == 0 || rec.number == 0 || rec.cells[s.target].text == "" {
		return "", false
	}
	value, _ := row.Settings.Get(s.field.Name)
	return s.field.Meaning(value), value != ""
}

// hash returns the key of an ICCID. Others may have it too.
func (s *sims) hash(iccid string) uint64 { return maphash.String(s.seed, iccid) | 1 }

// repeats reports whether the ICCID that a record sets, as it is written, may stand in more than one row.
func (s *sims) repeats(rec *record) bool {
	if s.target == 0 {
		return false
	}
	_, again := s.again[s.hash(s.field.Meaning(rec.cells[s.target].text))]
	return again
}

// see takes in the ICCID that a row sets, in the first reading.
func (s *sims) see(row *Row, rec *record) {
	if iccid, sets := s.of(row, rec); sets {
		if hash := s.hash(iccid); !s.seen.Add(hash) {
			s.again[hash] = struct{}{}
		}
	}
}

// add takes in which numbers set an ICCID that stands in more than one row, in the second reading.
func (s *sims) add(row *Row, rec *record) {
	iccid, sets := s.of(row, rec)
	if _, again := s.again[s.hash(iccid)]; !sets || !again {
		return
	}
	known := cmp.Or(s.found[iccid], setter{number: rec.number, line: row.Line})
	if known.ofRows++; known.other == 0 && known.number != rec.number {
		known.other = row.Line
	}
	s.found[iccid] = known
}

// settle forgets the ICCIDs that one number has, and counts the rows of the others.
func (s *sims) settle() {
	maps.DeleteFunc(s.found, func(_ string, known setter) bool { return known.other == 0 })
	for _, known := range s.found {
		s.rows += known.ofRows
	}
}

// judge adds to a row that another number's row sets its ICCID, and returns that as a problem.
func (s *sims) judge(row *Row, rec *record) (p Problem, shares bool) {
	iccid, sets := s.of(row, rec)
	known, shares := s.found[iccid]
	if !sets || !shares {
		return Problem{}, false
	}
	line := known.line
	if rec.number == known.number {
		line = known.other
	}
	value, _ := row.Settings.Get(s.field.Name)
	p = Problem{
		Row: row.Row, Line: row.Line, Column: rec.labels[s.target], Value: value, Warning: s.shared,
		Message: fmt.Sprintf("line %d sets the same ICCID for another number", line),
		Hint:    "a SIM is on one number: correct one of the rows, or allow that numbers share it",
		Options: []option.Name{option.AllowSharedICCID},
	}
	if s.shared {
		p.Hint, p.Options = "it is sent as it is", nil
	}
	row.note(p)
	return p, true
}
