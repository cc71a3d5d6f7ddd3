package batch

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/store"
)

// knownFields finds what earlier runs tell of fields that the API does not
// show. wanted has the numbers, each with its hidden fields. A field counts as
// known when the last update that had it, of any run of the account, has the
// API's answer; and nobody may have changed it since, unrecorded.
func (e *engine) knownFields(ctx context.Context, wanted map[string][]string) (map[string]map[string]string, error) {
	gap, err := e.lastGap(ctx)
	if err != nil {
		return nil, err
	}
	forgotten := map[string]struct{}{}
	known := map[string]map[string]string{}
	filter := store.WriteFilter{Account: e.is.Account.ID, Numbers: slices.Sorted(maps.Keys(wanted)), Except: e.is.ID}
	err = e.cfg.runs().attempts(ctx, filter, func(d deed) { // in their order: the last one counts
		for _, field := range wanted[d.Number] {
			c, set := d.wrote(field)
			switch {
			case !set:
			case d.Status != Updated || d.Done < gap.Sequence:
				delete(known[d.Number], field)
				if d.Status == Updated {
					forgotten[d.Number] = struct{}{}
				}
			case known[d.Number] == nil:
				known[d.Number] = map[string]string{field: c.New}
			default:
				known[d.Number][field] = c.New
			}
		}
	})
	for number, fields := range known {
		if len(fields) == len(wanted[number]) {
			delete(forgotten, number)
		}
	}
	if err == nil && len(forgotten) > 0 {
		e.emit(Noticed{Detail: fmt.Sprintf("what the API does not show of %s is not known any more: %s", countOf(len(forgotten)), gap.Why)})
	}
	return known, err
}

// lastGap is the last moment at which somebody may have done anything to any
// number, unrecorded; zero: there is none.
func (e *engine) lastGap(ctx context.Context) (last store.Gap, err error) {
	gaps, err := e.cfg.Store.Gaps(ctx, e.is.Account.ID)
	for _, g := range gaps {
		if g.Sequence > last.Sequence {
			last = g
		}
	}
	return last, err
}

// touchedLater returns whether another run may have sent a number after this one
// was planned: also runs that had begun before, and were resumed. When it is not
// known what was done, any number may have been.
func (e *engine) touchedLater(ctx context.Context, run *Run) (func(number string) bool, error) {
	gap, err := e.lastGap(ctx)
	if err != nil {
		return nil, err
	}
	if gap.Sequence > run.is.Sequence {
		e.emit(Noticed{Detail: "every row not yet sent is read again first, because it is not known what was done meanwhile: " + gap.Why})
		return func(string) bool { return true }, nil
	}
	touched := map[string]struct{}{}
	filter := store.WriteFilter{Account: e.is.Account.ID, Except: e.is.ID, After: run.is.Sequence}
	err = e.cfg.runs().deeds(ctx, filter, func(d deed) { touched[d.Number] = struct{}{} })
	return in(touched), err
}
