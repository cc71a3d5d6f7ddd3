package protect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// pair is a cutover and a run that ended its protection, or let it hold again; or
// twice a cutover that protects.
type pair struct{ cutover, run store.RunID }

// Evidence is of how many numbers that holds, with the runs.
type Evidence map[pair]*protected

type protected struct {
	cutover *runs.Run
	numbers int
}

// Count counts a number, by what was done to it.
func (p Evidence) Count(of *Track, number string) {
	told := map[pair]*runs.Run{}
	moves := of.Moves(number, func(cutover, by *runs.Run) { told[pair{cutover.Stored.ID, by.Stored.ID}] = cutover })
	for _, s := range moves {
		if s.stands() && !s.WriteOnly {
			told[pair{s.Cutover.Stored.ID, s.Cutover.Stored.ID}] = s.Cutover
		}
	}
	for t, cutover := range told {
		if p[t] == nil {
			p[t] = &protected{cutover: cutover}
		}
		p[t].numbers++
	}
}

// Explain gives reasons to keep the cutovers that still keep other jobs from
// changing something back, and of the runs without which nobody would know that
// this has ended, or holds again.
func (p Evidence) Explain(keep func(run store.RunID, why string)) {
	pairs := slices.SortedFunc(maps.Keys(p), func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.cutover, b.cutover), cmp.Compare(a.run, b.run))
	})
	for _, of := range pairs {
		if p[of].cutover.Stored.Unprotected {
			continue
		}
		name, numbers := p[of].cutover.Stored.Name, runs.CountNumbers(p[of].numbers)
		reason := fmt.Sprintf("it tells whether run %s still protects %s", name, numbers)
		if of.run == of.cutover {
			reason = fmt.Sprintf("it keeps other jobs from changing %s back, unless it is unprotected", numbers)
		}
		keep(of.run, reason)
	}
}
