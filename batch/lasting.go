package batch

import (
	"context"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/settings"
)

// lasting is a field of a number that a cutover changed, and whether that
// stands against later runs of other jobs.
type lasting struct {
	settings.Change
	cutover *Run
	at      time.Time
	// endedBy is the run that moved the field back, or none.
	endedBy *Run
}

// follow takes in what another run did to the field. Moving the field back ends
// it, by a rollback or by any other run that was let; and taking that rollback
// back lets it stand again.
func (s *lasting) follow(d deed, c settings.Change) {
	field, known := settings.Lookup(c.Field)
	switch {
	case !known || d.status != Updated:
	case s.endedBy != nil:
		if d.run.Identity.RollbackOf == s.endedBy.Identity.Name {
			s.endedBy = nil
		}
	case field.Same(c.New, s.Old):
		s.endedBy = d.run
	}
}

// movedBy is what a cutover's change of a field leaves behind, or nothing: it
// changed nothing, or the run is none.
func movedBy(d deed, c settings.Change) *lasting {
	field, known := settings.Lookup(c.Field)
	if !known || !d.run.Identity.isCutover() || !c.Hidden && field.Same(c.Old, c.New) {
		return nil
	}
	return &lasting{Change: c, cutover: d.run, at: d.at}
}

// memory is what runs did to numbers that cutovers changed.
type memory struct {
	deeds map[string][]deed // by number
}

// cutovers takes in what runs with waves did to wanted numbers. A run that cannot
// be read is given to broken, and passed over if that says so.
func (m *memory) cutovers(ctx context.Context, runs []*Run, wanted func(string) bool, broken func(*Run, error) error) error {
	return m.take(ctx, runs, wanted, broken, func(r *Run) bool { return r.Identity.isCutover() })
}

// since takes in what other runs did to wanted numbers since the first cutover.
func (m *memory) since(ctx context.Context, runs []*Run, wanted func(string) bool, broken func(*Run, error) error) error {
	var first time.Time
	for _, r := range runs {
		if r.Identity.isCutover() && (first.IsZero() || r.StartedAt.Before(first)) {
			first = r.StartedAt
		}
	}
	return m.take(ctx, runs, wanted, broken, func(r *Run) bool {
		return !r.Identity.isCutover() && writtenSince(r.dir, first)
	})
}

// take takes in what chosen runs did to wanted numbers.
func (m *memory) take(ctx context.Context, runs []*Run, wanted func(string) bool, broken func(*Run, error) error, chosen func(*Run) bool) error {
	for _, r := range runs {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !chosen(r) {
			continue
		}
		found, err := r.deeds(wanted)
		if err != nil {
			if err := broken(r, err); err != nil {
				return err
			}
			continue
		}
		for number, d := range found {
			m.deeds[number] = append(m.deeds[number], d)
		}
	}
	return nil
}

// moves follows the fields of a number through all that was done to it, and
// returns what cutovers did, the oldest first. A newer cutover stands beside the
// older ones, so that nothing goes back to before any of them; only of the same
// move twice the newer one counts. What ended meanwhile, because of a run, is
// given to ended.
func (m *memory) moves(number string, ended func(cutover, by *Run)) []*lasting {
	deeds := m.deeds[number]
	slices.SortStableFunc(deeds, func(a, b deed) int { return a.at.Compare(b.at) })
	var moves []*lasting
	for _, d := range deeds {
		for _, c := range d.changes {
			moved := movedBy(d, c)
			moves = slices.DeleteFunc(moves, func(s *lasting) bool {
				if s.Field != c.Field {
					return false
				}
				before := *s
				s.follow(d, c)
				again := moved != nil && s.sameStart(moved)
				if again || *s != before {
					ended(s.cutover, d.run)
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
