package client_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// slowTokens is a sandbox whose answers to token requests are so long on their way.
func slowTokens(t *testing.T, config sandbox.Config, after time.Duration) *sandbox.Sandbox {
	t.Helper()
	config.DateSkew = -after
	config.Faults = sandbox.Faults{
		Rates: map[sandbox.Fault]float64{sandbox.FaultSlow: 1}, On: []sandbox.Endpoint{sandbox.Tokens}, SlowFor: after,
	}
	box, err := sandbox.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// A token whose told end has passed when it arrives is used until it is refused, and asked for once.
func TestATokenThatIsToldStaleOnArrival(t *testing.T) {
	const told = 2 * time.Second
	box := slowTokens(t, sandbox.Config{TokenLife: time.Hour, TokenSkew: told - time.Hour}, 2*told)
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		c := newClient(t, cfg)
		info, err := c.Token(t.Context(), client.EndpointUpdate)
		if err != nil || info.Endpoint != client.EndpointUpdate || info.Expiry.IsZero() {
			t.Errorf("got %+v, %v", info, err)
		}
		wantNoFailure(t, updateAll(t, c, 4, 20))
		if n := box.Stats().TokensIssued; n != 1 {
			t.Errorf("%d tokens for 20 updates, want 1", n)
		}
	})
}

// A token that has ended when it arrives is tried, renewed once, and then there are none to be had.
func TestATokenThatIsStaleOnArrival(t *testing.T) {
	box := slowTokens(t, sandbox.Config{TokenLife: 2 * time.Second}, 4*time.Second)
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
		wantError(t, err, client.KindCredentials, client.AppliedNo)
		if n := box.Stats().TokensIssued; n != 2 {
			t.Errorf("%d tokens, want the first and its renewal", n)
		}
	})
}

// No token is thrown away unused for having become stale while others had their turn.
func TestTokensThatBecomeStaleInTheQueue(t *testing.T) {
	const each = 5
	box := slowTokens(t, sandbox.Config{Numbers: 1, TokenLife: 10 * time.Hour, TokenSkew: 4*time.Second - 10*time.Hour}, 0)
	inBubble(t, box, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.BaseURL = "http://localhost"
		order := orderOf(t, cfg)
		cfg.Rate, _ = client.ParseRate("20/m") // one request in 3 s, and six kinds of them at a time
		c := newClient(t, cfg)
		requests := box.Stats().Requests
		var pool sync.WaitGroup
		for endpoint, call := range calls(order) {
			if endpoint == sandbox.Tokens {
				continue
			}
			pool.Go(func() {
				for range each {
					if err := call(t.Context(), c); err != nil {
						t.Errorf("%s: %v", endpoint, err)
					}
				}
			})
		}
		pool.Wait()
		asked := box.Stats().Requests - requests
		if most := 2 * each * (len(calls(order)) - 1); asked > most {
			t.Errorf("%d requests for %d calls: want at most one token for each", asked, most/2)
		}
	})
}

// A token that waited past its end, twice in a row, is refused for that, and not for the key.
func TestATokenThatWaitedTooLong(t *testing.T) {
	var c *client.Client
	server := &fake{}
	server.tokens = func(w http.ResponseWriter, _ *http.Request) {
		if n := len(server.tokenFetches()); n <= 2 {
			c.Gate().Hold("pause", "lunch")
			time.AfterFunc(time.Hour, func() { c.Gate().EndHold("pause") })
			giveToken(w, "old", time.Minute)
			return
		}
		giveToken(w, "fresh", time.Minute)
	}
	server.rest = func(w http.ResponseWriter, r *http.Request, number string) {
		if r.Header.Get("Authorization") == "Bearer old" {
			fail(w, http.StatusUnauthorized)
			return
		}
		ok(w, number)
	}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		c = newClient(t, cfg)
		if _, err := c.Update(t.Context(), update(testNumber)); err != nil {
			t.Error(err)
		}
	})
}
