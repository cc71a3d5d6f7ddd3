package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// After an outage that was given up, and after a key that was refused, calls end at once, until the client is asked again:
// then one attempt decides.
func TestAClientCanBeAskedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		kind   client.Kind
		broken func(down bool) *fake
	}{
		"an outage": {client.KindOutage, func(down bool) *fake {
			return &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
				if down {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				ok(w, number)
			}}
		}},
		"a refused key": {client.KindCredentials, func(down bool) *fake {
			return &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }, tokens: func(w http.ResponseWriter, _ *http.Request) {
				if down {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				giveToken(w, "token", time.Hour)
			}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			broken, mended := c.broken(true), c.broken(false)
			now := broken
			requests := 0
			server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests++
				now.ServeHTTP(w, r)
			})
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				cfg.OutageWait, cfg.MaxAttempts = time.Minute, 2
				api := newClient(t, cfg)
				call := func() (n int, err error) {
					before := requests
					_, err = api.Update(t.Context(), update(testNumber))
					return requests - before, err
				}
				if _, err := call(); !errors.Is(err, c.kind) {
					t.Fatalf("got %v, want %s", err, c.kind)
				}
				if n, err := call(); !errors.Is(err, c.kind) || n != 0 {
					t.Errorf("got %v after %d requests, want the same again by none", err, n)
				}
				api.AskAgain()
				if n, err := call(); !errors.Is(err, c.kind) || n != 1 {
					t.Errorf("got %v after %d requests, want the same again by one", err, n)
				}
				now = mended
				if n, err := call(); !errors.Is(err, c.kind) || n != 0 {
					t.Errorf("got %v after %d requests without being asked again", err, n)
				}
				api.AskAgain()
				if _, err := call(); err != nil {
					t.Errorf("got %v, though it works again", err)
				}
			})
		})
	}
}

