package runs

import (
	"context"
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/store"
)

// Recent gives what was sent to the numbers of an account, or was told of, after a moment,
// run by run. What a damaged run did is passed over.
func (f Folder) Recent(ctx context.Context, account store.AccountID, after time.Time) iter.Seq2[store.Write, error] {
	return func(yield func(store.Write, error) bool) {
		rows, err := goingOn(ctx, f, account, after)
		if err != nil {
			yield(store.Write{}, err)
			return
		}
		for _, run := range rows {
			for w, err := range f.Store.Writes(ctx, store.WriteFilter{Run: run}) {
				if (err != nil || w.At.After(after)) && !yield(w, err) || err != nil {
					return
				}
			}
		}
	}
}

// goingOn are the runs of an account that had not ended at a moment.
func goingOn(ctx context.Context, f Folder, account store.AccountID, at time.Time) (active []store.RunID, err error) {
	all, err := f.Store.Runs(ctx, store.RunFilter{Account: account})
	if err != nil {
		return nil, err
	}
	rows := make([]store.RowOf, len(all))
	for i, run := range all {
		rows[i] = store.RowOf{Run: run.ID}
	}
	told, err := f.Store.RowFacts(ctx, rows)
	for _, row := range rows {
		is := told[row]
		n := len(is.Steps)
		if is.Err == nil && n > 0 && (is.Steps[n-1].Kind != store.Ended || is.Steps[n-1].At.After(at)) {
			active = append(active, row.Run)
		}
	}
	return active, err
}
