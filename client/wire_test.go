package client_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/bulknum/bulknum/client"
)

// rawServer accepts connections on loopback. Each is read up to the end of a request's
// headers (and body, when it asks for it) and then handed to the test.
func rawServer(t *testing.T, serve func(c *net.TCPConn, n int, req *http.Request)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					serve(c.(*net.TCPConn), n, req)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// reset makes the close of a connection an RST.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

func given(url string) client.Config {
	cfg := config(nil)
	cfg.BaseURL = url
	cfg.Credentials = client.Credentials{Token: client.NewSecret("given-token")}
	cfg.MaxAttempts = 1
	return cfg
}

func TestConnectionsThatBreak(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
	for name, tt := range map[string]struct {
		serve func(c *net.TCPConn, _ int, req *http.Request)
		kind  client.Kind
	}{
		"reset before the body is read": {func(c *net.TCPConn, _ int, _ *http.Request) { reset(c) }, client.KindOutage},
		"closed after the body":         {func(_ *net.TCPConn, _ int, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, client.KindOutage},
		"reset in the answer's header": {func(c *net.TCPConn, _ int, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Ty")
		}, client.KindOutage},
		"cut in the answer's body": {func(c *net.TCPConn, _ int, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(c, head+`{"Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`)
		}, client.KindOutage},
		"no HTTP at all": {func(c *net.TCPConn, _ int, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(c, "Authorization: "+r.Header.Get("Authorization")+"\r\n\r\n")
		}, client.KindOutage},
	} {
		t.Run(name, func(t *testing.T) {
			var connections atomic.Int32
			url := rawServer(t, func(c *net.TCPConn, n int, req *http.Request) {
				connections.Add(1)
				tt.serve(c, n, req)
			})
			cfg := given(url)
			cfg.OutageWait = 1
			_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
			e := wantError(t, err, tt.kind, client.AppliedMaybe)
			if strings.Contains(err.Error(), "given-token") {
				t.Errorf("the error tells the token: %v", err)
			}
			if !strings.Contains(e.Message, strings.TrimPrefix(url, "http://")) {
				t.Errorf("the error does not tell whose connection it was: %v", err)
			}
			if n := connections.Load(); int(n) != e.Attempts {
				t.Errorf("it was sent %d times in %d attempts", n, e.Attempts)
			}
			_, err = newClient(t, cfg).Number(t.Context(), testNumber)
			wantError(t, err, tt.kind, client.AppliedNo)
		})
	}
}

func TestARefusedConnectionIsNotDoubtful(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	_ = l.Close()
	cfg := given(url)
	cfg.OutageWait = 1
	_, err = newClient(t, cfg).Update(t.Context(), update(testNumber))
	wantError(t, err, client.KindOutage, client.AppliedNo)
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v does not wrap the refused connection", err)
	}
	_, err = newClient(t, cfg).Number(t.Context(), testNumber)
	if strings.Contains(err.Error(), "8018018011") || strings.Contains(errors.Unwrap(err).Error(), "8018018011") {
		t.Errorf("the error tells the number: %v", err)
	}
}

// roundTrip is a transport that tells how far it came and then does what the test wants.
type roundTrip func(trace *httptrace.ClientTrace, r *http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
	return f(httptrace.ContextClientTrace(r.Context()), r)
}

func TestDoubtBeginsWithTheHeaders(t *testing.T) {
	broken := errors.New("it broke")
	for name, tt := range map[string]struct {
		trip    roundTrip
		applied client.Applied
	}{
		"never connected": {func(trace *httptrace.ClientTrace, _ *http.Request) (*http.Response, error) {
			trace.GetConn("")
			return nil, broken
		}, client.AppliedNo},
		"connected, nothing written": {func(trace *httptrace.ClientTrace, _ *http.Request) (*http.Response, error) {
			trace.GetConn("")
			trace.GotConn(httptrace.GotConnInfo{})
			return nil, broken
		}, client.AppliedNo},
		"cancelled while it may be writing": {func(trace *httptrace.ClientTrace, r *http.Request) (*http.Response, error) {
			trace.GetConn("")
			trace.GotConn(httptrace.GotConnInfo{})
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, client.AppliedMaybe},
		"headers written": {func(trace *httptrace.ClientTrace, _ *http.Request) (*http.Response, error) {
			trace.GetConn("")
			trace.GotConn(httptrace.GotConnInfo{})
			trace.WroteHeaders()
			return nil, broken
		}, client.AppliedMaybe},
		"a transport that tells nothing": {func(*httptrace.ClientTrace, *http.Request) (*http.Response, error) {
			return nil, broken
		}, client.AppliedMaybe},
		"a transport that gives nothing": {func(*httptrace.ClientTrace, *http.Request) (*http.Response, error) {
			return nil, nil //nolint:nilnil // as no transport may
		}, client.AppliedMaybe},
		"a transport whose answer has no body": {func(_ *httptrace.ClientTrace, r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusNotFound, Request: r}, nil
		}, client.AppliedNo},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := given("http://localhost")
				cfg.Transport = tt.trip
				_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
				var e *client.Error
				if !errors.As(err, &e) || e.Applied != tt.applied {
					t.Errorf("got %v, want applied %v", err, tt.applied)
				}
			})
		})
	}
}

// TestAnAnswerCountsThoughTheContextEnded: what is known is not given up for what is not.
func TestAnAnswerCountsThoughTheContextEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := given("http://localhost")
	cfg.Transport = roundTrip(func(_ *httptrace.ClientTrace, r *http.Request) (*http.Response, error) {
		cancel()
		return &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Request: r}, nil
	})
	_, err := newClient(t, cfg).Update(ctx, update(testNumber))
	wantError(t, err, client.KindNotFound, client.AppliedNo)
}
