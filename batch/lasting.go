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

// follow takes in what a run did to the field. A newer cutover takes the place of
// the one before. Moving the field back ends it, by a rollback or by any other
// run that was let; and taking that rollback back lets it stand again.
func (s *lasting) follow(d deed, c settings.Change) {
	field, known := settings.Lookup(c.Field)
	me := d.run.Identity
	switch {
	case !known:
	case me.isCutover():
		if c.Hidden || !field.Same(c.Old, c.New) {
			*s = lasting{Change: c, cutover: d.run, at: d.at}
		}
	case s.cutover == nil || d.status != Updated:
	case s.endedBy != nil:
		if me.RollbackOf == s.endedBy.Identity.Name {
			s.endedBy = nil
		}
	case field.Same(c.New, s.Old):
		s.endedBy = d.run
	}
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

// fields follows the fields of a number through all that was done to it. What
// ended meanwhile, because of a run, is given to ended.
func (m *memory) fields(number string, ended func(cutover, by *Run)) map[string]*lasting {
	deeds := m.deeds[number]
	slices.SortStableFunc(deeds, func(a, b deed) int { return a.at.Compare(b.at) })
	fields := map[string]*lasting{}
	for _, d := range deeds {
		for _, c := range d.changes {
			s := fields[c.Field]
			if s == nil {
				s = &lasting{}
				fields[c.Field] = s
			}
			before := *s
			s.follow(d, c)
			if before.cutover != nil && *s != before {
				ended(before.cutover, d.run)
			}
		}
	}
	return fields
}
