package pipenet

import (
	"net"
	"os"
	"sync"
	"time"
)

// room is how many bytes a connection takes that nobody has read yet, or a little more: as a socket, not without end.
const room = 64 << 10

// lingering is how long what was written before Close waits to be read.
const lingering = time.Second

// conn is one end of a net.Pipe that takes what is written before it is read, as a socket does. Two ends of a bare pipe that say
// goodbye to each other at the same time, as TLS does, wait for each other with locks held, and in a bubble no time
// passes while somebody waits for a lock.
type conn struct {
	net.Conn

	mu         sync.Mutex
	changed    *sync.Cond
	queue      [][]byte
	unread     int  // bytes of the queue, and of what is being handed on
	delivering bool // what was written is being handed on
	closed     bool
	err        error // of an earlier write
	deadline   time.Time
	expiry     *time.Timer // wakes who waits for room at the deadline; nil: there was none yet
}

// pipe returns both ends of a connection.
func pipe() (near, far net.Conn) {
	a, b := net.Pipe()
	return buffered(a), buffered(b)
}

func buffered(end net.Conn) *conn {
	c := &conn{Conn: end}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// deliver hands on what was written, as long as there is something.
func (c *conn) deliver() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) > 0 {
		p := c.queue[0]
		c.queue = c.queue[1:]
		c.mu.Unlock()
		_, err := c.Conn.Write(p)
		c.mu.Lock()
		if c.unread -= len(p); err != nil {
			c.err = err
		}
		c.changed.Broadcast()
	}
	c.delivering = false
	if c.closed {
		_ = c.Conn.Close() // of a net.Pipe: it never fails
	}
}

// Write waits for room, until the write deadline.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch {
		case c.closed:
			return 0, net.ErrClosed
		case c.err != nil:
			return 0, c.err
		case !c.deadline.IsZero() && !time.Now().Before(c.deadline):
			return 0, os.ErrDeadlineExceeded
		case c.unread < room:
			c.queue = append(c.queue, append([]byte(nil), p...))
			c.unread += len(p)
			if !c.delivering {
				c.delivering = true
				go c.deliver()
			}
			return len(p), nil
		}
		c.changed.Wait()
	}
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
	c.changed.Broadcast()
	if !c.delivering {
		return c.Conn.Close()
	}
	_ = c.SetReadDeadline(time.Unix(0, 1))
	return c.Conn.SetWriteDeadline(time.Now().Add(lingering))
}

// SetWriteDeadline is for who waits for room: what was taken is handed on all the same.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.deadline = t; c.expiry != nil {
		c.expiry.Stop()
	}
	if !t.IsZero() {
		c.expiry = time.AfterFunc(time.Until(t), func() {
			c.mu.Lock() // who is about to wait is not to miss it
			defer c.mu.Unlock()
			c.changed.Broadcast()
		})
	}
	c.changed.Broadcast()
	return nil
}

// SetDeadline is that of reading and writing.
func (c *conn) SetDeadline(t time.Time) error {
	_ = c.SetWriteDeadline(t) // it never fails
	return c.SetReadDeadline(t)
}
