package batch

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

// protecting is of how many numbers that holds, with the runs.
type protecting map[pair]*protected

type protected struct {
	cutover *runs.Run
	numbers int
}

// count counts a number, by what was done to it.
func (p protecting) count(of *memory, number string) {
	told := map[pair]*runs.Run{}
	moves := of.moves(number, func(cutover, by *runs.Run) { told[pair{cutover.Stored.ID, by.Stored.ID}] = cutover })
	for _, s := range moves {
		if s.endedBy == nil && !s.Hidden {
			told[pair{s.cutover.Stored.ID, s.cutover.Stored.ID}] = s.cutover
		}
	}
	for t, cutover := range told {
		if p[t] == nil {
			p[t] = &protected{cutover: cutover}
		}
		p[t].numbers++
	}
}

// explain adds to the reasons of the cutovers that still keep other jobs from
// changing something back, and of the runs without which nobody would know that
// this has ended, or holds again.
func (p protecting) explain(why reasons) {
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
			reason = fmt.Sprintf("it keeps other jobs from changing %s back; apply --release %s ends that", numbers, name)
		}
		why.add(of.run, reason)
	}
}
