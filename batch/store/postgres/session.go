package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/store/write"
)

const (
	// firstPause is the first pause before a server that is away is tried again; they grow up to longestPause.
	firstPause, longestPause = 100 * time.Millisecond, 5 * time.Second
	// drain is for how long a server that is away is waited for once the command is to end.
	drain = 10 * time.Second
)

// session is the one connection that writes, and that has the locks.
type session struct {
	db       *sql.DB
	patience time.Duration
	notice   func(string)
	// ending is done when the command is to end.
	ending context.Context //nolint:containedctx // who writes has none, see write.Writer
	// retake has all locks again by a new connection, before anything else.
	retake func(context.Context, *sql.Conn) error
	// alone keeps everybody else from writing.
	alone bool

	conn *sql.Conn
	// server is by what the server of the connection is known: another one may lack what this one has committed.
	server string

	mu sync.Mutex
	// proven is when the session was last known to be there.
	proven time.Time
}

// Begin begins a transaction, and waits for the server as long as its patience lasts.
func (s *session) Begin(ctx context.Context) (conn *sql.Conn, err error) {
	err = s.whenThere(ctx, func() error {
		if err := s.connect(ctx); err != nil {
			return err
		}
		_, err := s.conn.ExecContext(ctx, "BEGIN")
		return err
	})
	return s.conn, err
}

// whenThere does something, again and again while the server is away. What it has done before it was away must not matter.
func (s *session) whenThere(ctx context.Context, do func() error) error {
	var deadline time.Time
	ending := s.ending.Done()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := do()
		if err == nil || !lost(err) && !busy(err) {
			return err
		}
		s.drop()
		if deadline.IsZero() {
			deadline = time.Now().Add(s.patience)
			s.notice(fmt.Sprintf("the store cannot be reached (%v): nothing is sent until it can, for at most %s", err, s.patience))
		}
		left := time.Until(deadline)
		if left <= 0 {
			return fmt.Errorf("it was away for %s: %w", s.patience, err)
		}
		select {
		case <-ending:
			deadline, ending = earlier(deadline, time.Now().Add(drain)), nil
		case <-time.After(min(pause, left)):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// earlier is the earlier of two moments.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// errOtherServer is a server that is not the one that was written to.
var errOtherServer = errors.New("another server is in its place (a standby was promoted, or a copy was put there), which may lack what was recorded last;" +
	" a new command compares it with what is known")

// serverQuery tells servers apart: by their cluster and, among the copies of one, by their timeline.
const serverQuery = "SELECT system_identifier || ' ' || left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_system()"

// connect makes the connection, if there is none, and has the locks again.
func (s *session) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	var server string
	err = conn.QueryRowContext(ctx, serverQuery).Scan(&server)
	if err == nil && s.server != "" && s.server != server {
		err = errOtherServer
	}
	if err == nil {
		err = s.share(ctx, conn)
	}
	if err == nil {
		err = s.retake(ctx, conn)
	}
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	s.conn, s.server = conn, server
	s.prove()
	return nil
}

// errInUse is a store that somebody else uses.
var errInUse = errors.New("it is in use: wait until the runs on all hosts have ended")

// share keeps everybody from migrating; while somebody does, it is as if the server were away.
func (s *session) share(ctx context.Context, conn *sql.Conn) error {
	lock, taken := "pg_try_advisory_lock_shared", fmt.Errorf("%w: its tables are being brought up to date, or copied", sql.ErrConnDone)
	if s.alone {
		lock, taken = "pg_try_advisory_lock", errInUse
	}
	var had bool
	err := conn.QueryRowContext(ctx, "SELECT "+lock+"($1)", inUse).Scan(&had)
	if err == nil && !had {
		err = taken
	}
	return err
}

// drop gives a connection up that does not work any more.
func (s *session) drop() {
	s.mu.Lock()
	s.proven = time.Time{} // until it is had again, nobody believes that it is there
	s.mu.Unlock()
	if s.conn == nil {
		return
	}
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn }) // so that it is not used again
	_ = s.conn.Close()
	s.conn = nil
}

// prove notes that the session is there.
func (s *session) prove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proven = time.Now()
}

// provenAt is when it was last known to be there.
func (s *session) provenAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proven
}

// Commit commits a transaction, by its number. Where the connection is lost meanwhile, the server is asked whether it
// was committed.
func (s *session) Commit(ctx context.Context, id string) error {
	_, err := s.conn.ExecContext(ctx, "COMMIT")
	if err == nil {
		s.prove()
		return nil
	}
	if !lost(err) && !busy(err) {
		return err
	}
	s.drop()
	var status sql.NullString
	err = s.whenThere(ctx, func() error {
		if err := s.connect(ctx); err != nil {
			return err
		}
		err := s.conn.QueryRowContext(ctx, "SELECT pg_xact_status($1::text::xid8)", id).Scan(&status)
		if err == nil && status.String == "in progress" {
			return fmt.Errorf("%w: the server has not noticed yet that the connection was lost", sql.ErrConnDone)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case status.String == "committed":
		return nil
	case status.String == "aborted":
		return write.ErrUndone
	default:
		return errors.New("it does not tell any more whether the last records were committed")
	}
}

// Again reports whether an error undid a transaction that can be made again.
func (s *session) Again(err error) bool {
	if !lost(err) && !busy(err) {
		return false
	}
	if lost(err) {
		s.drop()
	}
	return true
}

// Low is never so: the server's disk is not this process's.
func (s *session) Low() bool { return false }

// unlockAll lets all locks of a session go at once.
const unlockAll = "SELECT pg_advisory_unlock_all()"

// Close lets the locks go with the connection.
func (s *session) Close(bool) error {
	var err error
	if s.conn != nil {
		_, _ = s.conn.ExecContext(context.Background(), unlockAll) // or the end of the session does it, a moment later
		err = s.conn.Close()
	}
	if err = errors.Join(err, s.db.Close()); err != nil && !strings.Contains(err.Error(), "conn closed") {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}
