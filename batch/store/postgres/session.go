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

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store/write"
)

const (
	// firstPause is the first pause before a server that is away is tried again; they grow up to longestPause.
	firstPause, longestPause = 100 * time.Millisecond, 5 * time.Second
	// answerWithin is within what time the server answers, or is away; a whole transaction has twice as long.
	answerWithin = 15 * time.Second
	// lastTry is how long the last try has, of a server that is away.
	lastTry = time.Second
)

// session is the one connection that writes, and that has the locks.
type session struct {
	db *sql.DB
	*patience
	// retake has all locks again by a new connection, before anything else.
	retake func(ctx context.Context, conn *sql.Conn, replaced bool) error
	// alone keeps everybody else from writing.
	alone bool
	// name is what the store knows the writer by.
	name string

	conn *sql.Conn
	// server is by what the server is known that has taken all that was committed, which are so many transactions; and kept how
	// many of them the connection's has.
	server     string
	done, kept int64
	// next is the connection's server.
	next string

	// away is since when the server is tried that is away, found when that was found, zero while it is there; and pause what
	// comes before the next try.
	away, found time.Time
	pause       time.Duration

	mu sync.Mutex
	// proven is when the session was last known to be there.
	proven time.Time
	// trouble is what the server was last away for; "": it is there.
	trouble string
}

// Begin begins a transaction, and waits for the server as long as its patience lasts.
func (s *session) Begin(ctx context.Context) (conn *sql.Conn, err error) {
	err = s.whenThere(ctx, func(ctx context.Context) error {
		if err := s.connect(ctx); err != nil {
			return err
		}
		_, err := s.conn.ExecContext(ctx, "BEGIN")
		return err
	})
	return s.conn, err
}

// whenThere does something, again and again while the server is away. What it has done before it was away must not matter.
func (s *session) whenThere(ctx context.Context, do func(context.Context) error) error {
	for {
		began := time.Now()
		err := s.try(ctx, do)
		if err == nil || !s.passes(err) {
			return err
		}
		s.drop()
		if err := s.await(began, err); err != nil {
			return err
		}
	}
}

// passes reports whether an error is of a server that is away or busy, or that takes nothing for now of who wrote to it before:
// it may be set so where its disk is full.
func (s *session) passes(err error) bool {
	return lost(err) || busy(err) || s.done > 0 && readOnly(err)
}

// try is one try of something.
func (s *session) try(ctx context.Context, do func(context.Context) error) error {
	ctx, done := s.limited(ctx, s.answers())
	defer done()
	return do(ctx)
}

// answers is within what time the server answers a try: one that is away, before it is given up.
func (s *session) answers() time.Duration {
	if s.found.IsZero() {
		return answerWithin
	}
	return tryUntil(answerWithin, s.lasts(s.away, s.found))
}

// tryUntil is how long a try may take that else has so long, where the server is given up at a moment.
func tryUntil(limit time.Duration, gone time.Time) time.Duration {
	return min(limit, max(lastTry, time.Until(gone)))
}

// within does something that may take so long.
func within(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	ctx, done := context.WithTimeout(ctx, limit)
	defer done()
	return do(ctx)
}

// ofTransaction is the context of one try of a transaction.
func (s *session) ofTransaction() (context.Context, context.CancelFunc) {
	return s.limited(context.Background(), 2*answerWithin)
}

// await lets time pass before the server is tried again, which was tried since a moment; an error is that it was away for too
// long, since the last commit.
func (s *session) await(began time.Time, why error) error {
	if s.found.IsZero() {
		s.away, s.found, s.pause = began, time.Now(), firstPause
	}
	s.mu.Lock()
	s.trouble = result.OneLine(why)
	s.mu.Unlock()
	hurries := s.hurries()
	left := time.Until(s.lasts(s.away, s.found))
	if left <= 0 {
		s.gaveUp.Store(true)
		return fmt.Errorf("it was away for %s: %w", time.Since(s.away).Round(time.Second), why)
	}
	select {
	case <-hurries:
	case <-time.After(min(s.pause, left)):
	}
	s.pause = min(2*s.pause, longestPause)
	return nil
}

