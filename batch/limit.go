package batch

import (
	"context"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// learntFor is how long a limit that was learnt is believed: contracts change.
const learntFor = 90 * 24 * time.Hour

// recallLimit lets requests begin at the rate that was learnt for the account at its address, if any was.
func recallLimit(ctx context.Context, from store.Store, account store.Account, gate *client.Gate, emit func(event.Event)) {
	learnt, err := from.LearntRate(ctx, account.ID)
	if err != nil {
		emit(event.Noticed{Detail: "the rate that was learnt cannot be read: " + result.OneLine(err)})
		return
	}
	if rate, err := client.ParseRate(learnt.Rate); err == nil && time.Since(learnt.At) < learntFor {
		gate.Recall(rate)
	}
}

// slower is the rate that is allowed, or the one in force where what was learnt made that slower.
func slower(allowed, inForce client.Rate) client.Rate {
	if inForce.Every() > allowed.Every() {
		return inForce
	}
	return allowed
}
