package wire

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
)

// closing is a connection that is closed when something is written.
type closing struct{ net.Conn }

var errClosed = errors.New("it is closed")

func (c closing) Write([]byte) (int, error) {
	_ = c.Close()
	return 0, errClosed
}

// A request of which nothing was written has not left, though net/http had its headers in a buffer.
func TestWhatWasNotWrittenHasNotLeft(t *testing.T) {
	transport := Transport(nil, 0)
	transport.DialContext = counting(func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		t.Cleanup(func() { _ = far.Close() })
		return closing{near}, nil
	})
	var way Way
	req, err := http.NewRequestWithContext(way.Watch(t.Context()), http.MethodPost, "http://localhost/", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := transport.RoundTrip(req)
	if err == nil {
		_ = answer.Body.Close()
		t.Fatal("it was answered")
	}
	if f := way.Fault(err, req.URL, 0, false); f.Left || !f.Connected {
		t.Errorf("%+v", f)
	}
	if !way.headers.Load() {
		t.Error("the headers were not in a buffer: the test shows nothing")
	}
}
