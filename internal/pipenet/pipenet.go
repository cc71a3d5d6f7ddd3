// Package pipenet is a network of net.Pipe pairs: an http.Server and an
// http.Transport joined by it run inside a testing/synctest bubble, where
// sockets cannot be used. It is for tests.
package pipenet

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
)

// errRefused is what dialling a listener that is closed or down gives.
var errRefused = errors.New("connection refused")

// Listener accepts what its DialContext dials. Make it with Listen.
type Listener struct {
	conns chan net.Conn
	done  chan struct{}
	close sync.Once

	mu   sync.Mutex
	down bool
}

// Listen returns an open listener.
func Listen() *Listener {
	return &Listener{conns: make(chan net.Conn), done: make(chan struct{})}
}

// Accept waits for the next connection. It returns net.ErrClosed after Close.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case <-l.done:
		return nil, net.ErrClosed
	case c := <-l.conns:
		return c, nil
	}
}

// Close refuses all further connections; those made stay.
func (l *Listener) Close() error {
	l.close.Do(func() { close(l.done) })
	return nil
}

// Addr returns an address for show.
func (l *Listener) Addr() net.Addr { return addr{} }

// SetDown makes every new connection refused, or lets them in again.
func (l *Listener) SetDown(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
}

// DialContext connects to the listener, whatever the address.
func (l *Listener) DialContext(ctx context.Context, network, _ string) (net.Conn, error) {
	l.mu.Lock()
	down := l.down
	l.mu.Unlock()
	if down {
		return nil, dialError(network, errRefused)
	}
	near, far := pipe()
	err := errRefused
	select {
	case l.conns <- far:
		return near, nil
	case <-l.done:
	case <-ctx.Done():
		err = ctx.Err()
	}
	_, _ = near.Close(), far.Close()
	return nil, dialError(network, err)
}

func dialError(network string, err error) error {
	return &net.OpError{Op: "dial", Net: network, Addr: addr{}, Err: err}
}

// Serve runs a handler behind the listener. The transport reaches it under any
// host name; stop ends both and returns when the server's loop has ended.
func (l *Listener) Serve(handler http.Handler) (transport *http.Transport, stop func()) {
	server := &http.Server{Handler: handler}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(l) // always http.ErrServerClosed here: stop is its only end
	}()
	transport = &http.Transport{DialContext: l.DialContext, MaxIdleConnsPerHost: 1024}
	return transport, func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-ended
	}
}

type addr struct{}

func (addr) Network() string { return "pipe" }
func (addr) String() string  { return "pipe" }
