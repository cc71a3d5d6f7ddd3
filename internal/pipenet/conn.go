package pipenet

import (
	"net"
	"sync"
	"time"
)

// lingering is how long what was written before Close waits to be read.
const lingering = time.Second

// conn is one end of a net.Pipe that takes what is written at once, as a socket does. Two ends of a bare pipe that say
// goodbye to each other at the same time, as TLS does, wait for each other with locks held, and in a bubble no time
// passes while somebody waits for a lock.
type conn struct {
	net.Conn

	mu     sync.Mutex
	wake   *sync.Cond
	queue  [][]byte
	closed bool
	err    error // of an earlier write
}

// pipe returns both ends of a connection.
func pipe() (near, far net.Conn) {
	a, b := net.Pipe()
	return buffered(a), buffered(b)
}

func buffered(end net.Conn) *conn {
	c := &conn{Conn: end}
	c.wake = sync.NewCond(&c.mu)
	go c.deliver()
	return c
}

// deliver hands on what was written, until the connection is closed.
func (c *conn) deliver() {
	for {
		c.mu.Lock()
		for len(c.queue) == 0 && !c.closed {
			c.wake.Wait()
		}
		queue := c.queue
		c.queue = nil
		c.mu.Unlock()
		if len(queue) == 0 {
			_ = c.Conn.Close() // of a net.Pipe: it never fails
			return
		}
		for _, p := range queue {
			if _, err := c.Conn.Write(p); err != nil {
				c.mu.Lock()
				c.err = err
				c.mu.Unlock()
			}
		}
	}
}

func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return 0, net.ErrClosed
	case c.err != nil:
		return 0, c.err
	}
	c.queue = append(c.queue, append([]byte(nil), p...))
	c.wake.Signal()
	return len(p), nil
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		err = net.ErrClosed
	}
	return n, err
}

// Close ends reading at once, and writing when the other end has read what was written.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.closed = true
	c.wake.Signal()
	_ = c.SetReadDeadline(time.Unix(0, 1))
	return c.Conn.SetWriteDeadline(time.Now().Add(lingering))
}

// SetWriteDeadline does nothing: a write waits for nobody.
func (*conn) SetWriteDeadline(time.Time) error { return nil }

func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }
