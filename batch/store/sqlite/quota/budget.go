// Package quota is the budget of requests that all commands of an account on this host spend
// together: what a store of several hosts has as a row, in a file of the user's state folder.
package quota

import (
	"time"

	"github.com/bulknum/bulknum/client/gate"
)

// Budget is what is left of an account's rate. Times are microseconds since 1970. PostgreSQL's function take_slot does the
// same with a row.
type Budget struct {
	// Next is when the next slot begins at the earliest. Begins is when the last one that was taken does, and Requests how
	// many requests it is for: who comes at a faster rate than held then does not wait for as long as the slower one left.
	Next     int64 `json:"next"`
	Begins   int64 `json:"begins"`
	Requests int64 `json:"requests"`
	// Every is the time from one request to the next at the fastest rate of those who come, who are believed to go on coming
	// until EveryUntil.
	Every      int64 `json:"every"`
	EveryUntil int64 `json:"every_until"`
	// RunUntil is until when a run is believed to go on, and Readers when beside it the next turn is of those who only read:
	// each has one, and there is one for every two slots.
	RunUntil int64 `json:"run_until"`
	Readers  int64 `json:"readers"`
	// AskedUntil is until when the server asked somebody to wait.
	AskedUntil int64 `json:"asked_until"`
}

// Asker is who takes slots.
type Asker struct {
	// Run tells that a run sends, which keeps half of the rate at least beside those who only read.
	Run bool
	// Longest is the longest wait that the server may ask for.
	Longest time.Duration
	// Turn is the turn that one who only reads was given when it asked before; 0: none.
	Turn int64
}

const (
	// presence is for how long who has come is believed to come again.
	presence = 5 * time.Second
	// longestQueue is how far ahead slots are taken at most: one further ahead is of a clock that was set back.
	longestQueue = 5 * time.Minute
)

// Take takes the next slot at a moment, for n requests that leave one every so often. Where a run goes on, one who only reads
// is first given a turn, at which to ask again.
func (b *Budget) Take(at time.Time, who Asker, every time.Duration, n int) (slot gate.Slot, turn int64, err error) {
	now, mine := at.UnixMicro(), max(every.Microseconds(), 1)
	if left := time.Duration(b.AskedUntil-now) * time.Microsecond; left > who.Longest {
		return slot, who.Turn, &gate.AskedError{Left: left, Allowed: who.Longest}
	}
	if mine <= b.Every || now >= b.EveryUntil {
		b.Every, b.EveryUntil = mine, now+presence.Microseconds()+2*mine
	}
	span, furthest := b.Every*int64(n), now+longestQueue.Microseconds()
	if !who.Run && now < b.RunUntil {
		if turn = who.Turn; turn == 0 {
			turn = max(min(b.Readers, furthest), now-span)
			b.Readers = turn + 2*span
		}
		if turn > now {
			slot.Begins = at.Add(time.Duration(turn-now) * time.Microsecond)
			return slot, turn, nil
		}
	}
	slot.Asked = b.AskedUntil > now
	next := min(b.Next, b.Begins+b.Every*b.Requests)
	begins := max(now, min(next, furthest), b.AskedUntil)
	b.Next, b.Begins, b.Requests = begins+span, begins, int64(n)
	if who.Run {
		b.RunUntil = begins + 2*span + presence.Microseconds()
	}
	slot.Taken = true
	slot.Begins = at.Add(time.Duration(begins-now) * time.Microsecond)
	slot.Ends = slot.Begins.Add(time.Duration(n) * every)
	return slot, 0, nil
}

// PushBack lets no slot begin before so long after a moment.
func (b *Budget) PushBack(at time.Time, wait time.Duration) {
	b.AskedUntil = max(b.AskedUntil, at.Add(wait).UnixMicro())
}
