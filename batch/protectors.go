package batch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
)

// protectors adds to the reasons of the cutovers that still keep other jobs from
// changing something back, and of the runs without which nobody would know that
// this has ended, or holds again.
func protectors(ctx context.Context, runs []*Run, reasons map[string][]string) error {
	apis := map[[2]string][]*Run{}
	for _, r := range runs {
		api := [2]string{r.Identity.Account, r.Identity.API}
		apis[api] = append(apis[api], r)
	}
	counts := protecting{}
	for _, of := range apis {
		if err := counts.of(ctx, of); err != nil {
			return err
		}
	}
	pairs := slices.SortedFunc(maps.Keys(counts), func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.cutover.Folder(), b.cutover.Folder()), cmp.Compare(a.run.Folder(), b.run.Folder()))
	})
	for _, p := range pairs {
		name, numbers := p.cutover.Identity.Name, countOf(counts[p])
		reason := fmt.Sprintf("it tells whether run %s still protects %s", name, numbers)
		if p.run == p.cutover {
			reason = fmt.Sprintf("it keeps other jobs from changing %s back; apply --release %s ends that", numbers, name)
		}
		if !p.cutover.released() {
			reasons[p.run.Folder()] = append(reasons[p.run.Folder()], reason)
		}
	}
	return nil
}

// pair is a cutover and a run that ended its protection, or let it hold again; or
// twice a cutover that protects.
type pair struct{ cutover, run *Run }

// protecting is of how many numbers that holds.
type protecting map[pair]int

// of counts the numbers of an account. Runs that cannot be read are passed over:
// they are kept as it is.
func (p protecting) of(ctx context.Context, runs []*Run) error {
	if !slices.ContainsFunc(runs, func(r *Run) bool { return r.Identity.isCutover() }) {
		return nil
	}
	unread := func(*Run, error) error { return nil }
	m := memory{deeds: map[string][]deed{}}
	if err := m.cutovers(ctx, runs, func(string) bool { return true }, unread); err != nil {
		return err
	}
	moved := map[string]struct{}{}
	for number := range m.deeds {
		moved[number] = struct{}{}
	}
	if err := m.since(ctx, runs, in(moved), unread); err != nil {
		return err
	}
	for number := range m.deeds {
		told := map[pair]bool{}
		for _, s := range m.moves(number, func(cutover, by *Run) { told[pair{cutover, by}] = true }) {
			if s.cutover != nil && s.endedBy == nil && !s.Hidden {
				told[pair{s.cutover, s.cutover}] = true
			}
		}
		for t := range told {
			p[t]++
		}
	}
	return nil
}
