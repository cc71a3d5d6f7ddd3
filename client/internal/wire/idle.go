package wire

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// leastIdle is the shortest time after which a connection that was closed is taken to have been closed for being idle.
const leastIdle = 500 * time.Millisecond

// Idle tells when idle connections are to be given up, before the server closes them under a request: by what its
// answers say (Keep-Alive: timeout=5), and by the connections that it closed. The zero value is ready.
type Idle struct {
	mu    sync.Mutex
	limit time.Duration // 0: not known
	used  time.Time     // when a connection became idle last
}

// Due reports whether what is idle now must not be used again.
func (i *Idle) Due() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.limit > 0 && !i.used.IsZero() && time.Since(i.used) >= i.limit
}

// Answered takes in an answer's header, when the answer has been read.
func (i *Idle) Answered(header http.Header) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.used = time.Now()
	for part := range strings.SplitSeq(header.Get("Keep-Alive"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if seconds, err := strconv.Atoi(value); err == nil && seconds > 0 && strings.EqualFold(name, "timeout") {
			i.shorten(time.Duration(seconds) * time.Second / 2)
		}
	}
}

// Broken takes in a request that was not answered: on a connection that was idle, the server may have closed it.
func (i *Idle) Broken(w *Way, err error) {
	if idle := time.Duration(w.idle.Load()); idle >= leastIdle && !TimedOut(err) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.shorten(idle / 2)
	}
}

// shorten lowers the limit: the caller holds mu.
func (i *Idle) shorten(to time.Duration) {
	if i.limit == 0 || to < i.limit {
		i.limit = to
	}
}

// counted is a connection that counts what is written.
type counted struct {
	net.Conn
	written atomic.Int64
}

// Write counts.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.written.Add(int64(n))
	return n, err
}

// counting makes connections that are counted.
func counting(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &counted{Conn: conn}, nil
	}
}

// countOf is the connection below TLS that counts, or nil.
func countOf(conn net.Conn) *counted {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	c, _ := conn.(*counted)
	return c
}
