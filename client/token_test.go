package client_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

func TestSecondCallFetchesNoToken(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		wantNoFailure(t, updateAll(t, newClient(t, cfg), 8, 40))
		fetches := server.tokenFetches()
		if len(fetches) != 1 || fetches[0].endpoint != "http://localhost/mock/v1.0/numbers/update" {
			t.Errorf("tokens were fetched %v, want once for the update", fetches)
		}
	})
}

func TestEachEndpointHasItsOwnToken(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) { fail(w, http.StatusNotFound) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		c := newClient(t, cfg)
		for range 2 {
			_, err := c.Number(t.Context(), testNumber)
			wantError(t, err, client.KindNotFound, client.AppliedNo)
			_, _ = c.Order(t.Context(), "JNUOID-1")
			_, _ = c.Route(t.Context(), client.RouteOfMessages, "MRID-1")
			_, _ = c.Route(t.Context(), client.RouteOfVoice, "CRID-1")
			for range c.Inventory(t.Context(), 1) {
			}
		}
		var asked []string
		for _, f := range server.tokenFetches() {
			asked = append(asked, strings.TrimPrefix(f.endpoint, "http://localhost/mock/v1.0"))
		}
		want := []string{"/numbers", "/numbers/order", "/message/routes", "/voice/routes", "/numbers/inventory"}
		if !slices.Equal(asked, want) {
			t.Errorf("tokens were asked for %v, want %v", asked, want)
		}
		uris := []string{
			"/mock/v1.0/numbers?Number=%2B18018018011&PhoneNumber=%2B18018018011",
			"/mock/v1.0/numbers?Number=%2B18018018011", "/mock/v1.0/numbers?PhoneNumber=%2B18018018011",
			"/mock/v1.0/numbers/order?OrderId=JNUOID-1",
			"/mock/v1.0/message/routes?MessageRouteId=MRID-1", "/mock/v1.0/voice/routes?CallRouteID=CRID-1",
			"/mock/v1.0/numbers/inventory?Filter=All&PageNumber=1",
		}
		for i, a := range server.arrivals()[:len(uris)] {
			if a.path != uris[i] {
				t.Errorf("asked %s, want %s", a.path, uris[i])
			}
		}
	})
}

// TestTokensThatLiveTwoSeconds: there is one for each life, and none is used after its end.
func TestTokensThatLiveTwoSeconds(t *testing.T) {
	const life = 2 * time.Second
	for _, rate := range []string{"20/s", "48/m"} {
		t.Run(rate, func(t *testing.T) {
			var ends time.Time // of the latest token
			server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
				if !time.Now().Before(ends) {
					t.Error("an update came with a token that had ended")
				}
				ok(w, number)
			}}
			server.tokens = func(w http.ResponseWriter, _ *http.Request) {
				ends = time.Now().Add(life)
				giveToken(w, "short-lived", life)
			}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				cfg.Rate, _ = client.ParseRate(rate)
				start := time.Now()
				wantNoFailure(t, updateAll(t, newClient(t, cfg), 8, 100))
				n, lives := len(server.tokenFetches()), int(time.Since(start)/life)
				if n > lives+1 || len(server.arrivals()) != 100 {
					t.Errorf("%d tokens in %d lives for %d updates, want one a life for 100", n, lives, len(server.arrivals()))
				}
			})
		})
	}
}

func TestARateTooSlowForAnyToken(t *testing.T) {
	box, err := sandbox.New(sandbox.Config{TokenLife: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		cfg.Rate, _ = client.ParseRate("20/m")
		_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
		wantError(t, err, client.KindCredentials, client.AppliedNo) // and not for ever
	})
}

// An earlier page of the API tells a token's life in seconds, beside no tokenExpiry.
func TestTokenLifeBySeconds(t *testing.T) {
	for told, life := range map[string]time.Duration{
		`3600`: time.Hour, `"180"`: 3 * time.Minute, `0`: 0, `-1`: 0, `1764201600000`: 0, `"soon"`: 0,
		`60,"tokenExpiry":"2000-01-01T01:00:00Z"`: time.Hour,
	} {
		server := &fake{tokens: func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"Token":"abcdefgh","TokenType":"Bearer","ExpiresIn":%s}`, told)
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			info, err := newClient(t, cfg).Token(t.Context(), client.EndpointUpdate)
			if err != nil || info.Life != life {
				t.Errorf("%s: a life of %v, %v, want %v", told, info.Life, err, life)
			}
		})
	}
}

func TestTokenLifeIsMeasuredByTheServersClock(t *testing.T) {
	const life = time.Hour
	for name, ahead := range map[string]time.Duration{"ahead": 5 * time.Hour, "behind": -5 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
			server.tokens = func(w http.ResponseWriter, _ *http.Request) {
				clock := time.Now().UTC().Add(ahead)
				w.Header().Set("Date", clock.Format(http.TimeFormat))
				fmt.Fprintf(w, `{"token":"abcdefgh","successful":true,"tokenExpiry":%q}`, clock.Add(life).Format(time.RFC3339))
			}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				c := newClient(t, cfg)
				info, err := c.Token(t.Context(), client.EndpointUpdate)
				if err != nil || info.Life != life || !info.ClockKnown || info.ClockDifference != ahead {
					t.Fatalf("got %+v, %v, want a life of %v and a clock %v off", info, err, life, ahead)
				}
				for _, at := range []struct {
					after   time.Duration
					fetches int
				}{{55*time.Minute - time.Second, 1}, {time.Second, 2}} {
					<-time.After(at.after) // of the bubble: it takes no real time
					if _, err := c.Update(t.Context(), update(testNumber)); err != nil {
						t.Fatal(err)
					}
					if n := len(server.tokenFetches()); n != at.fetches {
						t.Errorf("%d fetches, want %d: renewed 5 minutes before the end", n, at.fetches)
					}
				}
			})
		})
	}
}

func TestAnUnreadableExpiryIsUsedUntil401(t *testing.T) {
	server := &fake{}
	server.tokens = func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"Token":"token-%d","Successful":"true","TokenExpiry":"whenever"}`, len(server.tokenFetches()))
	}
	server.rest = func(w http.ResponseWriter, r *http.Request, number string) {
		if nth(r) == 10 || r.Header.Get("Authorization") == "Bearer token-1" && nth(r) > 10 {
			fail(w, http.StatusUnauthorized)
			return
		}
		ok(w, number)
	}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		wantNoFailure(t, updateAll(t, newClient(t, cfg), 8, 30))
		if n := len(server.tokenFetches()); n != 2 {
			t.Errorf("%d fetches, want the first and one renewal", n)
		}
	})
}
