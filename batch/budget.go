package batch

import (
	"context"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// updates is how many updates the plan needs.
func (p *Plan) updates() int {
	n := 0
	for _, shape := range p.Shapes {
		n += shape.Rows
	}
	return n
}

// budget is what the plan has cost and will cost.
func (e *engine) budget(ctx context.Context, p *Plan) Budget {
	every := e.cfg.Rate.Every()
	b := Budget{Updates: p.updates(), Rate: e.cfg.Rate.String()}
	b.ReadTokens, b.Read = e.spent.get()
	takes := time.Duration(b.Updates) * every
	if b.Updates > 0 {
		b.Tokens = 1 + e.renewals(ctx, p.Reading, takes)
	}
	takes += time.Duration(b.Tokens) * every
	b.TakesMs, b.EndsAt = takes.Milliseconds(), p.MadeAt.Add(takes)
	b.NaiveMs = (time.Duration(p.Rows-p.Counts[result.Invalid]) * every).Milliseconds()
	return b
}

// renewals is how often the token of updates ends while they are sent, by the
// life of a token that the reading needed.
func (e *engine) renewals(ctx context.Context, r Reading, takes time.Duration) int {
	endpoint := client.EndpointInventory
	switch {
	case r.Pages > 0:
	case r.Singles > 0:
		endpoint = client.EndpointNumber
	default:
		return 0
	}
	info, err := e.reader.Token(ctx, endpoint) // it is there: nothing is sent
	if err != nil || info.Life <= 0 {
		return 0
	}
	return int(takes / (info.Life - min(5*time.Minute, info.Life/10)))
}
