package distributor_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/distributor"
	"github.com/bulknum/bulknum/client/sandbox"
)

// distributorOf is a client of a sandbox with so many subscribers, and one that does not exist.
func distributorOf(t testing.TB, many int, wrap func(http.Handler) http.Handler) *client.Client {
	t.Helper()
	cfg := sandbox.Config{AccountKey: "DID-1", AccountSecret: "hunter2", Subscribers: map[string]string{"TSUID-none": ""}}
	for n := range many {
		cfg.Subscribers[fmt.Sprintf("TSUID-%02d", n)] = "AID-1"
	}
	box, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	handler := http.Handler(box)
	if wrap != nil {
		handler = wrap(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := client.New(client.Config{
		BaseURL: server.URL, Rate: client.Unlimited, Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("hunter2")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// All come, once each, a page when it is needed.
func TestSubscribersAreReadAsTheyAreNeeded(t *testing.T) {
	for _, many := range []int{0, 1, 10, 11, 25} {
		pages := 0
		c := distributorOf(t, many, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/subscribers") {
					pages++
				}
				next.ServeHTTP(w, r)
			})
		})
		var ids []string
		for s, err := range distributor.Subscribers(t.Context(), c) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, s.ID)
		}
		if len(ids) != many || len(slices.Compact(slices.Clone(ids))) != many || slices.Contains(ids, "TSUID-none") {
			t.Errorf("%d came of %d: %v", len(ids), many, ids)
		}
		if want := max(1, (many+9)/10); pages != want {
			t.Errorf("%d pages were read of %d subscribers, want %d", pages, many, want)
		}
		pages = 0
		for range distributor.Subscribers(t.Context(), c) {
			break
		}
		if pages != 1 {
			t.Errorf("%d pages were read for the first subscriber", pages)
		}
	}
}

// A server that ignores which page is asked for is not asked for ever, and one that answers something else is an error.
func TestSubscribersOfOddServers(t *testing.T) {
	for name, odd := range map[string]struct {
		body string
		want int
		err  string
	}{
		"always the first page": {`{"totalsubscribers":50,"subscribers":[{"subscriberid":"TSUID-1","account":null},{"subscriberid":""}]}`, 1, ""},
		"no total":              {`{"Subscribers":[{"SubscriberId":"TSUID-1","Account":{"AccountId":"AID-1"}}]}`, 1, ""},
		"no list":               {`{"TotalSubscribers":50}`, 0, ""},
		"another form":          {`{"Subscribers":"hunter2"}`, 0, "page 1 of the subscribers is not as described"},
	} {
		c := distributorOf(t, 0, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/subscribers") {
					next.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = fmt.Fprint(w, odd.body)
			})
		})
		came, failed := 0, error(nil)
		for _, err := range distributor.Subscribers(t.Context(), c) {
			if failed = err; err == nil {
				came++
			}
		}
		if came != odd.want || (failed == nil) != (odd.err == "") || failed != nil && (!strings.Contains(failed.Error(), odd.err) || strings.Contains(failed.Error(), "hunter2")) {
			t.Errorf("%s: %d came, %v", name, came, failed)
		}
	}
}

// The end of ctx ends it.
func TestSubscribersEndWithTheirContext(t *testing.T) {
	c := distributorOf(t, 25, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	came, failed := 0, error(nil)
	for _, err := range distributor.Subscribers(ctx, c) {
		if failed = err; err == nil {
			came++
		}
		cancel()
	}
	if came != 10 || !errors.Is(failed, context.Canceled) {
		t.Errorf("%d came, %v", came, failed)
	}
}
