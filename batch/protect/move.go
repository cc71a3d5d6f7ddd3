package protect

import (
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Move is a field of a number that a cutover changed, and whether that stands
// against later runs of other jobs.
type Move struct {
	settings.Change
	Cutover *runs.Run
	At      time.Time
	done    store.Sequence
	// endedBy is the run that moved the field back, or none.
	endedBy *runs.Run
}

// follow takes in what another run did to the field. Moving the field back ends
// it, by a rollback or by any other run that was let; and taking that rollback
// back lets it stand again. What was done before a gap ends nothing: the number may
// have been moved again since, unrecorded.
func (m *Move) follow(d runs.Write, c settings.Change, gap store.Sequence) {
	field, known := settings.Lookup(c.Field)
	switch {
	case !known || d.Status != result.Updated || d.Done < gap:
	case m.endedBy != nil:
		if d.By.Stored.RollbackOf == m.endedBy.Stored.ID && !field.Same(c.New, m.Old) {
			m.endedBy = nil
		}
	case field.Same(c.New, m.Old):
		m.endedBy = d.By
	}
}

// movedBy is what a cutover's change of a field leaves behind, or nothing: it
// changed nothing, or the run is none.
func movedBy(d runs.Write, c settings.Change) *Move {
	field, known := settings.Lookup(c.Field)
	if !known || !d.By.Identity.IsCutover() || !c.WriteOnly && field.Same(c.Old, c.New) {
		return nil
	}
	return &Move{Change: c, Cutover: d.By, At: d.At, done: d.Done}
}

// Track follows numbers that cutovers changed through what runs did to them.
type Track struct {
	gap    store.Sequence
	writes map[string][]runs.Write // by number, in the order in which they were done
}

// Take takes in what a run did.
func (t *Track) Take(w runs.Write) {
	if t.writes == nil {
		t.writes = map[string][]runs.Write{}
	}
	t.writes[w.Number] = append(t.writes[w.Number], w)
}

// Moves follows the fields of a number through all that was done to it, and
// returns what cutovers did, the oldest first. A newer cutover stands beside the
// older ones, so that nothing goes back to before any of them; only of the same
// move twice the newer one counts. What ended meanwhile, because of a run, is
// given to ended.
func (t *Track) Moves(number string, ended func(cutover, by *runs.Run)) []*Move {
	var moves []*Move
	for _, d := range t.writes[number] {
		for _, c := range d.Changes {
			moved := movedBy(d, c)
			moves = slices.DeleteFunc(moves, func(m *Move) bool {
				if m.Field != c.Field {
					return false
				}
				before := *m
				m.follow(d, c, t.gap)
				again := moved != nil && m.sameStart(moved)
				if again || *m != before {
					ended(m.Cutover, d.By)
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
func (m *Move) sameStart(other *Move) bool {
	field, _ := settings.Lookup(m.Field) // the names are the table's
	return field.Same(m.Old, other.Old)
}
