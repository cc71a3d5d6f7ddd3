package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/batch/store/transfer"
	"github.com/bulknum/bulknum/batch/store/write"
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
	id         string
	// writing is nil when the store is read-only.
	writing *sql.DB
	writer  *write.Writer
	pool    *query.Pool
	*query.Reader
	locks *lock.Locks
	// use is held by all who may write, so that nobody migrates under them.
	use *lock.FileShare

	// removing are deletions that go on until stopRemoving.
	removing     sync.WaitGroup
	stopRemoving context.CancelFunc

	keys askedKeys
}

var _ store.Store = (*Store)(nil)

// Place is the path of the database.
func (s *Store) Place() string { return s.path }

// Size is that of the database with what was recorded last, which is in the file beside it.
func (s *Store) Size() (bytes int64) {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Lstat(s.path + suffix); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}

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
		err = s.writer.Close()
	}
	s.locks.Close()
	return errors.Join(err, s.closeFiles())
}

// newStore is a store that is not open yet.
func newStore(o Options, f *disk.Folder) *Store {
	s := &Store{o: o, dir: f.Dir, path: f.Path, fileSystem: f.FileSystem}
	s.pool = &query.Pool{Place: f.Path, Dialect: &disk.Dialect}
	s.Reader = query.New(s.pool)
	s.locks = lock.New(lock.Locked{Dir: f.Dir, State: o.State, Sandbox: o.Sandbox, ReadOnly: o.ReadOnly, Now: s.mark})
	return s
}

// closeFiles closes what Open opened.
func (s *Store) closeFiles() error {
	var err error
	if s.pool.DB != nil {
		err = s.pool.DB.Close()
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

// mark is the store as a mark tells of it.
func (s *Store) mark(ctx context.Context) (lock.Mark, error) {
	sequence, err := s.pool.Sequence(ctx)
	return lock.Mark{Sequence: sequence, Store: s.id, Place: s.path}, err
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

// LockRun keeps everybody else from carrying out the run.
func (s *Store) LockRun(ctx context.Context, run store.RunID, me store.Holder, wait time.Duration) (store.Lock, error) {
	return s.locks.Run(ctx, run, me, wait)
}

// Holder tells who carries out the run, if anybody does.
func (s *Store) Holder(run store.RunID) (store.Holder, bool) { return s.locks.Holder(run) }

// writable is the one that writes, unless the store was opened for reading.
func (s *Store) writable() (*write.Writer, error) {
	if s.writer == nil {
		return nil, fmt.Errorf("store %s: %w", s.path, errReadOnly)
	}
	return s.writer, nil
}

// errReadOnly is a store that was opened for reading.
var errReadOnly = errors.New("it was opened for reading only")

// Append commits records of a run, together. An error of the records themselves,
// such as a run that was deleted, is told as it is, and others go on; all else is
// a [store.BrokenError], from then on for all.
func (s *Store) Append(run store.RunID, records ...store.Record) error {
	if s.writer == nil {
		return &store.BrokenError{Place: s.path, Err: errReadOnly}
	}
	return s.writer.Append(run, records...)
}

var _ store.Losses = (*Store)(nil)

// Export writes all records of a run, with their sequences.
func (s *Store) Export(ctx context.Context, run store.RunID, w io.Writer) error {
	return transfer.Export(ctx, s.pool, s.id, run, w)
}

// Import takes a run back that was exported by this store.
func (s *Store) Import(ctx context.Context, r io.Reader) (store.Run, error) {
	w, err := s.writable()
	if err != nil {
		return store.Run{}, err
	}
	name, err := transfer.Import(ctx, s.pool, w, s.id, r)
	if err != nil {
		return store.Run{}, err
	}
	return s.Run(ctx, name)
}

var _ store.Archiver = (*Store)(nil)
