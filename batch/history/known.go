package history

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// KnownFields finds what earlier runs tell of fields that the API does not show. wanted has the numbers, each with
// its write-only fields. A field counts as known when the last update that had it, of any run of the account, has the
// API's answer; and nobody may have changed it since, unrecorded: what was lost by that is told.
func KnownFields(
	ctx context.Context, in runs.Folder, of store.Run, wanted map[string][]string,
) (known map[string]map[string]string, lost string, err error) {
	gap, err := in.LastGap(ctx, of.Account.ID)
	if err != nil {
		return nil, "", err
	}
	forgotten := map[string]struct{}{}
	known = map[string]map[string]string{}
	filter := store.WriteFilter{Account: of.Account.ID, Numbers: slices.Sorted(maps.Keys(wanted)), Except: of.ID}
	err = in.Attempts(ctx, filter, func(d runs.Write) { // in their order: the last one counts
		for _, field := range wanted[d.Number] {
			c, set := d.Wrote(field)
			switch {
			case !set:
			case d.Status != result.Updated || d.Done < gap.Sequence:
				delete(known[d.Number], field)
				if d.Status == result.Updated {
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
	if len(forgotten) > 0 {
		lost = fmt.Sprintf("write-only fields of %s are not known any more: %s",
			runs.CountNumbers(len(forgotten)), gap.Why)
	}
	return known, lost, err
}

// NoteGap tells, in the first run of a job after a gap, what is not known any more.
func NoteGap(ctx context.Context, in runs.Folder, of store.Run) ([]plan.Note, error) {
	gap, err := in.LastGap(ctx, of.Account.ID)
	if err != nil || gap.Sequence == 0 {
		return nil, err
	}
	siblings, err := in.Siblings(ctx, of)
	if err != nil {
		return nil, err
	}
	for _, earlier := range siblings {
		if earlier.Sequence > gap.Sequence {
			return nil, nil
		}
	}
	return []plan.Note{{Detail: gap.Why + " since this job last ran: cutovers that the store does not have protect nothing, " +
		"so see first whether this file would undo one"}}, nil
}
