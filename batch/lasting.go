package batch

import (
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// lasting is a field of a number that a cutover changed, and whether that
// stands against later runs of other jobs.
type lasting struct {
	settings.Change
	cutover *runs.Run
	at      time.Time
	done    store.Sequence
	// endedBy is the run that moved the field back, or none.
	endedBy *runs.Run
}

// follow takes in what another run did to the field. Moving the field back ends
// it, by a rollback or by any other run that was let; and taking that rollback
// back lets it stand again. What was done before a gap ends nothing: the number may
// have been moved again since, unrecorded.
func (s *lasting) follow(d runs.Write, c settings.Change, gap store.Sequence) {
	field, known := settings.Lookup(c.Field)
	switch {
	case !known || d.Status != result.Updated || d.Done < gap:
	case s.endedBy != nil:
		if d.By.Stored.RollbackOf == s.endedBy.Stored.ID {
			s.endedBy = nil
		}
	case field.Same(c.New, s.Old):
		s.endedBy = d.By
	}
}

// movedBy is what a cutover's change of a field leaves behind, or nothing: it
// changed nothing, or the run is none.
func movedBy(d runs.Write, c settings.Change) *lasting {
	field, known := settings.Lookup(c.Field)
	if !known || !d.By.Identity.IsCutover() || !c.Hidden && field.Same(c.Old, c.New) {
		return nil
	}
	return &lasting{Change: c, cutover: d.By, at: d.At, done: d.Done}
}

// memory is what runs did to numbers that cutovers changed.
type memory struct {
	gap   store.Sequence
	deeds map[string][]runs.Write // by number, in the order in which they were done
}

// take takes in a deed.
func (m *memory) take(d runs.Write) {
	if m.deeds == nil {
		m.deeds = map[string][]runs.Write{}
	}
	m.deeds[d.Number] = append(m.deeds[d.Number], d)
}

// moves follows the fields of a number through all that was done to it, and
// returns what cutovers did, the oldest first. A newer cutover stands beside the
// older ones, so that nothing goes back to before any of them; only of the same
// move twice the newer one counts. What ended meanwhile, because of a run, is
// given to ended.
func (m *memory) moves(number string, ended func(cutover, by *runs.Run)) []*lasting {
	var moves []*lasting
	for _, d := range m.deeds[number] {
		for _, c := range d.Changes {
			moved := movedBy(d, c)
			moves = slices.DeleteFunc(moves, func(s *lasting) bool {
				if s.Field != c.Field {
					return false
				}
				before := *s
				s.follow(d, c, m.gap)
				again := moved != nil && s.sameStart(moved)
				if again || *s != before {
					ended(s.cutover, d.By)
				}
				return again
			})
			if moved != nil {
				moves = append(moves, moved)
			}
		}
	}
	return moves
}

// sameStart reports whether two moves of a field began at the same value.
func (s *lasting) sameStart(other *lasting) bool {
	field, _ := settings.Lookup(s.Field) // the names are the table's
	return field.Same(s.Old, other.Old)
}
