package plan

import (
	"time"

	"github.com/bulknum/bulknum/batch/hours"
)

// Nights is how a run goes on from one opening of its hours to the next.
type Nights struct {
	// Hours are those in which it may begin rows.
	Hours hours.Hours `json:"hours"`
	// BeginsAt is when it begins to send, EndsAt when the last row is sent, and Nights of how many windows it needs
	// something.
	BeginsAt time.Time `json:"beginsAt"`
	EndsAt   time.Time `json:"endsAt"`
	Nights   int       `json:"nights"`
}

// NightsOf is how a run goes that would begin now, and ends then; nil: at any hour, or at once.
func NightsOf(of hours.Hours, now, ends time.Time) *Nights {
	n := of.Windows(now, ends)
	if n == 0 {
		return nil
	}
	begins, _ := of.Next(now)
	if begins.Before(now) {
		begins = now
	}
	return &Nights{Hours: of, BeginsAt: begins, EndsAt: ends, Nights: n}
}
