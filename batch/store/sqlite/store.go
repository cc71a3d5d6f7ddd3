package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
)

// Options say which store is opened, and how.
type Options struct {
	// Dir is the runs folder. It is made, for its owner only, unless ReadOnly is
	// set.
	Dir string
	// State is the user's folder of locks and marks. "" is none: nobody notices an
	// older copy of the store then, and accounts are locked in Dir only.
	State string
	// Sandbox opens the store of sandbox runs. It has no marks, and its loss is no
	// reason to refuse.
	Sandbox bool
	// ReadOnly writes nothing: it can be used on a disk that is read-only.
	ReadOnly bool
	// TrustFS takes a file system that is not known to lock and sync rightly.
	TrustFS bool
	// Reserve keeps some space for the end of a run on a full disk.
	Reserve bool
	// Program is who makes the store, such as "bulknum 1.2".
	Program string
}

// The databases of a runs folder.
const (
	File        = "bulknum.db"
	SandboxFile = "sandbox.db"
)

// Store is a database in a runs folder; see [store.Store].
type Store struct {
	o Options
	// dir and path have no symbolic links.
	dir, path  string
	fileSystem string
	id         string
	// writing is nil when the store is read-only.
	writing *sql.DB
	writer  *writer
	reading *sql.DB
	marks   *marks
	// use is held by all who may write, so that nobody migrates under them.
	use *fileShare

	// removing are deletions that go on until stopRemoving.
	removing     sync.WaitGroup
	stopRemoving context.CancelFunc

	// explain looks at queries, in tests.
	explain func(query string, args []any)

	mu   sync.Mutex
	held map[string]*heldAccount // by the name of the key's lock
	// keys are by which key each account was asked for last.
	keys map[store.AccountID]string
}

var _ store.Store = (*Store)(nil)

// Place is the path of the database.
func (s *Store) Place() string { return s.path }

// ID is random, and given once, when the store is made.
func (s *Store) ID() string { return s.id }

// Close ends the store. What was appended is committed by then, and nothing can
// be appended any more. Locks that are still held are let go.
func (s *Store) Close() error {
	var err error
	if s.stopRemoving != nil {
		s.stopRemoving()
		s.removing.Wait()
	}
	if s.writer != nil {
		err = s.writer.close()
	}
	s.mu.Lock()
	for name, held := range s.held {
		delete(s.held, name)
		s.marks.drop(held.marks...)
		for _, lock := range held.locks {
			lock.release()
		}
	}
	s.mu.Unlock()
	return errors.Join(err, s.closeFiles())
}

// asked remembers by which key an account was asked for: a run keeps it.
func (s *Store) asked(a store.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[a.ID] = a.Key
}

// keyOf is what asked remembered.
func (s *Store) keyOf(account store.AccountID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[account]
}

// newStore is a store that is not open yet.
func newStore(o Options, f *disk.Folder) *Store {
	return &Store{o: o, dir: f.Dir, path: f.Path, fileSystem: f.FileSystem, marks: &marks{}, held: map[string]*heldAccount{}, keys: map[store.AccountID]string{}}
}

// closeFiles closes what Open opened.
func (s *Store) closeFiles() error {
	var err error
	if s.reading != nil {
		err = s.reading.Close()
	}
	if s.writing != nil {
		err = errors.Join(err, s.writing.Close())
	}
	s.use.release()
	if err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// refused is the store as it is not to be used.
func (s *Store) refused(why, cure string, err error) error {
	return &store.RefusedError{Place: s.path, Why: why, Cure: cure, Err: err}
}

// sequence is the last one that was given.
func (s *Store) sequence(ctx context.Context) (int64, error) {
	var n int64
	err := s.reading.QueryRowContext(ctx, "SELECT sequence FROM store").Scan(&n)
	return n, s.unread(err)
}

// unread is an error of reading: what is damaged is told apart.
func (s *Store) unread(err error) error {
	switch {
	case err == nil:
		return nil
	case disk.Damaged(err):
		return &store.DamagedError{Place: s.path, Run: store.AnyRun, What: "the file (" + err.Error() + ")"}
	default:
		return fmt.Errorf("the store %s: %w", s.path, err)
	}
}

// database is the name of its file in the runs folder.
func (o Options) database() string {
	if o.Sandbox {
		return SandboxFile
	}
	return File
}

// look sees what the runs folder is and has, and refuses what is not to be used.
func (o Options) look() (disk.Folder, error) { return disk.Look(o.Dir, o.database(), o.TrustFS) }

// FreeSpace is how many bytes are free where the store is.
func (s *Store) FreeSpace() (bytes int64, ok bool) { return disk.FreeSpace(s.dir) }

var _ store.Space = (*Store)(nil)
