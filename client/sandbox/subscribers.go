package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// subscriber serves GET /v1.0/subscribers/get?SubscriberId=…
func (a *account) subscriber(c *call) (object, *strict.Refusal) {
	id, wrong := strict.Only(c.r, c.body, "SubscriberId")
	if wrong != nil {
		return nil, wrong
	}
	if err := (strict.Field{IdField: true, Prefixes: []string{"TSUID", "SID"}}).Check(id); err != nil {
		return nil, strict.BadParameter("SubscriberId", "%q: %v", id, err)
	}
	account, told := a.cfg.Subscribers[id]
	if told && account == "" {
		return nil, strict.Refuse(http.StatusNotFound, "subscriber %s is not in this account", id)
	}
	return append(person(a.cfg, id), member{"Account", object{
		{"AccountId", or(account, a.cfg.AccountId)}, {"CompanyName", "Not a secret, Inc."},
	}}), nil
}

// person is what is told of a subscriber everywhere.
func person(cfg *Config, id string) object {
	return object{
		{"SubscriberId", cfg.Spelling.subscriber(id)},
		{"Name", "Not A. Secret"},
		{"Email", "not-a-secret@example.com"},
		{"PhoneNumbers", []string{"+18018018011"}},
		{"Role", "Subscriber"},
	}
}

// subscribersOnPage is how many subscribers a page has that is asked for no number of them.
const subscribersOnPage = 10

// listSubscribers serves GET /v1.0/distributor/subscribers?PageNumber=…&TotalPerPage=…: those of [Config.Subscribers] that
// exist, in the order of their ids. Their accounts are not told in lists.
func listSubscribers(a *account, c *call) (object, *strict.Refusal) {
	query, wrong := c.query()
	if wrong != nil {
		return nil, wrong
	}
	counts := map[string]int{"PageNumber": 1, "TotalPerPage": subscribersOnPage}
	for name := range query {
		if _, known := counts[name]; !known {
			return nil, strict.BadParameter(name, "is not a parameter: want PageNumber, TotalPerPage, or none")
		}
		n, err := strconv.Atoi(query.Get(name))
		if err != nil || n < 1 {
			return nil, strict.BadParameter(name, "want a number above 0")
		}
		counts[name] = n
	}
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(a.cfg.Subscribers)), func(id string) bool { return a.cfg.Subscribers[id] == "" })
	size := min(counts["TotalPerPage"], len(ids))
	first := min(counts["PageNumber"]-1, len(ids)) * size
	list := []object{}
	for _, id := range ids[min(first, len(ids)):min(first+size, len(ids))] {
		list = append(list, append(person(a.cfg, id), member{"Account", nil}))
	}
	return object{{"PageNumber", counts["PageNumber"]}, {"TotalSubscribers", len(ids)}, {"Subscribers", list}}, nil
}
