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
	// Rereads is how many readings are made again before their rows leave, for companions.
	Rereads int `json:"rereads,omitempty"`
	// Rate is the rate; TakesMs how long the updates take at it, NaiveMs how
	// long it would take to send every row, in milliseconds. EndsAt is when they are done, begun at once, or as soon as
	// the run's hours allow.
	Rate    string    `json:"rate"`
	TakesMs int64     `json:"takesMs"`
	EndsAt  time.Time `json:"endsAt"`
	NaiveMs int64     `json:"naiveMs"`
}

// Cost is what the plan has cost and will cost at a rate, within hours: fresh is how old the reading of a companion may be;
// tokens and read are the requests so far, life is that of a token; 0: nobody knows.
func (p *Plan) Cost(rate client.Rate, of hours.Hours, fresh time.Duration, tokens, read int, life time.Duration) Budget {
	pace := pace{rate: rate, hours: of}
	every := pace.every(p.MadeAt)
	b := Budget{Updates: p.Updates(), Rate: rate.String(), ReadTokens: tokens, Read: read}
	b.Rereads = p.Companions(fresh).rereads(b.Updates, every, every)
	takes := time.Duration(b.Updates+b.Rereads) * every
	if b.Updates > 0 {
		b.Tokens = 1
		if b.Rereads > 0 && p.Reading.Singles == 0 {
			b.Tokens++ // one number is read by another endpoint than a page
		}
		if life > 0 { // how often it ends while rows are sent
			b.Tokens += int(takes / (life - min(5*time.Minute, life/10)))
		}
	}
	takes, b.EndsAt = pace.after(p.MadeAt, b.Needed())
	b.TakesMs = takes.Milliseconds()
	b.NaiveMs = p.Naive(rate).Milliseconds()
	return b
}

// Needed is how many requests are still to be made.
func (b Budget) Needed() int { return b.Updates + b.Rereads + b.Tokens }

// Companions are the rows that are sent with a companion, whose readings may be so old.
func (p *Plan) Companions(fresh time.Duration) Companions {
	return Companions{Rows: p.Accompanied, Of: p.Updates(), Fresh: fresh}
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
