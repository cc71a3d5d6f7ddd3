// Package distributor has the lists of a distributor of the platform: of what an account, which package client is for, has
// none.
package distributor

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/bulknum/bulknum/client"
)

// page is what the API tells of a page, with keys in any case. Names, addresses and numbers are not read.
type page struct {
	TotalSubscribers int
	Subscribers      []struct {
		SubscriberID string `json:"SubscriberId"`
		Account      struct {
			AccountID string `json:"AccountId"`
		} // null in the vendor's sample
	}
}

// Subscribers reads the subscribers of a distributor, GET /v1.0/distributor/subscribers, a page when it is needed, with the
// retries, the gate and the tokens of c. It ends after as many as the API says there are, at a page without any, or at one
// that begins like the page before it, because a server may ignore which page is asked for. What has no id is passed over.
// Their accounts are told where the API tells them: it may not, in lists.
//
// The first error ends it. What ctx does, and the errors, are those of [client.Client.Do]; an answer that is not of that form
// is an error of its own, without its text.
func Subscribers(ctx context.Context, c *client.Client) iter.Seq2[client.Subscriber, error] {
	return func(yield func(client.Subscriber, error) bool) {
		for p, err := range pages(ctx, c) {
			if err != nil {
				yield(client.Subscriber{}, err)
				return
			}
			for _, s := range p.Subscribers {
				if s.SubscriberID != "" && !yield(client.Subscriber{ID: s.SubscriberID, Account: s.Account.AccountID}, nil) {
					return
				}
			}
		}
	}
}

// pages gives the pages that have subscribers, up to the first error.
func pages(ctx context.Context, c *client.Client) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		first := ""
		for n, came := 1, 0; ; n++ {
			p, err := read(ctx, c, n)
			if err == nil && (len(p.Subscribers) == 0 || p.Subscribers[0].SubscriberID == first) {
				return
			}
			if !yield(p, err) || err != nil {
				return
			}
			first = p.Subscribers[0].SubscriberID
			if came += len(p.Subscribers); came >= p.TotalSubscribers && p.TotalSubscribers > 0 {
				return
			}
		}
	}
}

// read reads the n-th page, counted from 1.
func read(ctx context.Context, c *client.Client, n int) (p page, err error) {
	answer, err := c.Do(ctx, client.Request{
		Method: http.MethodGet, Path: "/distributor/subscribers", Query: url.Values{"PageNumber": {strconv.Itoa(n)}},
	})
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(answer, &p); err != nil {
		return p, fmt.Errorf("page %d of the subscribers is not as described: %T", n, err)
	}
	return p, nil
}
