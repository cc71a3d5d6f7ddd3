package runs

import (
	"context"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// LastDoubt is when the youngest update of an account left, or was told of, that is in
// doubt and came after a moment; zero: there is none. Whether it is applied nobody knows
// yet: its answer may still be on its way. What a damaged run did is passed over.
func (f Folder) LastDoubt(ctx context.Context, account store.AccountID, after time.Time) (last time.Time, err error) {
	all, err := f.Store.Runs(ctx, store.RunFilter{Account: account})
	if err != nil {
		return last, err
	}
	rows := make([]store.RowOf, len(all))
	for i, run := range all {
		rows[i] = store.RowOf{Run: run.ID}
	}
	told, err := f.Store.RowFacts(ctx, rows)
	if err != nil {
		return last, err
	}
	for _, row := range rows {
		is := told[row]
		n := len(is.Steps)
		if is.Err != nil || n == 0 || is.Steps[n-1].Kind == store.Ended && !is.Steps[n-1].At.After(after) {
			continue
		}
		for d, err := range f.Store.Writes(ctx, store.WriteFilter{Run: row.Run}) {
			if err != nil {
				return last, err
			}
			if d.Status == result.Unknown && d.At.After(after) && d.At.After(last) {
				last = d.At
			}
		}
	}
	return last, nil
}
