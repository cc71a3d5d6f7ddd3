package client_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// answer is one that a server always gives.
func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// junk is what a token request is answered by something that is not, or not now, the API.
func junk() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"a page":           answer(http.StatusOK, "<html><title>Sign in</title></html>"),
		"nothing":          answer(http.StatusOK, ""),
		"cut JSON":         answer(http.StatusOK, `{"token":"abc`),
		"no token":         answer(http.StatusOK, `{"status":"ok"}`),
		"a bad token":      answer(http.StatusOK, `{"token":"two words","successful":true}`),
		"an error as 200":  answer(http.StatusOK, `{"StatusCode":500,"Message":"try later"}`),
		"a refusal as 500": answer(http.StatusOK, `{"Status":503,"Successful":false}`),
		"another 2xx":      answer(http.StatusNoContent, ""),
		"a 502":            answer(http.StatusBadGateway, "<html>nginx</html>"),
	}
}

func TestJunkForATokenIsAnOutage(t *testing.T) {
	for name, tokens := range junk() {
		for _, workers := range []int{1, 8} {
			t.Run(fmt.Sprint(name, ", ", workers, " workers"), func(t *testing.T) {
				server := &fake{tokens: tokens}
				inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
					failed := updateAll(t, newClient(t, cfg), workers, 20)
					if len(failed) != 20 {
						t.Errorf("%d of 20 failed", len(failed))
					}
					for _, err := range failed {
						if e := wantError(t, err, client.KindOutage, client.AppliedNo); e.Attempts != 0 {
							t.Errorf("%d attempts of an update, want none", e.Attempts)
						}
					}
					// One a minute in the end, and not some for each of the rows.
					if n := len(server.tokenFetches()); n > 45 {
						t.Errorf("%d token requests in %v, want few", n, client.DefaultOutageWait)
					}
				})
			})
		}
	}
}

// TestJunkForATokenThatGoesAway: a lone call and many outlast it, also when it takes the place of the API.
func TestJunkForATokenThatGoesAway(t *testing.T) {
	portals := junk()
	portals["a 404"] = answer(http.StatusNotFound, "<html>404</html>")
	portals["a redirect"] = func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }
	for name, portal := range portals {
		t.Run(name, func(t *testing.T) {
			var start time.Time
			server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
			server.tokens = func(w http.ResponseWriter, r *http.Request) {
				if at := time.Since(start); at > time.Minute && at < 10*time.Minute {
					portal(w, r)
					return
				}
				giveToken(w, "short-lived", 40*time.Second)
			}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				start = time.Now()
				cfg.MaxAttempts = 2
				c := newClient(t, cfg)
				if _, err := c.Update(t.Context(), update(testNumber)); err != nil {
					t.Fatal(err)
				}
				<-time.After(2 * time.Minute) // of the bubble: it takes no real time
				if _, err := c.Update(t.Context(), update(testNumber)); err != nil {
					t.Error(err)
				}
				if at := time.Since(start); at < 10*time.Minute || at > 12*time.Minute {
					t.Errorf("went on after %v, want soon after the 10m", at)
				}
				wantNoFailure(t, updateAll(t, c, 8, 40))
			})
		})
	}
}

func TestAnAddressThatIsNotTheAPI(t *testing.T) {
	for name, tokens := range map[string]http.HandlerFunc{
		"404 JSON":   answer(http.StatusNotFound, `{"message":"page not found"}`),
		"405 text":   answer(http.StatusMethodNotAllowed, "page not found"),
		"400 text":   answer(http.StatusBadRequest, "page not found"),
		"422 of all": answer(http.StatusUnprocessableEntity, "page not found"),
	} {
		t.Run(name, func(t *testing.T) {
			server := &fake{tokens: tokens}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				c := newClient(t, cfg)
				failed := updateAll(t, c, 8, 40)
				_, failed["a read"] = c.Number(t.Context(), testNumber)
				if len(failed) != 41 {
					t.Errorf("%d of 41 failed", len(failed))
				}
				for _, err := range failed {
					e := wantError(t, err, client.KindInvalid, client.AppliedNo)
					says := strings.HasPrefix(e.Message, "the address does not look like the API's, check the base URL: ")
					if e.Attempts != 0 || e.Endpoint != client.EndpointToken || !says || !strings.Contains(e.Message, "page") {
						t.Errorf("got %+v, want no attempt, the base URL and the server's words", e)
					}
				}
				if n := len(server.tokenFetches()); n != 1 {
					t.Errorf("%d token requests, want 1 for all endpoints", n)
				}
			})
		})
	}
}

func TestNoTokenSaysWhy(t *testing.T) {
	for body, want := range map[string]string{
		`{"successful":false,"Error":"the key is disabled"}`: "no token was given: the key is disabled",
		`{"successful":false}`:                               "no token was given",
		`{"token":"two words"}`:                              "a token was given that no header can hold",
	} {
		server := &fake{tokens: answer(http.StatusOK, body)}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
			if err == nil || !strings.HasSuffix(err.Error(), ": "+want) {
				t.Errorf("%s: got %v, want %q", body, err, want)
			}
		})
	}
}
