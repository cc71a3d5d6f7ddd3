package client_test

import (
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"context"

	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/pipenet"
)

type connKey struct{}

// A server that closes what is idle for as long as a request takes to come at the rate: what it says, or does once, is
// enough for no further update to meet a connection that is being closed.
func TestIdleConnectionsAreGivenUpInTime(t *testing.T) {
	for said, most := range map[string]int{"": 1, "timeout=2, max=100": 0} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			last := map[net.Conn]time.Time{}
			api := &fake{rest: func(w http.ResponseWriter, _ *http.Request, number string) { ok(w, number) }}
			l := pipenet.Listen()
			server := &http.Server{
				ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
				Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					conn, _ := r.Context().Value(connKey{}).(net.Conn)
					mu.Lock()
					before, used := last[conn]
					last[conn] = time.Now()
					mu.Unlock()
					if used && time.Since(before) >= 2*time.Second {
						panic(http.ErrAbortHandler) // closed when the request was on its way
					}
					if said != "" {
						w.Header().Set("Keep-Alive", said)
					}
					api.ServeHTTP(w, r)
				}),
			}
			go func() { _ = server.Serve(l) }() // ends by Close
			transport := &http.Transport{DialContext: l.DialContext, MaxIdleConnsPerHost: 10}
			cfg := config(transport)
			cfg.Rate, _ = client.ParseRate("30/m")
			doubtful := 0
			c := newClient(t, cfg).With(client.Trace{Done: func(_ context.Context, a client.Attempt) {
				mu.Lock()
				defer mu.Unlock()
				if a.Applied == client.AppliedMaybe || a.Err != nil {
					doubtful++
				}
			}})
			wantNoFailure(t, updateAll(t, c, 1, 20))
			if doubtful > most {
				t.Errorf("%q: %d requests met a closed connection, want at most %d", said, doubtful, most)
			}
			transport.CloseIdleConnections()
			_ = server.Close()
		})
	}
}
