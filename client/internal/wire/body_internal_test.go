package wire

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// writes counts how often something is written to a connection.
type writes struct {
	net.Conn
	n *atomic.Int64
}

func (w writes) Write(p []byte) (int, error) {
	w.n.Add(1)
	return w.Conn.Write(p)
}

// A request is one packet, unless its body must not leave before the head has.
func TestHeadAndBodyLeaveTogether(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	for leaves, want := range map[time.Time]int64{{}: 1, time.Now().Add(time.Hour): 2} {
		var n atomic.Int64
		transport := Transport(nil, 0)
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return writes{conn, &n}, err
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Body, req.ContentLength = Body([]byte("{}"), leaves), 2
		answer, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		transport.CloseIdleConnections()
		if got := n.Load(); got != want {
			t.Errorf("written %d times, want %d", got, want)
		}
	}
}
