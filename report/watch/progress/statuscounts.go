package progress

import (
	"maps"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
)

// StatusCounts is how the rows of the whole input stand, by what the events told.
type StatusCounts struct {
	counts map[result.Status]int
	dryRun bool
}

// Listen takes in an event.
func (s *StatusCounts) Listen(e event.Event) {
	switch e := e.(type) {
	case event.Began:
		s.dryRun = e.Run.DryRun
	case event.PlanMade:
		s.counts = maps.Clone(e.Counts)
	case event.Started:
		s.dryRun = false
		s.counts = maps.Clone(e.Counts)
	case event.Finished:
		s.move(e.Was, e.Status, 1)
	case event.Ended:
		if !s.dryRun { // what is still planned is not sent any more
			s.move(result.Planned, result.NotAttempted, s.counts[result.Planned])
		}
	}
}

// Set takes the counts from a summary.
func (s *StatusCounts) Set(counts map[result.Status]int) { s.counts = counts }

// move counts rows in another status.
func (s *StatusCounts) move(from, to result.Status, n int) {
	if s.counts == nil {
		s.counts = map[result.Status]int{}
	}
	if s.counts[from] -= n; s.counts[from] <= 0 {
		delete(s.counts, from)
	}
	if n > 0 {
		s.counts[to] += n
	}
}

// Counts is how many rows stand in each status.
func (s *StatusCounts) Counts() map[result.Status]int {
	counts := maps.Clone(s.counts)
	if counts == nil {
		counts = map[result.Status]int{}
	}
	return counts
}

// Rows is how many rows there are.
func (s *StatusCounts) Rows() (rows int) {
	for _, n := range s.counts {
		rows += n
	}
	return rows
}
