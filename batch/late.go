package batch

import (
	"context"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// awaitLate waits until what was sent in doubt is either applied or will not be: an old
// reading is no proof before that. An error is the context's cause.
func awaitLate(ctx context.Context, e *execution) error {
	window := e.cfg.Late(e.reader)
	last, err := recallOwn(ctx, e, time.Now().Add(-window))
	if err != nil || last.IsZero() || e.cfg.Sandbox { // what the built-in API has not answered ended with its process
		return err
	}
	return e.requests.AwaitLate(ctx, last.Add(window))
}

// recallOwn takes in what was sent to the account's numbers after a moment: readings may
// lag behind it. It returns when the youngest of it that is in doubt left, or was told of;
// zero: nothing is.
func recallOwn(ctx context.Context, e *execution, after time.Time) (doubt time.Time, err error) {
	if e.cfg.TokenOnly { // nothing is read with one token
		return doubt, nil
	}
	for w, err := range e.run.In.Recent(ctx, e.run.Stored.Account.ID, after) {
		if err != nil {
			return doubt, err
		}
		if w.MayStand() {
			e.own.Note(w.Number, settings.FromChanges(w.Changes), w.At, w.Status == result.Updated)
		}
		if w.Status == result.Unknown && w.At.After(doubt) {
			doubt = w.At
		}
	}
	return doubt, nil
}
