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

// recallLimit begins at the rate that was learnt for the account at its address, if any was.
func (cfg Config) recallLimit(ctx context.Context, account store.Account, emit func(event.Event)) {
	learnt, err := cfg.Store.LearntRate(ctx, account.ID)
	if err != nil {
		emit(event.Noticed{Detail: "the rate that was learnt cannot be read: " + result.OneLine(err)})
		return
	}
	if rate, err := client.ParseRate(learnt.Rate); err == nil && time.Since(learnt.At) < learntFor {
		cfg.Reader.Gate().Recall(rate)
	}
}

// rate is the one that is allowed, or what was learnt where that is slower.
func (e *execution) rate() client.Rate {
	if learnt := e.Gate().Rate(); learnt.Every() > e.cfg.Rate.Every() {
		return learnt
	}
	return e.cfg.Rate
}

// keepLimit records what the execution learnt of the API's limit, tells it, and keeps the rate for the account. That of a
// sandbox is nobody else's.
func (e *execution) keepLimit(ctx context.Context) error {
	if e.cfg.Reader == nil {
		return nil
	}
	learnt := e.Gate().Learnt()
	if learnt.Refusals == 0 {
		return nil
	}
	e.Emit(event.Noticed{Detail: learnt.String()})
	if !e.cfg.Sandbox && !learnt.ByChance() {
		kept := store.LearntRate{Rate: learnt.Rate.String(), At: time.Now()}
		if err := e.cfg.Store.KeepLearntRate(context.WithoutCancel(ctx), e.run.Stored.Account.ID, kept); err != nil {
			e.Emit(event.Noticed{Detail: "the rate that was learnt cannot be kept: " + result.OneLine(err)})
		}
	}
	return e.log.Milestone(store.Learnt, time.Now(), learnt)
}
