package client_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

func TestAFreshTokenThatIsRefused(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) { fail(w, http.StatusUnauthorized) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
		e := wantError(t, err, client.KindCredentials, client.AppliedNo)
		if e.Attempts != 2 || len(server.tokenFetches()) != 2 {
			t.Errorf("%d attempts with %d tokens, want 2 with 2", e.Attempts, len(server.tokenFetches()))
		}
	})
}

func TestAnEndpointThatLetsOneNumberInAndRefusesAnother(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
		if number == testNumber {
			fail(w, http.StatusUnauthorized)
			return
		}
		ok(w, number)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.Rate, _ = client.ParseRate("10/s")
		c := newClient(t, cfg)
		var others sync.WaitGroup
		others.Go(func() { wantNoFailure(t, updateAll(t, c, 4, 100)) })
		_, err := c.Update(t.Context(), update(testNumber))
		e := wantError(t, err, client.KindCredentials, client.AppliedNo)
		if e.Attempts > client.DefaultMaxAttempts {
			t.Errorf("%d attempts, want no more than %d", e.Attempts, client.DefaultMaxAttempts)
		}
		others.Wait()
	})
}

func TestAWrongSecretIsAskedOnce(t *testing.T) {
	for name, refuse := range map[string]http.HandlerFunc{
		"401":             func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusUnauthorized) },
		"400":             func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusBadRequest) },
		"422":             answer(http.StatusUnprocessableEntity, `{"Title":"Validation failed","Errors":{"$.AccountKey":["unknown"]}}`),
		"refused in body": answer(http.StatusOK, `{"StatusCode":401,"Message":"wrong key"}`),
		"not successful": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"successful":false,"token":null,"Message":"wrong key"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := &fake{tokens: refuse}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				c := newClient(t, cfg)
				failed := updateAll(t, c, 8, 40)
				if len(failed) != 40 {
					t.Errorf("%d of 40 failed", len(failed))
				}
				for _, err := range failed {
					e := wantError(t, err, client.KindCredentials, client.AppliedNo)
					if e.Attempts != 0 || e.Endpoint != client.EndpointToken || e.Message == "" {
						t.Errorf("got %+v, want no attempt and the token endpoint's words", e)
					}
				}
				if n := len(server.tokenFetches()); n != 1 {
					t.Errorf("%d token requests, want 1", n)
				}
			})
		})
	}
}

func TestAGivenTokenIsNeverFetchedNorRenewed(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, r *http.Request, number string) {
		if number == testNumber {
			ok(w, number)
			return
		}
		fail(w, http.StatusUnauthorized)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.Credentials = client.Credentials{Token: client.NewSecret("given-token")}
		c := newClient(t, cfg)
		if _, err := c.Update(t.Context(), update(testNumber)); err != nil {
			t.Fatal(err)
		}
		_, err := c.Update(t.Context(), update("+18018018012"))
		wantError(t, err, client.KindCredentials, client.AppliedNo)
		if seen := server.arrivals(); len(seen) != 2 || seen[0].token != "given-token" || len(server.tokenFetches()) != 0 {
			t.Errorf("seen %+v and %d token requests, want two with the given token", seen, len(server.tokenFetches()))
		}
	})
}

// TestARefusalThatNamesAPlace: only a redirect is one.
func TestARefusalThatNamesAPlace(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"StatusCode":422,"Message":"the route is of another account"}`))
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
		if e := wantError(t, err, client.KindInvalid, client.AppliedNo); e.Message != "the route is of another account" {
			t.Errorf("got %q, want the API's words", e.Message)
		}
	})
}
