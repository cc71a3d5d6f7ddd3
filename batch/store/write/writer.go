// Package write has the one connection that writes: it commits what waits in groups,
// and enters accounts, runs with their inputs, and records.
package write

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/dialect"
)

// groupLimit is how many that wait are committed at once.
const groupLimit = 256

// Session is the one connection of a database that writes.
type Session interface {
	// Begin begins a transaction, and waits for others that write for as long as it takes. The connection
	// is another one when the one before was lost.
	Begin(ctx context.Context) (*sql.Conn, error)
	// Commit commits the n-th transaction of the writer, and makes sure that it is where others will look for it. Its error
	// matches [ErrUndone] when nothing of it was committed.
	Commit(ctx context.Context, n int64) error
	// Again reports whether an error undid the transaction, of which nothing is there: it is made again.
	Again(err error) bool
	// Low reports whether there is only room for what has begun.
	Low() bool
	// Kept is how many of the writer's transactions the connection's server has: fewer than were committed where it took over
	// from another one.
	Kept() int64
	// Waits is what a commit waits for that takes long, for people. It is asked while others are under way.
	Waits() string
	// Close ends it. whole tells that nothing has ended the writing before.
	Close(whole bool) error
}

// ErrUndone is a transaction that was not committed, and is made again.
var ErrUndone = errors.New("not committed")

// Options is what is written to, and how.
type Options struct {
	// Place is what people call the store.
	Place   string
	Dialect *dialect.Dialect
	Session Session
	// Name is what [dialect.Dialect.Count] knows the writer by.
	Name string
	// Limit is the context of one try of a transaction, which ends when that takes too long; nil: it takes as long as it does.
	Limit func() (context.Context, context.CancelFunc)
	// Unheard hears what those do who [Writer.Watch], while there are none; it may be nil.
	Unheard func(store.Away)
	// Rewritten hears how many records another server lacked that took over, and got again; it may be nil.
	Rewritten func(records int)
	// Epoch is at which of its takings this process has an account; 0: it has not. It is asked where the dialect has
	// a fence.
	Epoch func(account int64) int64
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
	o Options
	// conn is the connection that stmts are prepared on. Only the goroutine uses them.
	conn  *sql.Conn
	stmts map[string]*sql.Stmt

	queue chan *job
	ended chan struct{}
	mu    sync.RWMutex // who sends to the queue holds it shared
	done  bool
	alarm alarm
	// journal is of a database that another server may take over. Only the goroutine looks at it.
	journal journal

	// dead is what ended the writing, for good. Only the goroutine looks at it.
	dead *store.BrokenError
}

// job is what is done in a transaction with others, wholly or not at all. It may
// be done again after it was rolled back.
type job struct {
	do func(*Tx) error
	// deed tells that it is about what is done to numbers.
	deed bool
	keep keeping
	err  chan error
}

// keeping is what becomes of a job that was committed, where another server takes over that lacks it.
type keeping int

const (
	// once is a job that cannot be done again: others know its outcome.
	once keeping = iota
	// again is one that is done again.
	again
	// passing is one that nobody needs then.
	passing
)

// errClosed is a store that was closed.
var errClosed = errors.New("it was closed")

// Start starts the goroutine, which ends by close.
func Start(o Options) *Writer {
	w := &Writer{o: o, stmts: map[string]*sql.Stmt{}, queue: make(chan *job, groupLimit), ended: make(chan struct{})}
	go w.run()
	return w
}

// Place is what people call the store.
func (w *Writer) Place() string { return w.o.Place }

// Dialect is the database's.
func (w *Writer) Dialect() *dialect.Dialect { return w.o.Dialect }

// Do commits a job, and returns when it is safe. The error is the job's own, or a
// [store.BrokenError].
func (w *Writer) Do(deed bool, do func(*Tx) error) error { return w.do(&job{do: do, deed: deed}) }

// Pass is Do for what concerns the moment only, such as a lock.
func (w *Writer) Pass(do func(*Tx) error) error { return w.do(&job{do: do, keep: passing}) }

func (w *Writer) do(j *job) error {
	j.err = make(chan error, 1)
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
	w.unprepare()
	return w.o.Session.Close(w.dead == nil)
}

// unprepare closes the statements of a connection, which end with it where that fails.
func (w *Writer) unprepare() {
	for _, stmt := range w.stmts {
		_ = stmt.Close()
	}
	clear(w.stmts)
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
		w.watched(func() { w.commitGroup(group) })
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
	for w.dead == nil {
		err := w.try(group)
		if !errors.Is(err, ErrUndone) {
			return err
		}
	}
	return w.dead
}

// try is one try of it.
func (w *Writer) try(group []*job) error {
	conn, err := w.o.Session.Begin(context.Background())
	if err != nil {
		return w.die(err)
	}
	ctx, done := context.Background(), func() {}
	if w.o.Limit != nil {
		ctx, done = w.o.Limit()
	}
	defer done()
	if conn != w.conn {
		w.unprepare() // of a connection that is no more
		w.conn = conn
	}
	t := &Tx{w: w, n: w.journal.committed + 1, conn: conn, ctx: ctx, mine: map[int64]bool{}, accounts: map[store.RunID]int64{}}
	lost, err := w.journal.after(w.o.Session.Kept())
	var deed bool
	if err == nil {
		deed, err = t.run(lost, group)
	}
	if err != nil {
		_, undone := conn.ExecContext(ctx, "ROLLBACK")
		switch {
		case w.o.Session.Again(err), undone != nil && w.o.Session.Again(undone):
			return ErrUndone
		case undone != nil || errors.Is(err, ErrFenced) || errors.Is(err, ErrLost) || errors.Is(err, ErrBack) || !w.o.Dialect.Rejected(err):
			return w.die(err)
		}
		return w.o.Dialect.Refused(err)
	}
	err = w.o.Session.Commit(ctx, t.n)
	if errors.Is(err, ErrUndone) {
		return err
	}
	if err == nil {
		w.remember(t, lost, group)
		err = w.o.Committed(t.last, deed)
	}
	if err != nil {
		return w.die(err)
	}
	return nil
}

// remember keeps what was committed.
func (w *Writer) remember(t *Tx, lost []kept, group []*job) {
	w.journal.committed = t.n
	if w.o.Dialect.Fence == "" {
		return
	}
	for i := range lost {
		lost[i].n = t.n
	}
	if len(lost) > 0 && w.o.Rewritten != nil {
		w.o.Rewritten(len(lost))
	}
	w.journal.add(group, t)
}

// die ends the writing for good: after a failed sync a repeated commit may
// succeed falsely, and what is in the store is not known.
func (w *Writer) die(err error) error {
	if w.o.Dialect.Damaged(err) {
		err = w.o.Dialect.Unread(w.o.Place, err)
	}
	w.dead = &store.BrokenError{Place: w.o.Place, Err: err}
	return w.dead
}

// Unsaved is an error of a job, with the store that has not taken it.
func (w *Writer) Unsaved(err error) error {
	if _, broken := errors.AsType[*store.BrokenError](err); err == nil || broken {
		return err
	}
	return fmt.Errorf("store %s: %w", w.o.Place, err)
}
