package plan

import (
	"time"

	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/client"
)

// pace is how fast requests go on: at a rate, which the clock may change, but never with less time from one to the next
// than least, within hours.
type pace struct {
	rate  client.Rate
	least time.Duration
	hours hours.Hours
}

// every is the time from one request to the next at a moment, or when the hours begin after it.
func (p pace) every(at time.Time) time.Duration {
	at = at.Local()
	if begins, _ := p.hours.Next(at); begins.After(at) {
		at = begins
	}
	return max(p.least, p.rate.At(at).Every())
}

// after is how long so many requests take that begin at a moment, and when they are done.
func (p pace) after(from time.Time, requests int) (takes time.Duration, at time.Time) {
	from = from.Local()
	for {
		every, fit, changes := max(p.least, p.rate.At(from).Every()), requests, p.rate.Changes(from)
		if !changes.IsZero() && every > 0 {
			fit = min(fit, int(p.hours.Between(from, changes)/every))
		}
		takes += time.Duration(fit) * every
		if requests -= fit; requests <= 0 {
			return takes, p.hours.After(from, time.Duration(fit)*every)
		}
		from = changes
	}
}

// Sent is when so many requests are done at a rate, which the clock may change, that begin at a moment.
func Sent(rate client.Rate, from time.Time, requests int) time.Time {
	_, at := pace{rate: rate}.after(from, requests)
	return at
}
