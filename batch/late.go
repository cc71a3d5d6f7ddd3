package batch

import (
	"context"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/history"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
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
// zero: nothing is. What another process is just sending is in no doubt.
func recallOwn(ctx context.Context, e *execution, after time.Time) (doubt time.Time, err error) {
	if e.cfg.TokenOnly { // nothing is read with one token
		return doubt, nil
	}
	live := map[store.RunID]bool{e.run.Stored.ID: false}
	for w, err := range history.Recent(ctx, e.run.In, e.run.Stored.Account.ID, after) {
		if err != nil {
			return doubt, err
		}
		if w.MayStand() {
			e.own.Note(w.Number, settings.FromChanges(w.Changes), w.At, w.Status == result.Updated)
		}
		if w.Status != result.Unknown || !w.At.After(doubt) {
			continue
		}
		if _, known := live[w.Run.ID]; !known {
			_, live[w.Run.ID] = e.cfg.Store.Holder(w.Run.ID)
		}
		if !live[w.Run.ID] {
			doubt = w.At
		}
	}
	return doubt, nil
}

// askedWithin is how long ago a run may have ended whose server's wish to be left alone is
// still looked for.
const askedWithin = 24 * time.Hour

// awaitAsked lets no request leave before what the server asked runs of the account to wait
// for is over: also of another process. It waits for nothing itself. A longer wait than is
// allowed is a [result.Stop]; one that cannot be read is told.
func (cfg Config) awaitAsked(ctx context.Context, account store.Account, emit func(event.Event)) error {
	if cfg.Sandbox || cfg.Reader == nil { // the built-in API ends with its process
		return nil
	}
	recallLimit(ctx, cfg.Store, account, cfg.Reader.Gate(), emit)
	wait, err := history.Asked(ctx, cfg.runs(), account.ID, askedWithin)
	if err != nil {
		emit(event.Noticed{Detail: "whether the API has asked to wait cannot be read: " + result.OneLine(err)})
		return nil
	}
	if wait.Reason == "" {
		return nil
	}
	left := time.Until(wait.Until).Round(time.Second)
	if limit := cfg.Reader.MaxRetryAfter(); left > limit {
		return result.StopFor(result.StoppedByThrottling, fmt.Errorf(
			"the API asked an earlier command to wait: %v are left, longer than the allowed %v", left, limit))
	}
	wait.Detail = "the API asked an earlier command to wait"
	cfg.Reader.Gate().Await(wait)
	return nil
}

// AwaitAsked lets no request of a reader leave before what the server asked runs of a
// key's account to wait for is over, for a command that makes no run. It waits for
// nothing itself. A longer wait than is allowed is a [result.Stop]; one that cannot be
// read is told.
func AwaitAsked(
	ctx context.Context, in runs.Folder, api, key string, reader *client.Reader, tell func(event.Event),
) error {
	account, err := in.Store.Account(ctx, api, key)
	if err != nil {
		return err
	}
	cfg := Config{Store: in.Store, RunsDir: in.Dir}
	cfg.Reader = reader
	return cfg.awaitAsked(ctx, account, tell)
}
