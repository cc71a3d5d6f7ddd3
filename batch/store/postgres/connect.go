package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// readers is how many queries run at a time.
const readers = 4

// use is what connections are for.
type use int

const (
	toRead use = iota
	toWrite
	toTake // slots of the quota
)

// unfitError is a server, or a way to one, by which the store is not to be used.
type unfitError struct {
	why, cure string
	// passes tells that it may be fit a moment later: who had a connection before waits, as for a server that is away.
	passes bool
}

// Error says why.
func (e *unfitError) Error() string { return "it " + e.why }

// Is makes one that passes a connection that is no more.
func (e *unfitError) Is(target error) bool { return e.passes && target == sql.ErrConnDone }

var (
	errPooler = &unfitError{why: "is behind a pooler, which would hand the lock's connection to others", cure: "give the server's own address"}
	// errStandby is also what an address leads to while another server takes over.
	errStandby = &unfitError{why: "is a standby, which cannot be written", cure: "give the primary's address", passes: true}
	// errInUse is also a copy whose connection was lost, which the server has not noticed yet.
	errInUse = &unfitError{why: "is in use", cure: "wait until the runs on all hosts have ended", passes: true}
)

// asUnfit tells what makes a connection unfit. A pooler may also be known by what it does not take, or mixes up: what a
// connection is to be set to, and the statements that were prepared.
func asUnfit(err error) (unfit *unfitError, is bool) {
	if unfit, is = errors.AsType[*unfitError](err); is {
		return unfit, true
	}
	c := code(err)
	if c == "42P05" || c == "26000" || c == "08P01" && strings.Contains(err.Error(), "startup parameter") {
		return errPooler, true
	}
	return nil, false
}

// connect prepares connections; none is made yet. Each is looked at before it is used.
func connect(c *pgx.ConnConfig, u use) *sql.DB {
	c = c.Copy()
	connections := readers
	switch u {
	case toRead:
		c.RuntimeParams["default_transaction_read_only"] = "on"
	case toTake:
		c.RuntimeParams["synchronous_commit"] = "off" // of slots a crash of the server loses those of a moment
		connections = 1
	case toWrite:
		connections = 1
	}
	db := stdlib.OpenDB(*c,
		stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error { return fit(ctx, conn, u) }),
		stdlib.OptionShouldPing(suspect))
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db
}

// settings of the session that has the locks. A host that is gone without a word has lost them in half a minute, and in less than
// one where something between keeps its connection up: the probes of who is there come every ten seconds. So has a process that
// was stopped in the middle of a commit, during which nobody else can write.
var settings = []string{
	"SET tcp_keepalives_idle = 10", "SET tcp_keepalives_interval = 5", "SET tcp_keepalives_count = 3", "SET tcp_user_timeout = 25000",
	"SET client_connection_check_interval = 5000", "SET idle_session_timeout = 45000", "SET idle_in_transaction_session_timeout = 30000",
	"SET statement_timeout = 10000",
}

// fit refuses a connection that is not to the server itself, or to one that cannot be written; and makes ready one to write by.
func fit(ctx context.Context, conn *pgx.Conn, u use) error {
	var pid uint32
	var standby bool
	if err := conn.QueryRow(ctx, "SELECT pg_backend_pid(), pg_is_in_recovery()").Scan(&pid, &standby); err != nil {
		return err
	}
	if pid != conn.PgConn().PID() {
		return errPooler
	}
	if u == toRead {
		return nil
	}
	if standby {
		return errStandby
	}
	if u == toTake {
		return nil
	}
	for _, setting := range settings {
		if _, err := conn.Exec(ctx, setting); err != nil && code(err) == "" { // of an older server, or one on another system
			return err
		}
	}
	return raiseCommit(ctx, conn)
}

// raiseCommit makes commits safe where the server's or the role's setting would not have them so; one that is
// safer stays.
func raiseCommit(ctx context.Context, conn *pgx.Conn) error {
	var level string
	err := conn.QueryRow(ctx, "SHOW synchronous_commit").Scan(&level)
	if err == nil && level != "on" && level != "remote_apply" {
		_, err = conn.Exec(ctx, "SET synchronous_commit = on")
	}
	if err != nil {
		return fmt.Errorf("synchronous_commit: %w", err)
	}
	return nil
}

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
