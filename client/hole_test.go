package client_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
)

// behindAPath is a sandbox on loopback, over TLS, whose connections can be forgotten.
func behindAPath(t *testing.T, http2 bool) (*path, client.Config) {
	t.Helper()
	box, err := sandbox.New(sandbox.Config{Latency: 10 * time.Millisecond}) // so that all workers have one at a time
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (r.ProtoMajor == 2) != http2 {
			t.Errorf("a request over %s", r.Proto)
		}
		box.ServeHTTP(w, r)
	}))
	path := newPath(server.Listener)
	server.Listener, server.EnableHTTP2 = path, http2
	server.StartTLS()
	t.Cleanup(server.Close)
	cfg := config(nil)
	cfg.BaseURL = server.URL
	cfg.CAPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	cfg.Jitter = func() float64 { return 0 }
	return path, cfg
}

// A connection that was forgotten in silence costs one attempt each of the calls that were on it, and no later one.
func TestADeadConnectionIsNotUsedTwice(t *testing.T) {
	for _, http2 := range []bool{true, false} {
		t.Run(fmt.Sprint("HTTP/2 ", http2), func(t *testing.T) {
			t.Parallel()
			path, cfg := behindAPath(t, http2)
			cfg.Timeout = 1500 * time.Millisecond
			var mu sync.Mutex
			broken, slow := 0, 0
			c := newClient(t, cfg).With(client.Trace{Done: func(_ context.Context, a client.Attempt) {
				mu.Lock()
				defer mu.Unlock()
				if a.HTTPStatus == 0 {
					broken++
				}
				if a.Duration >= cfg.Timeout {
					slow++
				}
			}})
			const workers = 4
			wantNoFailure(t, updateAll(t, c, workers, 40))
			if n := path.Forget(); (n == 1) != http2 {
				t.Fatalf("%d connections of %d workers", n, workers)
			}
			wantNoFailure(t, updateAll(t, c, 1, 10))
			if broken != 1 {
				t.Errorf("%d attempts met a dead connection, want 1", broken)
			}
			// The second limit is that the pings notice it before the request's own time is over.
			if http2 && slow != 0 {
				t.Error("the time-out of a request, and not a ping, noticed the dead connection")
			}
		})
	}
}
