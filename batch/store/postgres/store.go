package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/database"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/batch/store/write"
)

// Options say which store is opened, and how.
type Options struct {
	// Address is where it is.
	Address Address
	// State is the user's folder of locks and marks; "" is none: nobody notices an older copy of the store then.
	State string
	// ReadOnly writes nothing but who has what locked.
	ReadOnly bool
	// Program is who makes the store, such as "bulknum 1.2".
	Program string
	// Timeout is how long a request of this process may take: whoever takes its account over waits for that.
	// 0: half a minute.
	Timeout time.Duration
	// Patience is how long a server that is away is waited for; 0: half an hour.
	Patience time.Duration
	// MaxSkew is by how much the server's clock and this host's may differ; 0: two seconds.
	MaxSkew time.Duration
	// accepting takes the store as it is, whatever the marks say.
	accepting bool
	// copying opens a store that is copied, or that a copy is made of, while nobody else uses it.
	copying bool
	// probeEvery is how often a holder tells that it is there; 0: every ten seconds.
	probeEvery time.Duration
	// Notice hears what is waited for; it may be nil.
	Notice func(string)
}

// notice tells what is waited for.
func (o Options) notice(text string) {
	if o.Notice != nil {
		o.Notice(text)
	}
}

// The defaults of options. DefaultTimeout is how long a request may take whose account is taken over.
const (
	DefaultTimeout  = 30 * time.Second
	defaultPatience = 30 * time.Minute
	// readPatience is that of who only reads: for as long as a server takes to start again.
	readPatience = 30 * time.Second
)

// patience is how long a server that is away is waited for.
func (o Options) patience() time.Duration {
	if o.ReadOnly {
		return cmp.Or(o.Patience, readPatience)
	}
	return cmp.Or(o.Patience, defaultPatience)
}

// Store is a schema in a database; see [store.Store].
type Store struct {
	o Options
	*database.Database
	// marks are the marks of this host's user, and the locks beside them.
	marks *lock.Locks
	// locks are those in the store.
	locks   locks
	session *session
	probes  probes
	mailbox
	breaker

	mu sync.Mutex
	// locking takes the locks of a store that is only read; nil: nobody has locked anything.
	locking *write.Writer
}

var (
	_ store.Store    = (*Store)(nil)
	_ store.Losses   = (*Store)(nil)
	_ store.Archiver = (*Store)(nil)
	_ store.Adopter  = (*Store)(nil)
	_ store.Mailbox  = (*Store)(nil)
	_ store.Breaker  = (*Store)(nil)
)

// newStore is a store that is not open yet.
func newStore(o Options, place string) *Store {
	s := &Store{o: o, Database: database.New(place, &words)}
	s.locks = locks{patience: cmp.Or(o.Timeout, DefaultTimeout), held: map[lockName]*heldLock{}}
	s.probes = probes{locks: &s.locks, every: cmp.Or(o.probeEvery, defaultProbe)}
	s.mailbox.pool, s.mailbox.locks, s.breaker = s.Pool, &s.locks, breaker{pool: s.Pool}
	s.marks = lock.New(lock.Locked{State: o.State, ReadOnly: o.ReadOnly, Now: s.Mark})
	return s
}

// Open opens the store. The error of one that is not to be used as it is, is a [store.RefusedError].
func Open(ctx context.Context, o Options) (*Store, error) {
	c, err := o.Address.config()
	if err != nil {
		return nil, err
	}
	s := newStore(o, place(c))
	s.session = &session{db: connect(c, toWrite), patience: newPatience(ctx, o.patience()), retake: s.locks.retake, alone: o.copying, name: rand.Text()}
	s.Pool.DB = connect(c, toRead)
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	id, err := s.identify(ctx)
	if err != nil {
		return err
	}
	s.Identity = id.store
	if err := s.checkClock(ctx); err != nil {
		return err
	}
	marks, err := s.readMarks()
	if err != nil && !s.o.accepting {
		return err
	}
	now, err := s.Mark(ctx)
	if err != nil {
		return err
	}
	if !s.o.accepting {
		if err := now.Compare(marks); err != nil {
			return err
		}
	}
	if s.o.ReadOnly {
		s.Pool.Patient = s.patiently
		return nil
	}
	if err := s.session.connect(ctx); err != nil {
		return s.unreached(err)
	}
	s.Pool.Patient = s.session.patiently
	s.Writer = s.startWriter()
	return s.RemoveInBackground(ctx)
}

// patiently reads something for who only reads, again while the server is away, and says that it is waited for.
func (s *Store) patiently(ctx context.Context, read func(context.Context) error) error {
	var told sync.Once
	err := s.session.patiently(ctx, func(ctx context.Context) error {
		err := read(ctx)
		if err != nil && (lost(err) || busy(err)) && ctx.Err() == nil {
			told.Do(func() {
				s.o.notice(fmt.Sprintf("the store cannot be read (%s): it is tried again for at most %s", result.OneLine(err), s.session.usual))
			})
		}
		return err
	})
	if err != nil && (lost(err) || busy(err)) && ctx.Err() == nil {
		return &store.RefusedError{Place: s.Place(), Why: "went away while it was read", Cure: "see whether its server runs, and do it again then", Err: err}
	}
	return err
}

