package batch

import (
	"context"
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
	known := map[string]map[string]string{}
	filter := store.WriteFilter{Account: e.is.Account.ID, Numbers: slices.Sorted(maps.Keys(wanted)), Except: e.is.ID}
	err = e.cfg.runs().attempts(ctx, filter, func(d deed) { // in their order: the last one counts
		for _, field := range wanted[d.Number] {
			c, set := d.wrote(field)
			switch {
			case !set:
			case d.Status != Updated || d.Done < gap:
				delete(known[d.Number], field)
			case known[d.Number] == nil:
				known[d.Number] = map[string]string{field: c.New}
			default:
				known[d.Number][field] = c.New
			}
		}
	})
	return known, err
}

// lastGap is the last moment at which somebody may have done anything to any
// number, unrecorded; 0: there is none.
func (e *engine) lastGap(ctx context.Context) (store.Sequence, error) {
	gaps, err := e.cfg.Store.Gaps(ctx, e.is.Account.ID)
	var last store.Sequence
	for _, g := range gaps {
		last = max(last, g.Sequence)
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
	if gap > run.is.Sequence {
		e.emit(Noticed{Detail: "every row not yet sent is read again first, because it is not known what was done meanwhile"})
		return func(string) bool { return true }, nil
	}
	touched := map[string]struct{}{}
	filter := store.WriteFilter{Account: e.is.Account.ID, Except: e.is.ID, After: run.is.Sequence}
	err = e.cfg.runs().deeds(ctx, filter, func(d deed) { touched[d.Number] = struct{}{} })
	return in(touched), err
}
