package client_test

import (
	"net"
	"sync"
)

// path is a listener whose connections can be forgotten, as by a balancer that lost its table: they stay open, and what
// either end sends into them is lost.
type path struct {
	net.Listener

	mu    sync.Mutex
	conns []*pathConn
}

// newPath returns the path to a server that accepts its connections from it, of those that a listener has.
func newPath(l net.Listener) *path { return &path{Listener: l} }

// Accept waits for the next connection. An error is the listener's.
func (p *path) Accept() (net.Conn, error) {
	conn, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &pathConn{Conn: conn, lost: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
	return c, nil
}

// Forget makes a hole of every connection that there is, and returns how many. Later ones are whole.
func (p *path) Forget() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		close(c.lost)
	}
	n := len(p.conns)
	p.conns = nil
	return n
}

// pathConn is the server's end of a connection.
type pathConn struct {
	net.Conn
	lost chan struct{} // closed when it is forgotten
}

func (c *pathConn) forgotten() bool {
	select {
	case <-c.lost:
		return true
	default:
		return false
	}
}

// Read never returns what came after the connection was forgotten; its error is then that of the closed connection.
func (c *pathConn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if err != nil || !c.forgotten() {
			return n, err
		}
	}
}

// Write sends nothing once the connection is forgotten, and says that it did.
func (c *pathConn) Write(b []byte) (int, error) {
	if c.forgotten() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}
