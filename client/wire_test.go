package client_test

import (
	"bufio"
	"compress/gzip"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/client"
)

type netConn = net.Conn

func newTLSServer(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a refused handshake is what a test wants
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

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
		"reset before the body is read": {func(c *net.TCPConn, _ int, _ *http.Request) { reset(c) }, client.KindUnavailable},
		"closed after the body":         {func(_ *net.TCPConn, _ int, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, client.KindUnavailable},
		"reset in the answer's header": {func(c *net.TCPConn, _ int, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Ty")
		}, client.KindUnavailable},
		"cut in the answer's body": {func(c *net.TCPConn, _ int, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(c, head+`{"Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`)
		}, client.KindUntrusted},
		"no HTTP at all": {func(c *net.TCPConn, _ int, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(c, "Authorization: "+r.Header.Get("Authorization")+"\r\n\r\n")
		}, client.KindUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			var connections atomic.Int32
			url := rawServer(t, func(c *net.TCPConn, n int, req *http.Request) {
				connections.Add(1)
				tt.serve(c, n, req)
			})
			_, err := newClient(t, given(url)).Update(t.Context(), update(testNumber))
			wantError(t, err, tt.kind, client.AppliedMaybe)
			if strings.Contains(err.Error(), "given-token") {
				t.Errorf("the error tells the token: %v", err)
			}
			if n := connections.Load(); n != 1 {
				t.Errorf("it was sent %d times, want once", n)
			}
			_, err = newClient(t, given(url)).Number(t.Context(), testNumber)
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
	if strings.Contains(err.Error(), "8018018011") {
		t.Errorf("the error tells the number: %v", err)
	}
}

// TestAPostIsNotSentTwiceByTheTransport: the server drops a kept connection after it read the second request.
func TestAPostIsNotSentTwiceByTheTransport(t *testing.T) {
	var posts atomic.Int32
	url := rawServer(t, func(c *net.TCPConn, _ int, req *http.Request) {
		reader := bufio.NewReader(c)
		for n := 0; ; n++ {
			if n > 0 {
				var err error
				if req, err = http.ReadRequest(reader); err != nil {
					return
				}
			}
			_, _ = io.Copy(io.Discard, req.Body)
			if posts.Add(1) == 2 {
				reset(c)
				return
			}
			body := `{"Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
	})
	c := newClient(t, given(url))
	if _, err := c.Update(t.Context(), update(testNumber)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Update(t.Context(), update(testNumber))
	wantError(t, err, client.KindUnavailable, client.AppliedMaybe)
	if n := posts.Load(); n != 2 {
		t.Errorf("%d posts arrived, want 2", n)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	var opened atomic.Int32
	for name, answer := range map[string]func(w http.ResponseWriter, number string){
		"success":          ok,
		"refusal":          func(w http.ResponseWriter, _ string) { fail(w, http.StatusNotFound) },
		"a long page":      func(w http.ResponseWriter, _ string) { _, _ = io.WriteString(w, strings.Repeat("x", 200<<10)) },
		"an empty refusal": func(w http.ResponseWriter, _ string) { w.WriteHeader(http.StatusBadRequest) },
	} {
		t.Run(name, func(t *testing.T) {
			opened.Store(0)
			server := httptest.NewUnstartedServer(&fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { answer(w, number) }})
			server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					opened.Add(1)
				}
			}
			server.Start()
			defer server.Close()
			c := newClient(t, given(server.URL))
			for range 5 {
				_, _ = c.Update(t.Context(), update(testNumber))
			}
			if n := opened.Load(); n != 1 {
				t.Errorf("%d connections for 5 calls, want 1", n)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	var got http.Header
	cfg := overSockets(t, &fake{rest: func(w http.ResponseWriter, r *http.Request, number string) {
		got = r.Header
		ok(w, number)
	}})
	cfg.UserAgent = "bulknum/1.2"
	if _, err := newClient(t, cfg).Update(t.Context(), update(testNumber)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"User-Agent": "bulknum/1.2", "Content-Type": "application/json", "Accept": "application/json",
		"Accept-Encoding": "gzip", "Authorization": "Bearer token-1",
	} {
		if got.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Get(name), want)
		}
	}
}

func TestGzipIsReadUpToTheLimit(t *testing.T) {
	cfg := overSockets(t, &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		if number == testNumber {
			fmt.Fprintf(z, `{"Number":%q,"UpdateOrderId":"JNUOID-1"}`, number)
			return
		}
		block := []byte(strings.Repeat(" ", 1<<16))
		for range 1 << 8 { // 16 MiB in a few KiB
			_, _ = z.Write(block)
		}
	}})
	cfg.MaxAttempts = 1
	c := newClient(t, cfg)
	if _, err := c.Update(t.Context(), update(testNumber)); err != nil {
		t.Error(err)
	}
	_, err := c.Update(t.Context(), update("+18018018012"))
	e := wantError(t, err, client.KindUntrusted, client.AppliedMaybe)
	if !strings.Contains(e.Message, "longer than 65536 bytes") {
		t.Errorf("got %q, want that it is too long", e.Message)
	}
}

func TestHTTP2WithAnOwnCA(t *testing.T) {
	var proto string
	server := newTLSServer(t, &fake{rest: func(w http.ResponseWriter, r *http.Request, number string) {
		proto = r.Proto
		ok(w, number)
	}})
	cfg := config(nil)
	cfg.BaseURL = server.URL
	cfg.CAPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if _, err := newClient(t, cfg).Update(t.Context(), update(testNumber)); err != nil || proto != "HTTP/2.0" {
		t.Errorf("got %v over %s, want HTTP/2.0", err, proto)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	cfg := overSockets(t, &fake{rest: func(w http.ResponseWriter, r *http.Request, number string) {
		if r.URL.Path == "/elsewhere" {
			ok(w, number)
			return
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}})
	_, err := newClient(t, cfg).Update(t.Context(), update(testNumber))
	e := wantError(t, err, client.KindInvalid, client.AppliedNo)
	if e.Message != "redirected to /elsewhere, which is not followed" {
		t.Errorf("got %q", e.Message)
	}
}
