package guard

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/client"
)

// Subscribers are those whom rows assign numbers to, in the order in which the plan has them.
type Subscribers struct{ to []*assignment }

// assignment is a subscriber with the rows that would assign numbers to it, and what the API tells.
type assignment struct {
	destination
	account string // whose it is; "": not told
}

// ReadSubscribers reads each subscriber, once. Its account is kept, and nothing else. An error is a [result.Stop], or the
// context's.
func ReadSubscribers(ctx context.Context, api *client.Reader, changing iter.Seq2[plan.Row, error]) (*Subscribers, error) {
	found := &Subscribers{}
	to := map[string]*assignment{}
	for p, err := range changing {
		if err != nil {
			return nil, err
		}
		for _, c := range p.Changes {
			if c.Field != settings.SubscriberField || c.New == "" {
				continue
			}
			if to[c.New] == nil {
				to[c.New] = &assignment{destination: destination{place: place{field: c.Field, id: c.New}}}
				found.to = append(found.to, to[c.New])
			}
			to[c.New].count(p.Line)
		}
	}
	for _, a := range found.to {
		told, err := api.Subscriber(ctx, a.id)
		if err != nil {
			if ends := result.EndOfCall(ctx, err); ends != nil {
				return nil, ends
			}
			a.miss(err)
		}
		a.account = told.Account
	}
	return found, nil
}

// Measure keeps numbers from subscribers that do not exist, or of whom nobody can tell.
func (s *Subscribers) Measure() []Check {
	if s == nil {
		return nil
	}
	var checks []Check
	for _, a := range s.to {
		if a.trouble == "" {
			continue
		}
		check := Check{Measured: fmt.Sprintf("%s %s %s: %s", a.field, a.id, a.trouble, a.assigners())}
		if a.unread {
			check.Guard = SubscribersRead
		}
		checks = append(checks, check)
	}
	return checks
}

// Accounts are what stands beside the ids of subscribers: whose they are.
func (s *Subscribers) Accounts() map[string]string {
	accounts := map[string]string{}
	if s == nil {
		return accounts
	}
	for _, a := range s.to {
		if a.trouble == "" {
			accounts[a.id] = "account " + cmp.Or(a.account, "not told")
		}
	}
	return accounts
}

// assigners names the rows that would assign numbers.
func (a *assignment) assigners() string {
	if a.rows == 1 {
		return "1 row would assign a number to it, on " + plan.ListLines(a.lines, a.rows)
	}
	return fmt.Sprintf("%d rows would assign numbers to it, on %s", a.rows, plan.ListLines(a.lines, a.rows))
}
