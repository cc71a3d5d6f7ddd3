package client_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// pages are answers of something on the way to the API.
func pages() map[string]http.HandlerFunc {
	const page = "<!DOCTYPE html><html><head><style>a{}</style><title>Blocked</title></head><body>Access denied</body></html>"
	all := map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/Blocked", http.StatusFound) },
		"text": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, "Blocked")
		},
	}
	for _, status := range []int{200, 202, 400, 401, 403, 404, 413, 422, 502} {
		all[fmt.Sprint(status)] = answer(status, page)
	}
	return all
}

// A page in the place of the API, after it has worked, is an outage: it is held and probed, no row fails for it, it is
// told as what it is, and no row leaves more than three times.
func TestAPageIsAnOutage(t *testing.T) {
	for name, page := range pages() {
		for _, workers := range []int{1, 4} {
			t.Run(fmt.Sprint(name, ", ", workers, " workers"), func(t *testing.T) {
				var start time.Time
				server := &fake{}
				server.rest = func(w http.ResponseWriter, r *http.Request, number string) {
					if nth(r) > 5 && time.Since(start) < 10*time.Minute {
						page(w, r)
						return
					}
					ok(w, number)
				}
				inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
					start = time.Now()
					cfg.Rate, _ = client.ParseRate("1/s")
					detail := ""
					c := newClient(t, cfg).With(client.Trace{Waiting: func(_ context.Context, w client.Wait) {
						if w.Reason == client.WaitOutage && detail == "" {
							detail = w.Detail
						}
					}})
					wantNoFailure(t, updateAll(t, c, workers, 20))
					if !strings.HasPrefix(detail, "a page, not the API, answered: ") || !strings.Contains(detail, "Blocked") {
						t.Errorf("told as %q", detail)
					}
					sent := map[string]int{}
					for _, a := range server.arrivals() {
						if strings.HasSuffix(a.path, "/update") {
							sent[a.number]++
						}
					}
					for number, n := range sent {
						if n > 4 {
							t.Errorf("%s was sent %d times", number, n)
						}
					}
				})
			})
		}
	}
}

// What one row alone is answered with a page for is its own failure: a filter that dislikes what it says.
func TestAPageForOneRowIsNoOutage(t *testing.T) {
	for _, workers := range []int{1, 4} {
		server := &fake{rest: func(w http.ResponseWriter, r *http.Request, number string) {
			if number == "+18018010003" {
				answer(http.StatusForbidden, "<html><title>Blocked</title></html>")(w, r)
				return
			}
			ok(w, number)
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			cfg.Rate, _ = client.ParseRate("2/s")
			failed := updateAll(t, newClient(t, cfg), workers, 20)
			if len(failed) != 1 {
				t.Errorf("%d failed", len(failed))
			}
			e := wantError(t, failed["+18018010003"], client.KindUnavailable, client.AppliedNo)
			if !e.Page || e.Message != "a page, not the API, answered: Blocked" {
				t.Errorf("got %+v", e)
			}
		})
	}
}

// A page that answers the very first request is named at once, and never blamed on the key.
func TestAPageFromTheFirst(t *testing.T) {
	for name, page := range pages() {
		t.Run(name, func(t *testing.T) {
			inBubble(t, &fake{tokens: page}, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				for _, err := range updateAll(t, newClient(t, cfg), 2, 4) {
					e := wantError(t, err, client.KindOutage, client.AppliedNo)
					if !e.Page || !strings.Contains(e.Message, "a page, not the API, answered: ") || !strings.Contains(e.Message, "Blocked") {
						t.Errorf("got %+v", e)
					}
				}
			})
		})
	}
}

// An empty answer means what its status does.
func TestAnEmptyRefusalIsNoPage(t *testing.T) {
	for status, kind := range map[int]client.Kind{
		400: client.KindInvalid, 401: client.KindCredentials, 403: client.KindForbidden, 404: client.KindNotFound,
	} {
		server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
			if e := wantError(t, err, kind, client.AppliedNo); e.Page {
				t.Errorf("%d: told as a page", status)
			}
		})
	}
}

// The sandbox's portal answers as such things do, and lets nothing through.
func TestThePortalOfTheSandbox(t *testing.T) {
	faults, err := sandbox.ParseFaults("portal@6-12")
	if err != nil {
		t.Fatal(err)
	}
	box, err := sandbox.New(sandbox.Config{Faults: faults})
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		cfg.Rate, _ = client.ParseRate("1/s")
		wantNoFailure(t, updateAll(t, newClient(t, cfg), 2, 10))
		if stats := box.Stats(); stats.Updates != 10 || stats.Endpoints[sandbox.Update].Requests != 17 {
			t.Errorf("%d updates by %d requests", stats.Updates, stats.Endpoints[sandbox.Update].Requests)
		}
	})
}
