package runs

import (
	"context"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// What was learnt of a limit is looked for in so many runs, and is good for so long.
const (
	learntRuns   = 20
	learntWithin = 30 * 24 * time.Hour
)

// Learnt is what the newest run of an account that learnt something of the API's limit learnt last; nil: none did of late.
// An account is one of an address, and what a sandbox told is in a store of its own.
func (f Folder) Learnt(ctx context.Context, account store.AccountID) (*client.Learnt, error) {
	all, err := f.Store.Runs(ctx, store.RunFilter{Account: account})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b store.Run) int { return int(b.ID - a.ID) })
	for _, run := range all[:min(learntRuns, len(all))] {
		var last *client.Learnt
		for r, err := range f.Requests(ctx, run.ID) {
			if err != nil {
				return nil, err
			}
			if r.Learnt != nil {
				last = r.Learnt
			}
		}
		if last != nil {
			if time.Since(last.At) > learntWithin {
				last = nil
			}
			return last, nil
		}
	}
	return nil, nil
}
