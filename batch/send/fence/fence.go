// Package fence is the time between the record that something is about to be sent, and its sending: whoever takes an account
// over on another host waits for no longer than that.
package fence

import (
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// slow is for how long a record may be committed without the request losing its turn: those that wait for a store would
// rush out together when it answers again. A record so old is renewed.
const slow = time.Second

// Departure is that of the requests of one row, which leave one after the other.
type Departure struct {
	// began is when the newest record began to be committed.
	began time.Time
	// again tells that the request has lost its turn for it.
	again bool
}

// Ready has it recorded that a request is about to leave: by intend, or once that was done by renew, which is nil where nobody
// else can have the account. It returns when the request leaves at the latest; zero: at any time. An error that matches
// [client.ErrAgain] asks for another turn.
func (d *Departure) Ready(intended bool, intend, renew func() error) (leaves time.Time, err error) {
	began, commits := time.Now(), true
	switch {
	case !intended:
		err = intend()
	case renew != nil && elapsed(d.began) >= slow:
		err = renew()
	default:
		began, commits = d.began, false
	}
	if err != nil {
		return leaves, err
	}
	d.began = began
	if commits && !d.again && elapsed(began) >= slow {
		d.again = true
		return leaves, client.ErrAgain
	}
	if d.again = false; renew == nil {
		return leaves, nil
	}
	return began.Add(store.LeavesWithin), nil
}

// elapsed is how long ago a moment was, by the clock that has gone further: one of them stands still while a machine is
// suspended.
func elapsed(since time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
}
