package current

import (
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
	lag time.Duration

	mu      sync.Mutex
	of      map[string][]written
	sweepAt int // so many numbers are kept until those are forgotten whose time is over
}

// written is what an update set a field to.
type written struct {
	field, value string
	at           time.Time
	sure         bool // it was answered with success, and its order is complete
}

// leastKept is from how many numbers on some are forgotten.
const leastKept = 1_000

// NewOwn are none yet, where readings may lag so long behind updates.
func NewOwn(lag time.Duration) *Own {
	return &Own{lag: lag, of: map[string][]written{}, sweepAt: leastKept}
}

// Note takes in an update, and whether it is sure that it took effect.
func (o *Own) Note(number string, set settings.Settings, at time.Time, sure bool) {
	if o.lag <= 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	fields, known := o.of[number]
	names := set.Names()
	if !known {
		o.sweep(at)
		fields = make([]written, 0, len(names))
	}
	for _, field := range names {
		value, _ := set.Get(field)
		now := written{field, value, at, sure}
		switch i := slices.IndexFunc(fields, func(w written) bool { return w.field == field }); {
		case i < 0:
			fields = append(fields, now)
		case !at.Before(fields[i].at):
			fields[i] = now
		}
	}
	o.of[number] = fields
}

// Forget forgets all of them: nothing will be read any more.
func (o *Own) Forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.of = map[string][]written{}
}

// sweep forgets what no reading lags behind any more: the caller has mu.
func (o *Own) sweep(now time.Time) {
	if len(o.of) < o.sweepAt {
		return
	}
	for number, fields := range o.of {
		past := true
		for _, w := range fields {
			past = past && now.After(w.at.Add(o.lag))
		}
		if past {
			delete(o.of, number)
		}
	}
	o.sweepAt = max(leastKept, 2*len(o.of))
}

// lags returns until when it may be that a reading lags behind an update which it does not
// show; zero: it shows them all.
func (o *Own) lags(l store.Reading) (until time.Time) {
	if o == nil || l.State == nil {
		return until
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, w := range o.of[l.Number] {
		var set settings.Settings
		if set.Set(w.field, w.value); w.sure && len(settings.Drift(set, *l.State)) > 0 && until.Before(w.at.Add(o.lag)) {
			until = w.at.Add(o.lag)
		}
	}
	return until
}
