// Package write has the one connection that writes: it commits what waits in groups,
// and enters accounts, runs with their inputs, and records.
package write

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/internal/safefile"
)

const (
	// groupLimit is how many that wait are committed at once.
	groupLimit = 256
	// A database that another process writes to for longer than busyTimeout is
	// tried again after a pause, that grows.
	firstPause, longestPause = 50 * time.Millisecond, time.Second
	// checkpointEvery is after how many commits the WAL is moved into the database.
	checkpointEvery = 200
)

// Options is what is written to, and how.
type Options struct {
	// Dir is the store's folder, and Place its database.
	Dir, Place string
	// Reserve gives the reserve up when the disk is full.
	Reserve bool
	// Journal is by how many bytes the WAL may grow before it is cut.
	Journal int64
	// Committed hears how far the store is after each commit, before anybody else
	// does. deed tells that something was done to numbers.
	Committed func(sequence int64, deed bool) error
}

// Writer is the one that writes: a goroutine that commits all that waits in one
// transaction.
//
// It knows no caller's context: what has happened must be recorded, also while
// the run ends, and a context that ends during a commit leaves open whether it
// was made.
type Writer struct {
	o     Options
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	// checked are the files as they were at the start.
	checked files

	queue chan *job
	ended chan struct{}
	mu    sync.RWMutex // who sends to the queue holds it shared
	done  bool

	// low is set when the disk was full, and the reserve was given up.
	low atomic.Bool
	// dead is what ended the writing, for good. Only the goroutine looks at it.
	dead *store.BrokenError
	// The WAL is cut when it has grown to the size large, and moved into the
	// database as far as may be every so many commits.
	large   int64
	commits int
}

// job is what is done in a transaction with others, wholly or not at all. It may
// be done again after it was rolled back.
type job struct {
	do func(*Tx) error
	// deed tells that it is about what is done to numbers.
	deed bool
	err  chan error
}

// errClosed is a store that was closed.
var errClosed = errors.New("it was closed")

// Start starts the goroutine, which ends by close.
func Start(ctx context.Context, db *sql.DB, o Options) (*Writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", o.Place, err)
	}
	w := &Writer{o: o, conn: conn, stmts: map[string]*sql.Stmt{}, queue: make(chan *job, groupLimit), ended: make(chan struct{}), large: o.Journal}
	if w.checked, err = w.files(); err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), conn.Close())
	}
	go w.run()
	return w, nil
}

// Place is the path of the database.
func (w *Writer) Place() string { return w.o.Place }

// Do commits a job, and returns when it is safe. The error is the job's own, or a
// [store.BrokenError].
func (w *Writer) Do(deed bool, do func(*Tx) error) error {
	j := &job{do: do, deed: deed, err: make(chan error, 1)}
	w.mu.RLock()
	if w.done {
		w.mu.RUnlock()
		return &store.BrokenError{Place: w.o.Place, Err: errClosed}
	}
	w.queue <- j
	w.mu.RUnlock()
	return <-j.err
}

// Close ends the writing after all that was queued.
func (w *Writer) Close() error {
	w.mu.Lock()
	if w.done {
		w.mu.Unlock()
		return nil
	}
	w.done = true
	close(w.queue)
	w.mu.Unlock()
	<-w.ended
	var err error
	if w.dead == nil {
		err = w.checkpoint("TRUNCATE")
	}
	for _, stmt := range w.stmts {
		err = errors.Join(err, stmt.Close())
	}
	return errors.Join(err, w.conn.Close())
}

func (w *Writer) run() {
	defer close(w.ended)
	for first := range w.queue {
		runtime.Gosched() // others are about to append as well
		group := []*job{first}
		for more := true; more && len(group) < groupLimit; {
			select {
			case next, ok := <-w.queue:
				if more = ok; ok {
					group = append(group, next)
				}
			default:
				more = false
			}
		}
		w.commitGroup(group)
	}
}

// commitGroup commits jobs together; where one of them is at fault, one by one.
func (w *Writer) commitGroup(group []*job) {
	err := w.commit(group)
	if err != nil && w.dead == nil && len(group) > 1 {
		for _, j := range group {
			j.err <- w.commit([]*job{j})
		}
		return
	}
	for _, j := range group {
		j.err <- err
	}
}

