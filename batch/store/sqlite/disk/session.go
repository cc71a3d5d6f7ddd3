package disk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"sync/atomic"
	"time"

	"github.com/bulknum/bulknum/internal/safefile"
)

const (
	// A database that another process writes to for longer than busyTimeout is
	// tried again after a pause, that grows.
	firstPause, longestPause = 50 * time.Millisecond, time.Second
	// checkpointEvery is after how many commits the WAL is moved into the database.
	checkpointEvery = 200
)

// Written is a database that is written to, and how.
type Written struct {
	// Dir is the store's folder, and Place its database.
	Dir, Place string
	// Reserve gives the reserve up when the disk is full.
	Reserve bool
	// Journal is by how many bytes the WAL may grow before it is cut.
	Journal int64
}

// Session is the one connection that writes.
type Session struct {
	o    Written
	conn *sql.Conn
	// checked are the files as they were at the start.
	checked files
	// low is set when the disk was full, and the reserve was given up.
	low atomic.Bool
	// The WAL is cut when it has grown to the size large, and moved into the
	// database as far as may be every so many commits.
	large   int64
	commits int
}

// NewSession connects to a database whose files are there.
func NewSession(ctx context.Context, db *sql.DB, o Written) (*Session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", o.Place, err)
	}
	s := &Session{o: o, conn: conn, large: o.Journal}
	if s.checked, err = s.files(); err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), conn.Close())
	}
	return s, nil
}

// Begin begins a transaction, and waits for other processes as long as it takes.
func (s *Session) Begin(ctx context.Context) (*sql.Conn, error) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		_, err := s.conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		if err == nil || !Busy(err) {
			return s.conn, err
		}
		<-time.After(pause)
	}
}

// Commit commits, and makes sure that what was committed is where others will look for it.
func (s *Session) Commit(ctx context.Context, _ int64) error {
	if _, err := s.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return err
	}
	return s.still()
}

// Again is never so: who has begun to write is alone.
func (s *Session) Again(error) bool { return false }

// Low reports whether the disk has only what was in reserve for the end.
func (s *Session) Low() bool { return s.low.Load() }

// Kept is all: there is no other file.
func (s *Session) Kept() int64 { return math.MaxInt64 }

// Waits is what a commit waits for that takes long: SQLite tells what it was only after longer than people wait.
func (s *Session) Waits() string {
	return "the store " + s.o.Place + " does not answer: its disk is slow, or another process writes to it"
}

// Close moves all that the WAL has into the database, if that is whole.
func (s *Session) Close(whole bool) error {
	var err error
	if whole {
		err = s.checkpoint("TRUNCATE")
	}
	return errors.Join(err, s.conn.Close())
}

// files are the database as it is on the
type files struct{ dir, database, wal, shared os.FileInfo }

// files looks at them, without opening any.
func (s *Session) files() (f files, err error) {
	if f.dir, err = os.Lstat(s.o.Dir); err != nil {
		return f, err
	}
	if f.database, err = os.Lstat(s.o.Place); err != nil {
		return f, err
	}
	if f.wal, err = os.Lstat(s.o.Place + "-wal"); err != nil {
		return f, err
	}
	f.shared, err = os.Lstat(s.o.Place + "-shm")
	return f, err
}

// still makes sure that what was committed is where others will look for it: not
// in a file that was removed, moved or replaced. A WAL that has grown is cut.
func (s *Session) still() error {
	now, err := s.files()
	if err != nil {
		return fmt.Errorf("its files were moved or removed: %w", err)
	}
	if was := s.checked; !os.SameFile(now.dir, was.dir) || !os.SameFile(now.database, was.database) ||
		!os.SameFile(now.wal, was.wal) || !os.SameFile(now.shared, was.shared) {
		return errors.New("its files were replaced by others")
	}
	if now.database.Size() < PageSize { // a removal makes it smaller, but not empty
		return errors.New("its file was cut off")
	}
	if safefile.Links(now.database) != 1 {
		return errors.New("its file has got a second name (a hard link)")
	}
	if s.o.Reserve && GiveUpReserve(s.o.Dir) {
		s.low.Store(true)
	}
	large := s.large
	if free, ok := FreeSpace(s.o.Dir); ok && free < EnoughSpace {
		large = min(large, ScarceLimit)
	}
	if now.wal.Size() > large {
		if err := s.checkpoint("TRUNCATE"); err != nil {
			return err
		}
		if info, err := os.Lstat(s.o.Place + "-wal"); err == nil {
			s.large = info.Size() + s.o.Journal // whoever reads may keep it as it is
		}
	}
	if s.commits++; s.commits%checkpointEvery == 0 {
		return s.checkpoint("PASSIVE")
	}
	return nil
}

// checkpoint moves what the WAL has into the database. That somebody reads from it
// is no trouble; but an error ends the writing: after a failed sync a repeated one
// may succeed falsely.
func (s *Session) checkpoint(how string) error {
	var held, all, moved int
	err := s.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint("+how+")").Scan(&held, &all, &moved)
	if err == nil || Busy(err) {
		return nil
	}
	return fmt.Errorf("checkpoint: %w", err)
}
