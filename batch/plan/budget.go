package plan

import (
	"time"

	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// Budget is what a run costs.
type Budget struct {
	// Read is how many requests the reading took, ReadTokens how many more for
	// its tokens.
	Read       int `json:"read"`
	ReadTokens int `json:"readTokens"`
	// Updates is how many are needed, Tokens how many token requests with them.
	Updates int `json:"updates"`
	Tokens  int `json:"tokens"`
	// Rate is the rate; TakesMs how long the updates take at it, NaiveMs how
	// long it would take to send every row, in milliseconds. EndsAt is when they are done, begun at once, or as soon as
	// the run's hours allow.
	Rate    string    `json:"rate"`
	TakesMs int64     `json:"takesMs"`
	EndsAt  time.Time `json:"endsAt"`
	NaiveMs int64     `json:"naiveMs"`
}

// Cost is what the plan has cost and will cost at a rate, within hours: tokens and read are the
// requests so far, life is that of a token; 0: nobody knows.
func (p *Plan) Cost(rate client.Rate, of hours.Hours, tokens, read int, life time.Duration) Budget {
	every := rate.Every()
	b := Budget{Updates: p.Updates(), Rate: rate.String(), ReadTokens: tokens, Read: read}
	takes := time.Duration(b.Updates) * every
	if b.Updates > 0 {
		b.Tokens = 1
		if life > 0 { // how often it ends while rows are sent
			b.Tokens += int(takes / (life - min(5*time.Minute, life/10)))
		}
	}
	takes += time.Duration(b.Tokens) * every
	b.TakesMs, b.EndsAt = takes.Milliseconds(), of.After(p.MadeAt, takes)
	b.NaiveMs = p.Naive(rate).Milliseconds()
	return b
}

// Ends is when the plan is done, begun at once: with what stands between its waves.
func (p *Plan) Ends() time.Time {
	if p.RollbackWindow != nil {
		return p.RollbackWindow.EndsAt
	}
	return p.Budget.EndsAt
}

// Naive is how long it would take at a rate to send every row.
func (p *Plan) Naive(rate client.Rate) time.Duration {
	return time.Duration(p.Rows-p.Counts[result.Invalid]) * rate.Every()
}
