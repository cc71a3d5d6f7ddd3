package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/database"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
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
	// journal is by how many bytes the WAL may grow, in tests; 0: as ever.
	journal int64
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
	*database.Database
	// writing is nil when the store is read-only.
	writing *sql.DB
	locks   *lock.Locks
	// use is held by all who may write, so that nobody migrates under them.
	use *lock.FileShare
}

var _ store.Store = (*Store)(nil)

// Size is that of the database with what was recorded last, which is in the file beside it.
func (s *Store) Size() (bytes int64) {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Lstat(s.path + suffix); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

// Close ends the store. What was appended is committed by then, and nothing can
// be appended any more. Locks that are still held are let go.
func (s *Store) Close() error {
	err := s.Database.Close()
	s.locks.Close()
	return errors.Join(err, s.closeFiles())
}

// newStore is a store that is not open yet.
func newStore(o Options, f *disk.Folder) *Store {
	s := &Store{o: o, dir: f.Dir, path: f.Path, fileSystem: f.FileSystem}
	s.Database = database.New(f.Path, &disk.Dialect)
	s.Shrink = s.shrink
	s.locks = lock.New(lock.Locked{Dir: f.Dir, State: o.State, Sandbox: o.Sandbox, ReadOnly: o.ReadOnly, Now: s.Mark})
	return s
}

// closeFiles closes what Open opened.
func (s *Store) closeFiles() error {
	var err error
	if s.Pool.DB != nil {
		err = s.Pool.DB.Close()
	}
	if s.writing != nil {
		err = errors.Join(err, s.writing.Close())
	}
	s.use.Release()
	if err != nil {
		return fmt.Errorf("close the store: %w", err)
	}
	return nil
}

// refused is the store as it is not to be used.
func (s *Store) refused(why, cure string, err error) error {
	return &store.RefusedError{Place: s.path, Why: why, Cure: cure, Err: err}
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

// Lock keeps everybody else from working with the account. Whoever holds its key
// may lock it again, once its name is known: then that is locked as well.
func (s *Store) Lock(ctx context.Context, a store.Account, me store.Holder, wait time.Duration) (store.Lock, error) {
	return s.locks.Account(ctx, a, me, wait)
}

// Belongs refuses an account whose runs are in another store.
func (s *Store) Belongs(ctx context.Context, a store.Account) error { return s.locks.Belongs(ctx, a) }

var _ store.Marked = (*Store)(nil)

// LockRun keeps everybody else from carrying out the run.
func (s *Store) LockRun(ctx context.Context, run store.RunID, me store.Holder, wait time.Duration) (store.Lock, error) {
	return s.locks.Run(ctx, run, me, wait)
}

// Holder tells who carries out the run, if anybody does.
func (s *Store) Holder(run store.RunID) (store.Holder, bool) { return s.locks.Holder(run) }

var _ store.Losses = (*Store)(nil)

var _ store.Archiver = (*Store)(nil)

// Adopt gives the runs of an account that the API does not name to another one.
func (s *Store) Adopt(ctx context.Context, from, to store.Account) error {
	return s.AdoptWith(ctx, s, from, to)
}

var _ store.Adopter = (*Store)(nil)