// commit makes one transaction of jobs. Its error is of one of them, or w.dead.
func (w *Writer) commit(group []*job) error {
	if w.dead != nil {
		return w.dead
	}
	ctx := context.Background()
	if err := w.begin(ctx); err != nil {
		return w.die(err)
	}
	t := &Tx{w: w, ctx: ctx, accounts: map[store.RunID]int64{}}
	deed, err := t.run(group)
	if err != nil {
		if _, undone := w.conn.ExecContext(ctx, "ROLLBACK"); undone != nil || !disk.Rejected(err) {
			return w.die(err)
		}
		return err
	}
	if _, err := w.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return w.die(err)
	}
	if err := w.still(); err != nil {
		return w.die(err)
	}
	if err := w.o.Committed(t.last, deed); err != nil {
		return w.die(err)
	}
	return nil
}

// begin begins a transaction, and waits for other processes as long as it takes.
func (w *Writer) begin(ctx context.Context) error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		_, err := w.conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		if err == nil || !disk.Busy(err) {
			return err
		}
		<-time.After(pause)
	}
}

// die ends the writing for good: after a failed sync a repeated commit may
// succeed falsely, and what is in the file is not known.
func (w *Writer) die(err error) error {
	if disk.Damaged(err) {
		err = disk.Unread(w.o.Place, err)
	}
	w.dead = &store.BrokenError{Place: w.o.Place, Err: err}
	return w.dead
}

// files are the database as it is on the disk.
type files struct{ dir, database, wal, shared os.FileInfo }

// files looks at them, without opening any.
func (w *Writer) files() (f files, err error) {
	if f.dir, err = os.Lstat(w.o.Dir); err != nil {
		return f, err
	}
	if f.database, err = os.Lstat(w.o.Place); err != nil {
		return f, err
	}
	if f.wal, err = os.Lstat(w.o.Place + "-wal"); err != nil {
		return f, err
	}
	f.shared, err = os.Lstat(w.o.Place + "-shm")
	return f, err
}

// still makes sure that what was committed is where others will look for it: not
// in a file that was removed, moved or replaced. A WAL that has grown is cut.
func (w *Writer) still() error {
	now, err := w.files()
	if err != nil {
		return fmt.Errorf("its files were moved or removed: %w", err)
	}
	if was := w.checked; !os.SameFile(now.dir, was.dir) || !os.SameFile(now.database, was.database) ||
		!os.SameFile(now.wal, was.wal) || !os.SameFile(now.shared, was.shared) {
		return errors.New("its files were replaced by others")
	}
	if now.database.Size() < disk.PageSize { // a removal makes it smaller, but not empty
		return errors.New("its file was cut off")
	}
	if safefile.Links(now.database) != 1 {
		return errors.New("its file has got a second name (a hard link)")
	}
	if w.o.Reserve && disk.GiveUpReserve(w.o.Dir) {
		w.low.Store(true)
	}
	large := w.large
	if free, ok := disk.FreeSpace(w.o.Dir); ok && free < disk.EnoughSpace {
		large = min(large, disk.ScarceLimit)
	}
	if now.wal.Size() > large {
		if err := w.checkpoint("TRUNCATE"); err != nil {
			return err
		}
		if info, err := os.Lstat(w.o.Place + "-wal"); err == nil {
			w.large = info.Size() + w.o.Journal // whoever reads may keep it as it is
		}
	}
	if w.commits++; w.commits%checkpointEvery == 0 {
		return w.checkpoint("PASSIVE")
	}
	return nil
}

// checkpoint moves what the WAL has into the database. That somebody reads from it
// is no trouble; but an error ends the writing: after a failed sync a repeated one
// may succeed falsely.
func (w *Writer) checkpoint(how string) error {
	var held, all, moved int
	err := w.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint("+how+")").Scan(&held, &all, &moved)
	if err == nil || disk.Busy(err) {
		return nil
	}
	return fmt.Errorf("checkpoint: %w", err)
}

// Unsaved is an error of a job, with the store that has not taken it.
func (w *Writer) Unsaved(err error) error {
	if _, broken := errors.AsType[*store.BrokenError](err); err == nil || broken {
		return err
	}
	return fmt.Errorf("store %s: %w", w.o.Place, err)
}