// A call that fails fast does not wait for the end of an outage, and says what it is.
func TestACallCanFailFast(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"StatusCode":503,"Message":"under repair"}`)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.MaxAttempts = 2
		api := newClient(t, cfg).FailFast()
		start := time.Now()
		_, err := api.Update(t.Context(), update(testNumber))
		e := wantError(t, err, client.KindUnavailable, client.AppliedMaybe)
		if took := time.Since(start); took > time.Minute || e.HTTPStatus != http.StatusServiceUnavailable || e.Cause == nil || e.Cause.Message != "under repair" {
			t.Errorf("got %v after %v, cause %v", err, took, e.Cause)
		}
		before := len(server.arrivals())
		if _, err := api.Number(t.Context(), testNumber); !errors.Is(err, client.KindUnavailable) || len(server.arrivals()) != before {
			t.Errorf("got %v by %d requests", err, len(server.arrivals())-before)
		}
	})
}

// A limiter of others and a gate that two clients share keep all requests to a rate.
func TestClientsShareALimit(t *testing.T) {
	for name, share := range map[string]func(*client.Config){
		"a limiter": func(c *client.Config) { c.Rate, c.Limiter = client.Unlimited, rate.NewLimiter(1, 1) },
		"a gate":    func(c *client.Config) { c.Rate, c.Gate = client.Rate{}, client.NewGate(client.PerMinute(60)) },
	} {
		t.Run(name, func(t *testing.T) {
			server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
			inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
				share(&cfg)
				cfg.Timeout = 2 * time.Second // the wait is outside of it
				clients := []*client.Client{newClient(t, cfg), newClient(t, cfg)}
				ends := make(chan error, 10)
				start := time.Now()
				for i := range cap(ends) {
					go func() {
						_, err := clients[i%2].Update(t.Context(), update(fmt.Sprintf("+1801801%04d", i)))
						ends <- err
					}()
				}
				for range cap(ends) {
					if err := <-ends; err != nil {
						t.Error(err)
					}
				}
				if took := time.Since(start); took < 11*time.Second || took > 12*time.Second { // with a token each
					t.Errorf("12 requests took %v", took)
				}
			})
		})
	}
}

type refusing struct{ http.RoundTripper }

func (refusing) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "tokens") {
		body := fmt.Sprintf(`{"token":"one","successful":true,"tokenExpiry":%q}`, time.Now().UTC().Add(time.Hour).Format("01/02/2006 03:04:05 PM"))
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}, Request: r}, nil
	}
	return nil, fmt.Errorf("the breaker is open: %w", client.ErrNotSent)
}

// What a transport refuses by itself is in no doubt.
func TestWhatATransportDoesNotSend(t *testing.T) {
	inBubble(t, &fake{}, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		cfg.Transport, cfg.OutageWait, cfg.MaxAttempts = refusing{}, time.Minute, 1
		_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
		wantError(t, err, client.KindOutage, client.AppliedNo)
		if !errors.Is(err, client.ErrNotSent) {
			t.Errorf("%v does not wrap what the transport said", err)
		}
	})
}

type key struct{}

// Traces are told with the caller's context, one after the other, and of the header of an answer.
func TestTracesCompose(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
		w.Header().Set("X-Request-Id", "r-1")
		ok(w, number)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		var told []string
		trace := func(name string, leaves time.Time) client.Trace {
			return client.Trace{
				Before: func(ctx context.Context, a client.Attempt) (time.Time, error) {
					told = append(told, fmt.Sprint(name, " before ", a.Endpoint, ctx.Value(key{})))
					return leaves, nil
				},
				Done: func(_ context.Context, a client.Attempt) {
					told = append(told, fmt.Sprint(name, " done ", a.Endpoint, a.Header.Get("X-Request-Id")))
				},
			}
		}
		api := newClient(t, cfg).With(trace("one", time.Time{})).With(trace("two", time.Now().Add(time.Hour))).With(client.Trace{})
		if _, err := api.Update(context.WithValue(t.Context(), key{}, " mine"), update(testNumber)); err != nil {
			t.Fatal(err)
		}
		want := "one before token mine, two before token mine, one done token, two done token, " +
			"one before update mine, two before update mine, one done updater-1, two done updater-1"
		if got := strings.Join(told, ", "); got != want {
			t.Errorf("told %s", got)
		}
	})
}

// An endpoint that the client has no method for has a token of its own, and what may have been applied is not sent again
// unless that does no harm.
func TestARequestOfTheCallersOwn(t *testing.T) {
	for _, repeatable := range []bool{false, true} {
		server := &fake{rest: func(w http.ResponseWriter, r *http.Request, _ string) {
			if nth(r) == 1 {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			_, _ = io.WriteString(w, `["an","answer"]`)
		}}
		inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
			req := client.Request{
				Method: http.MethodPost, Path: "/numbers/status", Query: url.Values{"Dry": {"1"}},
				Body: map[string]string{"StatusChange": "park"}, Repeatable: repeatable,
			}
			answer, err := newClient(t, cfg).Do(t.Context(), req)
			seen := server.arrivals()
			if seen[0].path != "/proxy/v1.0/numbers/status?Dry=1" && !strings.HasSuffix(seen[0].path, "/v1.0/numbers/status?Dry=1") ||
				!strings.HasSuffix(server.fetches[0].endpoint, "/v1.0/numbers/status") {
				t.Errorf("%+v by a token for %s", seen, server.fetches[0].endpoint)
			}
			if repeatable {
				if err != nil || string(answer) != `["an","answer"]` {
					t.Errorf("got %s, %v", answer, err)
				}
				return
			}
			if e := wantError(t, err, client.KindUnavailable, client.AppliedMaybe); len(seen) != 1 || e.Endpoint != "POST /numbers/status" {
				t.Errorf("%d requests, endpoint %s", len(seen), e.Endpoint)
			}
		})
	}
}

// What cannot be sent as it is costs no request, not even one for a token.
func TestWhatIsMalformedCostsNoRequest(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		api, ctx := newClient(t, cfg), t.Context()
		for what, call := range map[string]func() error{
			"an empty update":        func() error { _, err := api.Update(ctx, client.UpdateRequest{Number: testNumber}); return err },
			"an update of no number": func() error { _, err := api.Update(ctx, update("")); return err },
			"a number with spaces":   func() error { _, err := api.Update(ctx, update("+1 801 801 8011")); return err },
			"a number of letters":    func() error { _, err := api.Number(ctx, "+1801CALLME"); return err },
			"no order":               func() error { _, err := api.Order(ctx, ""); return err },
			"an order of two words":  func() error { _, err := api.WaitOrder(ctx, "JNUOID 1"); return err },
			"no route":               func() error { _, err := api.Route(ctx, client.RouteOfVoice, ""); return err },
			"no subscriber":          func() error { _, err := api.Subscriber(ctx, ""); return err },
			"no method":              func() error { _, err := api.Do(ctx, client.Request{Path: "/x"}); return err },
			"a query in a path":      func() error { _, err := api.Do(ctx, client.Request{Method: "GET", Path: "/x?y"}); return err },
		} {
			if err := call(); !errors.Is(err, client.KindInvalid) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: got %v", what, err)
			}
		}
		if n := len(server.arrivals()) + len(server.fetches); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

// An order is read until it has ended.
func TestAnOrderIsWaitedFor(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, r *http.Request, _ string) {
		status := "Pending"
		if nth(r) == 3 {
			status = "Error"
		}
		_, _ = fmt.Fprintf(w, `{"OrderId":"JNUOID-1","OrderStatus":%q,"OrderStatusMessage":"8A-1"}`, status)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		start := time.Now()
		order, err := newClient(t, cfg).WaitOrder(t.Context(), "JNUOID-1")
		if took := time.Since(start); err != nil || order.State() != client.OrderFailed || order.OrderStatusMessage != "8A-1" || took < 6*time.Second {
			t.Errorf("got %+v, %v after %v", order, err, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := newClient(t, cfg).WaitOrder(ctx, "JNUOID-1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the end of the context", err)
		}
	})
}

// All numbers come once each, from pages that are read as they are needed; that fewer came than there are is an error.
func TestNumbersAreReadAsTheyAreNeeded(t *testing.T) {
	pages := []string{
		`{"TotalResults":%d,"PhoneNumbers":[{"PhoneNumber":"+18018018011"},{"PhoneNumber":"+18018018012"}]}`,
		`{"TotalResults":%d,"PhoneNumbers":[{"PhoneNumber":"+18018018012"},{"PhoneNumber":"+18018018013"}]}`,
		`{"TotalResults":%d,"PhoneNumbers":[]}`,
	}
	total, read := 0, 0
	server := &fake{rest: func(w http.ResponseWriter, r *http.Request, _ string) {
		read++
		page, _ := strconv.Atoi(r.URL.Query().Get("PageNumber"))
		_, _ = fmt.Fprintf(w, pages[page-1], total)
	}}
	inBubble(t, server, func(t *testing.T, cfg client.Config, _ *pipenet.Listener) {
		api := newClient(t, cfg)
		for _, test := range []struct {
			total, most   int
			numbers, read int
			kind          error
		}{
			{total: 4, most: 9, numbers: 3, read: 2, kind: client.KindUntrusted},
			{total: 9, most: 9, numbers: 3, read: 3, kind: client.KindUntrusted},
			{total: 9, most: 2, numbers: 2, read: 1},
			{total: 3, most: 9, numbers: 3, read: 2},
		} {
			total, read = test.total, 0
			numbers, failed := 0, error(nil)
			for _, err := range api.Numbers(t.Context()) {
				if failed = err; err == nil {
					numbers++
				}
				if numbers == test.most {
					break
				}
			}
			if numbers != test.numbers || read != test.read || !errors.Is(failed, test.kind) {
				t.Errorf("%+v: %d numbers from %d pages, %v", test, numbers, read, failed)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for n, err := range api.Numbers(ctx) {
			if !errors.Is(err, context.Canceled) || n.Number != "" {
				t.Errorf("got %v, %v after the end of the context", n, err)
			}
		}
	})
}

// Idle connections are closed when they are asked to be, and made anew for the next call.
func TestIdleConnectionsAreClosed(t *testing.T) {
	server := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
	cfg := overSockets(t, server)
	var made atomic.Int32
	dialer := net.Dialer{}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		made.Add(1)
		return dialer.DialContext(ctx, network, address)
	}}
	cfg.Transport = transport
	defer transport.CloseIdleConnections()
	api := newClient(t, cfg)
	for _, want := range []int32{1, 1, 2} {
		if want == 2 {
			api.CloseIdleConnections()
		}
		if _, err := api.Update(t.Context(), update(testNumber)); err != nil || made.Load() != want {
			t.Errorf("%v, by %d connections, want %d", err, made.Load(), want)
		}
	}
}

// Words go to text and back.
func TestWordsAsText(t *testing.T) {
	type words struct {
		Rate    client.Rate
		State   client.OrderState
		Applied client.Applied
	}
	for _, want := range []words{{client.PerMinute(20), client.OrderNeedsPerson, client.AppliedMaybe}, {client.Rate{}, client.OrderPending, client.AppliedNo}} {
		text, err := json.Marshal(want)
		var got words
		if err == nil {
			err = json.Unmarshal(text, &got)
		}
		if err != nil || got != want {
			t.Errorf("%s became %+v: %v", text, got, err)
		}
	}
	var state client.OrderState
	if err := state.UnmarshalText([]byte("done")); err == nil {
		t.Error("another word was read")
	}
}

// Plain http reaches the one host that was named, and all that is wrong is told in one line.
func TestPlainHTTPToANamedHost(t *testing.T) {
	keys := client.Credentials{Token: client.NewSecret("one")}
	for host, ok := range map[string]bool{"api.test": true, "API.test:8080": true, "api.test.evil": false, "other": false} {
		err := client.Config{BaseURL: "http://" + host, PlainHTTPTo: "api.test", Credentials: keys}.Validate()
		if wrong, is := errors.AsType[*client.ConfigError](err); ok != (err == nil) || is && wrong.Field != "BaseURL" {
			t.Errorf("%s: got %v", host, err)
		}
	}
	err := client.Config{Timeout: -1, MaxAttempts: -1}.Validate()
	if err == nil || strings.Contains(err.Error(), "\n") || strings.Count(err.Error(), "client: ") != 3 {
		t.Errorf("got %v", err)
	}
}
