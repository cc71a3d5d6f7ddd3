package client_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client"
)

// errOnce stops a call before its second attempt.
var errOnce = errors.New("once is enough")

// TestNothingIsSentTwiceByTheTransport: the server drops a kept connection after it read the second request.
func TestNothingIsSentTwiceByTheTransport(t *testing.T) {
	for name, tt := range map[string]struct {
		call    func(*client.Client) error
		applied client.Applied
	}{
		"POST": {func(c *client.Client) error {
			_, err := c.Update(t.Context(), update(testNumber))
			return err
		}, client.AppliedMaybe},
		"GET": {func(c *client.Client) error {
			_, err := c.Number(t.Context(), testNumber)
			return err
		}, client.AppliedNo},
	} {
		t.Run(name, func(t *testing.T) {
			url, requests := dropsTheSecond(t)
			cfg := given(url)
			cfg.OutageWait = 1
			c := newClient(t, cfg).With(client.Trace{Before: func(_ context.Context, a client.Attempt) (leaves time.Time, err error) {
				if a.N > 1 {
					err = errOnce
				}
				return leaves, err
			}})
			if err := tt.call(c); err != nil {
				t.Fatal(err)
			}
			wantError(t, tt.call(c), client.KindStopped, tt.applied)
			if n := requests.Load(); n != 2 {
				t.Errorf("%d requests arrived, want 2", n)
			}
		})
	}
}

// dropsTheSecond is a server that resets a connection after it read its second request. It counts them.
func dropsTheSecond(t *testing.T) (url string, requests *atomic.Int32) {
	t.Helper()
	requests = new(atomic.Int32)
	return rawServer(t, func(c *net.TCPConn, _ int, req *http.Request) {
		reader := bufio.NewReader(c)
		for n := 0; ; n++ {
			if n > 0 {
				var err error
				if req, err = http.ReadRequest(reader); err != nil {
					return
				}
			}
			_, _ = io.Copy(io.Discard, req.Body)
			if req.Method == http.MethodGet && (req.ContentLength != 0 || len(req.TransferEncoding) > 0) {
				t.Errorf("a GET of length %d, %v, want one without a body", req.ContentLength, req.TransferEncoding)
			}
			if requests.Add(1) == 2 {
				reset(c)
				return
			}
			body := `{"Number":"+18018018011","UpdateOrderId":"JNUOID-1","UpdateOrderStatus":"Complete"}`
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
	}), requests
}
