package batch

import (
	"context"
	"time"
)

// awaitLate waits until what was sent in doubt is either applied or will not be: an old
// reading is no proof before that. An error is the context's cause.
func awaitLate(ctx context.Context, e *execution) error {
	if e.cfg.Sandbox || e.cfg.TokenOnly { // the built-in API ends with its process; nothing is read with one token
		return nil
	}
	window := e.cfg.Late(e.reader)
	last, err := e.run.In.LastDoubt(ctx, e.run.Stored.Account.ID, time.Now().Add(-window))
	if err != nil || last.IsZero() {
		return err
	}
	return e.requests.AwaitLate(ctx, last.Add(window))
}
