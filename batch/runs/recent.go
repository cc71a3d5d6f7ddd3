package runs

import (
	"context"
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
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

// Asked is what is left of the longest wait that the server has asked for of a run of the
// account; its zero value: nothing is. Runs are looked at that had not ended within so long.
func (f Folder) Asked(ctx context.Context, account store.AccountID, within time.Duration) (client.Wait, error) {
	now := time.Now()
	active, err := goingOn(ctx, f, account, now.Add(-within))
	if err != nil {
		return client.Wait{}, err
	}
	var longest client.Wait
	for _, id := range active {
		for r, err := range requestsOf(ctx, f.Store, id) {
			if err != nil {
				return client.Wait{}, err
			}
			if r.Asks == "" {
				continue
			}
			left := min(r.Until.Sub(now), r.Until.Sub(r.At)) // a clock that was set back makes no wait longer
			if left > longest.Until.Sub(now) && left > 0 {
				longest = client.Wait{Reason: r.Asks, Since: r.At, Until: now.Add(left)}
			}
		}
	}
	return longest, nil
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