// connect makes the connection, if there is none, and has the locks again.
func (s *session) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	err = s.share(ctx, conn)
	var next string
	if err == nil {
		next, err = arrive(ctx, conn, s.server)
	}
	replaced := s.server != "" && next != s.server
	if err == nil {
		err = s.retake(ctx, conn, replaced)
	}
	var kept int64
	if err == nil {
		err = conn.QueryRowContext(ctx, keptQuery, s.name).Scan(&kept)
	}
	if err == nil && kept < s.done && !replaced {
		err = write.ErrBack
	}
	if err != nil {
		discard(conn)
		return err
	}
	s.conn, s.next, s.kept = conn, next, kept
	if s.server == "" {
		s.server = next
	}
	s.prove()
	return nil
}

// Kept is how many of the transactions that were committed the connection's server has.
func (s *session) Kept() int64 { return s.kept }

// share keeps everybody from migrating; while somebody does, it is as if the server were away.
func (s *session) share(ctx context.Context, conn *sql.Conn) error {
	lock, taken := "pg_try_advisory_lock_shared", fmt.Errorf("%w: its tables are being brought up to date, or copied", sql.ErrConnDone)
	if s.alone { // it has no locks of accounts, and does not probe
		if _, err := conn.ExecContext(ctx, "SET idle_session_timeout = 0"); err != nil {
			return err
		}
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
	discard(s.conn)
	s.conn = nil
}

// discard ends a connection that is not to be used again: it has locks, or is not for reading only any more.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// prove notes that the session is there.
func (s *session) prove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proven = time.Now()
}

// committed notes that the server has so many transactions.
func (s *session) committed(n int64) {
	s.found, s.server, s.done, s.kept = time.Time{}, s.next, n, n
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proven, s.trouble = time.Now(), ""
}

// provenAt is when it was last known to be there.
func (s *session) provenAt() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proven
}

// Commit commits the n-th transaction. Where the connection is lost meanwhile, the server is asked whether it has it, once
// nobody is left who could still commit it.
func (s *session) Commit(ctx context.Context, n int64) error {
	began := time.Now()
	err := s.try(ctx, func(ctx context.Context) error {
		_, err := s.conn.ExecContext(ctx, "COMMIT")
		return err
	})
	if err == nil {
		s.committed(n)
		return nil
	}
	if !s.passes(err) {
		return err
	}
	s.drop()
	if err := s.await(began, err); err != nil {
		return err
	}
	err = s.whenThere(context.WithoutCancel(ctx), func(ctx context.Context) error {
		if err := s.connect(ctx); err != nil {
			return err
		}
		if _, err := s.conn.ExecContext(ctx, lockStore); err != nil {
			return err
		}
		return s.conn.QueryRowContext(ctx, keptQuery, s.name).Scan(&s.kept)
	})
	switch {
	case err != nil:
		return err
	case s.kept < n:
		return write.ErrUndone
	default:
		s.committed(n)
		return nil
	}
}

// Again reports whether an error undid a transaction that can be made again, for as long as the server is waited for.
func (s *session) Again(err error) bool {
	if !s.passes(err) {
		return false
	}
	if !busy(err) {
		s.drop()
	}
	return s.await(time.Now(), err) == nil
}

// Low is never so: the server's disk is not this process's.
func (s *session) Low() bool { return false }

// Waits is what a commit waits for that takes long.
func (s *session) Waits() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble == "" {
		return "the store does not answer"
	}
	return "the store cannot be reached (" + s.trouble + ")"
}

// unlockAll lets all locks of a session go at once.
const unlockAll = "SELECT pg_advisory_unlock_all()"

// Close lets the locks go with the connection.
func (s *session) Close(bool) error {
	var err error
	if s.conn != nil {
		_ = within(context.Background(), aliveWithin, func(ctx context.Context) error {
			_, err := s.conn.ExecContext(ctx, unlockAll)
			if err == nil && s.done > 0 {
				_, err = s.conn.ExecContext(ctx, uncount, s.name)
			}
			return err
		}) // or the end of the session does it, a moment later
		err = s.conn.Close()
	}
	if err = errors.Join(err, s.db.Close()); err != nil && !strings.Contains(err.Error(), "conn closed") {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// patiently reads something again, while the server is away, for as long as that is waited for.
func (s *session) patiently(ctx context.Context, read func(context.Context) error) error {
	began, found := time.Now(), time.Time{}
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := s.hurry(ctx, read)
		if err == nil || !lost(err) && !busy(err) || ctx.Err() != nil {
			return err
		}
		if found.IsZero() { // not before, because it is found out late
			found = time.Now()
		}
		hurries := s.hurries()
		if s.gaveUp.Load() || time.Until(s.lasts(began, found)) < pause {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-hurries:
		case <-time.After(pause):
		}
	}
}
