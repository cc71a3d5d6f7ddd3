package postgres

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// silentFor is for how long a server may say nothing while its answer is waited for. Where a connection is half open, as
	// behind a firewall that has forgotten it, nothing else would end the wait: the far end, or something between, acknowledges
	// what comes.
	silentFor = 30 * time.Second
	// idleFor is after how long a connection that was idle is asked whether it is there.
	idleFor = time.Second
	// aliveWithin is within what time a connection that was idle answers before it is used again.
	aliveWithin = 5 * time.Second
)

// suspect asks a connection that was idle whether it is there. Of one that does not answer in time, which is closed by then,
// the driver is to find that out.
func suspect(ctx context.Context, p stdlib.ShouldPingParams) bool {
	if p.IdleDuration < idleFor {
		return false
	}
	return within(ctx, aliveWithin, p.Conn.Ping) != nil
}

// dial makes connections that notice a server that is gone without a word.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: connectWithin, KeepAliveConfig: keepAlive}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &impatient{Conn: conn}, nil
}

// impatient is a connection of which no read waits for longer than a server may be silent.
type impatient struct {
	net.Conn

	mu sync.Mutex
	// until is until when a read may last as far as the driver says; zero: for as long as it takes.
	until time.Time
}

// Read reads what has come, or what comes in time.
func (c *impatient) Read(b []byte) (int, error) {
	if err := c.limit(); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// limit lets the next read last no longer than a server may be silent.
func (c *impatient) limit() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	limit := time.Now().Add(silentFor)
	if !c.until.IsZero() {
		limit = earlier(limit, c.until)
	}
	return c.Conn.SetReadDeadline(limit)
}

// SetReadDeadline is how the driver ends a read whose context is done, also one that is under way.
func (c *impatient) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	return c.Conn.SetReadDeadline(t)
}

// SetDeadline is SetReadDeadline, for writes as well.
func (c *impatient) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = t
	return c.Conn.SetDeadline(t)
}
