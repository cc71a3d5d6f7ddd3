package history

import (
	"context"
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// Recent gives what was sent to the numbers of an account, or was told of, after a moment,
// run by run. What a damaged run did is passed over.
func Recent(ctx context.Context, in runs.Folder, account store.AccountID, after time.Time) iter.Seq2[store.Write, error] {
	return func(yield func(store.Write, error) bool) {
		rows, err := goingOn(ctx, in, account, after)
		if err != nil {
			yield(store.Write{}, err)
			return
		}
		for _, run := range rows {
			for w, err := range in.Store.Writes(ctx, store.WriteFilter{Run: run}) {
				if (err != nil || w.At.After(after)) && !yield(w, err) || err != nil {
					return
				}
			}
		}
	}
}

// Asked is what is left of the longest wait that the server has asked for of a run of the
// account; its zero value: nothing is. Runs are looked at that had not ended within so long.
func Asked(ctx context.Context, in runs.Folder, account store.AccountID, within time.Duration) (client.Wait, error) {
	now := time.Now()
	active, err := goingOn(ctx, in, account, now.Add(-within))
	if err != nil {
		return client.Wait{}, err
	}
	var longest client.Wait
	for _, id := range active {
		for r, err := range in.Requests(ctx, id) {
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
func goingOn(ctx context.Context, in runs.Folder, account store.AccountID, at time.Time) (active []store.RunID, err error) {
	all, err := in.Store.Runs(ctx, store.RunFilter{Account: account})
	if err != nil {
		return nil, err
	}
	rows := make([]store.RowOf, len(all))
	for i, run := range all {
		rows[i] = store.RowOf{Run: run.ID}
	}
	told, err := in.Store.RowFacts(ctx, rows)
	for _, row := range rows {
		is := told[row]
		n := len(is.Steps)
		if is.Err == nil && n > 0 && (is.Steps[n-1].Kind != store.Ended || is.Steps[n-1].At.After(at)) {
			active = append(active, row.Run)
		}
	}
	return active, err
}