func (s *Store) startWriter() *write.Writer {
	return write.Start(write.Options{
		Place: s.Place(), Dialect: &words, Session: s.session, Name: s.session.name, Limit: s.session.ofTransaction, Epoch: s.locks.epoch, Committed: s.marks.Advance, Unheard: s.unheard, Rewritten: s.o.rewritten,
	})
}

// unheard tells of a store that is away where no run does.
func (s *Store) unheard(a store.Away) {
	if a.Ended != nil { // whoever records something is told
		return
	}
	if a.Over {
		s.o.notice("the store is there again")
		return
	}
	s.o.notice(fmt.Sprintf("%s: nothing is sent until it can be, for at most %s", a.Why, s.session.usual))
}

// rewritten tells what a server lacked that took over.
func (o Options) rewritten(records int) {
	o.notice(fmt.Sprintf("another server took over in the store, and lacked what was recorded last: it was written again (records: %d)", records))
}

// lockWriter is the one that takes locks: that of a store that is only read begins with the first.
func (s *Store) lockWriter(ctx context.Context) (*write.Writer, error) {
	if s.Writer != nil {
		return s.Writer, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locking == nil {
		if err := s.session.connect(ctx); err != nil {
			if forbidden(err) {
				return nil, s.Pool.Unread(err)
			}
			return nil, s.unreached(err)
		}
		s.locking = s.startWriter()
	}
	return s.locking, nil
}

// Close ends the store. What was appended is committed by then. Locks that are still held are let go.
func (s *Store) Close() error {
	s.probes.end()
	err := s.Database.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locking != nil {
		err = errors.Join(err, s.locking.Close())
	}
	if s.Writer == nil && s.locking == nil {
		err = errors.Join(err, s.session.Close(true))
	}
	s.marks.Close()
	_ = s.Pool.DB.Close() // connections that the server has ended; what is read by them is read
	return err
}

// Size is that of the tables with their indexes; 0 when that cannot be told.
func (s *Store) Size() (bytes int64) {
	ctx, done := context.WithTimeout(context.Background(), connectWithin)
	defer done()
	err := s.Pool.Row(ctx, "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"+
		" WHERE n.nspname = ? AND c.relkind = 'r'", schema).Scan(&bytes)
	if err != nil {
		return 0
	}
	return bytes
}

// readMarks reads what the marks of the user say of all stores.
func (s *Store) readMarks() (map[string]lock.Mark, error) {
	marks, err := lock.ReadMarks(s.o.State)
	if err != nil {
		return nil, s.refused("cannot be compared with the marks of its accounts", "repair or remove what cannot be read", err)
	}
	return marks, nil
}

// defaultSkew is by how much the clocks of this host and of the server may differ.
const defaultSkew = 2 * time.Second

// checkClock refuses a server whose clock is another one.
func (s *Store) checkClock(ctx context.Context) error {
	skew, _, err := s.skew(ctx)
	if err != nil {
		return s.unreached(err)
	}
	if skew.Abs() > cmp.Or(s.o.MaxSkew, defaultSkew) {
		return s.refused(fmt.Sprintf("has a clock that differs by %s from this host's", skew.Round(time.Millisecond)), "let both be set by the network (NTP)", nil)
	}
	return nil
}

// skew is by how much the server's clock is ahead, as far as that can be told, and how long an answer took.
func (s *Store) skew(ctx context.Context) (ahead, took time.Duration, err error) {
	var theirs int64
	began := time.Now()
	err = s.Pool.Row(ctx, "SELECT "+clock).Scan(&theirs)
	took = time.Since(began)
	ahead = time.UnixMicro(theirs).Sub(began)
	switch { // it may have been read at any moment between
	case ahead > took:
		ahead -= took
	case ahead > 0:
		ahead = 0
	}
	return ahead, took, err
}

// refused is the store as it is not to be used.
func (s *Store) refused(why, cure string, err error) error {
	return &store.RefusedError{Place: s.Place(), Why: why, Cure: cure, Err: err}
}

// unreached is a server that was not reached, or did not let this process in.
func (s *Store) unreached(err error) error {
	return unreached(s.Place(), err)
}

func unreached(place string, err error) error {
	if _, refused := errors.AsType[*store.RefusedError](err); refused || errors.Is(err, context.Canceled) {
		return err
	}
	if unfit, is := asUnfit(err); is {
		return &store.RefusedError{Place: place, Why: unfit.why, Cure: unfit.cure}
	}
	return &store.RefusedError{Place: place, Why: "cannot be used", Cure: "see whether the server runs and the address is right; nothing was sent", Err: err}
}

// AcceptRestored goes on with a store as it is, whatever the marks say. Somebody may have done anything to any number
// before. The accounts, if some are given, have their runs in this store from then on, and in no other.
func AcceptRestored(ctx context.Context, o Options, accounts ...store.Account) (done database.Accepted, err error) {
	o.accepting = true
	s, err := Open(ctx, o)
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	marks, unread, err := lock.AllMarks(o.State)
	if err != nil {
		return done, err
	}
	return s.Accept(ctx, marks, unread, accounts)
}

// OpenForCopy opens a store of which all is copied, or into which all of another one is, while nobody else uses it.
func OpenForCopy(ctx context.Context, o Options) (*Store, error) {
	o.accepting, o.copying = true, true
	return Open(ctx, o)
}

// Adopt gives the runs of an account that the API does not name to another one.
func (s *Store) Adopt(ctx context.Context, from, to store.Account) error {
	return s.AdoptWith(ctx, s, from, to)
}
