package watch

import (
	"maps"

	"github.com/bulknum/bulknum/batch"
)

// standing is how the rows of the whole input stand, by what the events told.
type standing struct {
	counts map[batch.Status]int
	dryRun bool
}

// listen takes in an event.
func (s *standing) listen(event batch.Event) {
	switch e := event.(type) {
	case batch.Began:
		s.dryRun = e.Run.DryRun
	case batch.PlanMade:
		s.counts = maps.Clone(e.Counts)
	case batch.Started:
		s.dryRun = false
		s.counts = maps.Clone(e.Counts)
	case batch.Finished:
		s.move(e.Was, e.Status, 1)
	case batch.Ended:
		if !s.dryRun { // what is still planned is not sent any more
			s.move(batch.Planned, batch.NotAttempted, s.counts[batch.Planned])
		}
	}
}

// move counts rows in another status.
func (s *standing) move(from, to batch.Status, n int) {
	if s.counts == nil {
		s.counts = map[batch.Status]int{}
	}
	if s.counts[from] -= n; s.counts[from] <= 0 {
		delete(s.counts, from)
	}
	if n > 0 {
		s.counts[to] += n
	}
}

// now is how many rows stand in each status.
func (s *standing) now() map[batch.Status]int {
	counts := maps.Clone(s.counts)
	if counts == nil {
		counts = map[batch.Status]int{}
	}
	return counts
}

// sum is how many rows there are.
func (s *standing) sum() (rows int) {
	for _, n := range s.counts {
		rows += n
	}
	return rows
}
