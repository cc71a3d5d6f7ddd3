package current

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Own are the newest updates of the account's own, by number and field: a reading that
// does not show one of them, and is hardly younger, may be older than it looks, by a
// replica that lags or a cache on the way. They are safe for concurrent use.
type Own struct {
	lag   time.Duration
	began time.Time

	mu      sync.Mutex
	single  map[string]written   // of numbers with one, as nearly all are: a fast run has many within the lag
	several map[string][]written // of the others: one after the other, each with a field of which it is the newest
	alike   map[settings.Settings]*settings.Settings
	sweepAt int // so many numbers are kept until those are forgotten whose time is over
}

// written is what an update set.
type written struct {
	set     *settings.Settings
	at      time.Duration // since the updates are noted
	applied bool          // it was answered with success, and its order is complete
}

// leastKept is from how many numbers on some are forgotten.
const leastKept = 1_000

// NewOwn are none yet, where readings may lag so long behind updates.
func NewOwn(lag time.Duration) *Own {
	return &Own{
		lag: lag, began: time.Now(), single: map[string]written{}, several: map[string][]written{},
		alike: map[settings.Settings]*settings.Settings{}, sweepAt: leastKept,
	}
}

// Note takes in an update, and whether it is known to have been applied.
func (o *Own) Note(number string, set settings.Settings, at time.Time, applied bool) {
	if o.lag <= 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	update := written{once(o.alike, set), at.Sub(o.began), applied}
	updates := o.of(number)
	if len(updates) == 0 {
		o.sweep(update.at)
		o.single[number] = update
		return
	}
	updates = append(updates, update)
	o.several[number] = slices.DeleteFunc(updates, func(w written) bool { return len(newest(updates, w)) == 0 })
	delete(o.single, number)
}

// of are the updates of a number: the caller has mu.
func (o *Own) of(number string) []written {
	if update, is := o.single[number]; is {
		return []written{update}
	}
	return o.several[number]
}

// newest are the fields of an update that no other one set since.
func newest(updates []written, w written) []string {
	return slices.DeleteFunc(w.set.Names(), func(field string) bool {
		last := w
		for _, other := range updates {
			if _, set := other.set.Get(field); set && other.at >= last.at {
				last = other
			}
		}
		return last != w
	})
}

// Forget forgets all of them: nothing will be read any more.
func (o *Own) Forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.single, o.several = map[string]written{}, map[string][]written{}
}

// sweep forgets what no reading lags behind any more: the caller has mu.
func (o *Own) sweep(now time.Duration) {
	if len(o.single)+len(o.several) < o.sweepAt {
		return
	}
	past := func(w written) bool { return now > w.at+o.lag }
	maps.DeleteFunc(o.single, func(_ string, w written) bool { return past(w) })
	maps.DeleteFunc(o.several, func(_ string, all []written) bool {
		return !slices.ContainsFunc(all, func(w written) bool { return !past(w) })
	})
	o.sweepAt = max(leastKept, 2*(len(o.single)+len(o.several)))
}

// lags returns until when it may be that a reading lags behind an update which it does not
// show; zero: it shows them all.
func (o *Own) lags(l store.Reading) (until time.Time) {
	if o == nil || l.State == nil {
		return until
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	updates := o.of(l.Number)
	for _, w := range updates {
		over := o.began.Add(w.at + o.lag)
		if !w.applied || !until.Before(over) {
			continue
		}
		for _, field := range newest(updates, w) {
			var set settings.Settings
			value, _ := w.set.Get(field)
			if set.Set(field, value); len(settings.Drift(set, *l.State)) > 0 {
				until = over
			}
		}
	}
	return until
}
