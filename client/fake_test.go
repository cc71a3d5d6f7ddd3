package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

const (
	testKey    = "DID-7f3c1a"
	testSecret = "s3cret/with+signs"
	testNumber = "+18018018011"
)

// fake is a small server of the API: its token endpoint works unless told otherwise, the rest is up to the test.
type fake struct {
	tokens http.HandlerFunc // nil: a new token of an hour each time
	rest   func(w http.ResponseWriter, r *http.Request, number string)

	mu      sync.Mutex
	fetches []fetch
	seen    []arrival
}

type fetch struct {
	at       time.Time
	endpoint string // the ApiEndpoint
}

type arrival struct {
	at                  time.Time
	path, number, token string
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var fields map[string]any
	_ = json.Unmarshal(body, &fields) // a GET has none
	if strings.HasSuffix(r.URL.Path, "/v1.0/oauth2/tokens") {
		f.mu.Lock()
		f.fetches = append(f.fetches, fetch{time.Now(), fmt.Sprint(fields["ApiEndpoint"])})
		n := len(f.fetches)
		f.mu.Unlock()
		if f.tokens != nil {
			f.tokens(w, r)
			return
		}
		giveToken(w, fmt.Sprintf("token-%d", n), time.Hour)
		return
	}
	number, _ := fields["Number"].(string)
	if r.Method == http.MethodGet {
		number = r.URL.Query().Get("PhoneNumber")
	}
	f.mu.Lock()
	f.seen = append(f.seen, arrival{time.Now(), r.URL.RequestURI(), number, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")})
	n := len(f.seen)
	f.mu.Unlock()
	f.rest(w, r.WithContext(context.WithValue(r.Context(), nthKey{}, n)), number)
}

type nthKey struct{}

// nth tells which of the requests to the other endpoints this one is, counted from 1.
func nth(r *http.Request) int {
	n, _ := r.Context().Value(nthKey{}).(int)
	return n
}

// arrivals returns what came to the other endpoints so far.
func (f *fake) arrivals() []arrival {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]arrival(nil), f.seen...)
}

func (f *fake) tokenFetches() []fetch {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]fetch(nil), f.fetches...)
}

func giveToken(w http.ResponseWriter, token string, life time.Duration) {
	now := time.Now().UTC()
	w.Header().Set("Date", now.Format(http.TimeFormat))
	fmt.Fprintf(w, `{"token":%q,"successful":true,"tokenExpiry":%q}`, token, now.Add(life).Format("01/02/2006 03:04:05 PM"))
}

// ok answers an update as the API does.
func ok(w http.ResponseWriter, number string) {
	fmt.Fprintf(w, `{"Number":%q,"Tnid":null,"UpdateOrderId":"JNUOID-1","UpdateOrderDate":"2025-05-02T18:36:13.1234567Z","UpdateOrderStatus":"Complete"}`, number)
}

func fail(w http.ResponseWriter, status int) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"StatusCode":%d,"Message":"as the test wants it"}`, status)
}

func config(transport http.RoundTripper) client.Config {
	return client.Config{
		BaseURL:     "http://localhost/mock/v1.0",
		Credentials: client.Credentials{AccountKey: testKey, AccountSecret: client.NewSecret(testSecret)},
		Rate:        client.Unlimited,
		Transport:   transport,
		Jitter:      func() float64 { return 0.5 },
	}
}

// inBubble runs a test in which time is not real, against a server over pipes.
func inBubble(t *testing.T, h http.Handler, test func(t *testing.T, cfg client.Config, net *pipenet.Listener)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		net := pipenet.Listen()
		transport, stop := net.Serve(h)
		defer stop()
		test(t, config(transport), net)
	})
}

// overSockets returns a config for a server on loopback.
func overSockets(t *testing.T, h http.Handler) client.Config {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	cfg := config(nil)
	cfg.BaseURL = server.URL
	return cfg
}

func newClient(t *testing.T, cfg client.Config) *client.Client {
	t.Helper()
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func update(number string) client.UpdateRequest {
	yes := true
	return client.UpdateRequest{Number: number, VoiceEnabled: &yes}
}

// updateAll updates n numbers with so many workers and returns the errors by number.
func updateAll(t *testing.T, c *client.Client, workers, n int) map[string]error {
	t.Helper()
	numbers := make(chan string)
	var mu sync.Mutex
	failed := make(map[string]error)
	var pool sync.WaitGroup
	for range workers {
		pool.Go(func() {
			for number := range numbers {
				if _, err := c.Update(t.Context(), update(number)); err != nil {
					mu.Lock()
					failed[number] = err
					mu.Unlock()
				}
			}
		})
	}
	for i := range n {
		numbers <- fmt.Sprintf("+1801801%04d", i)
	}
	close(numbers)
	pool.Wait()
	return failed
}

// lucky is a number that servers answer while others fail.
const lucky = "+18018010001"

// amongOthers makes a call while others of the same client succeed: its failures are then its own, and no outage.
func amongOthers(t *testing.T, c *client.Client, call func()) {
	t.Helper()
	done := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond): // of the bubble: it takes no real time
			}
			if _, err := c.Update(t.Context(), update(lucky)); err != nil {
				t.Errorf("another call: %v", err)
			}
		}
	})
	call()
	close(done)
	others.Wait()
}

// failOthers answers a status to all but the lucky number.
func failOthers(status int) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, _ *http.Request, number string) {
		if number == lucky {
			ok(w, number)
			return
		}
		fail(w, status)
	}
}

// wantError checks the kind of a failure and whether it may have been applied.
func wantError(t *testing.T, err error, kind client.Kind, applied client.Applied) *client.Error {
	t.Helper()
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		t.Fatalf("got %v, want a *client.Error of kind %s", err, kind)
	}
	if e.Kind != kind || e.Applied != applied {
		t.Errorf("got kind %q, applied %v (%v), want %q, %v", e.Kind, e.Applied, err, kind, applied)
	}
	return e
}

func wantNoFailure(t *testing.T, failed map[string]error) {
	t.Helper()
	for number, err := range failed {
		t.Errorf("%d failed, among them %s: %v", len(failed), number, err)
		return
	}
}
