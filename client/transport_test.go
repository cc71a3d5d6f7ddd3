package client_test

import (
	"compress/gzip"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bulknum/bulknum/client"
)

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
	var length int64
	server := newTLSServer(t, &fake{rest: func(w http.ResponseWriter, r *http.Request, number string) {
		proto, length = r.Proto, r.ContentLength
		ok(w, number)
	}})
	cfg := config(nil)
	cfg.BaseURL = server.URL
	cfg.CAPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	c := newClient(t, cfg)
	if _, err := c.Update(t.Context(), update(testNumber)); err != nil || proto != "HTTP/2.0" {
		t.Errorf("got %v over %s, want HTTP/2.0", err, proto)
	}
	if _, err := c.Number(t.Context(), testNumber); err != nil || length != 0 {
		t.Errorf("error %v; a read has a body of length %d, want none at all", err, length)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	for status, place := range map[int]string{301: "/elsewhere", 302: "/elsewhere", 303: "http://[", 307: "/elsewhere", 308: "http://["} {
		server := &fake{rest: func(w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, place, status)
		}}
		cfg := overSockets(t, server)
		cfg.OutageWait, cfg.MaxAttempts = 1, 1
		_, posted := newClient(t, cfg).Update(t.Context(), update(testNumber))
		_, got := newClient(t, cfg).Number(t.Context(), testNumber)
		for _, err := range []error{posted, got} {
			e := wantError(t, err, client.KindOutage, client.AppliedNo)
			if e.HTTPStatus != status || !strings.HasSuffix(e.Message, "a page, not the API, answered: redirected to "+place+", which is not followed") {
				t.Errorf("status %d: got %d, %q", status, e.HTTPStatus, e.Message)
			}
		}
		for _, a := range server.arrivals() {
			if a.path == "/elsewhere" {
				t.Errorf("status %d was followed", status)
			}
		}
	}
}

func newTLSServer(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a refused handshake is what a test wants
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}
