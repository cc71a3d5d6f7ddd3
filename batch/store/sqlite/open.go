package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/database"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/batch/store/write"
	"github.com/bulknum/bulknum/internal/safefile"
)

const (
	// openWait is how long an opening waits for another one.
	openWait = time.Minute
)

// Open opens the store of a runs folder, and makes it when there is none yet. The
// error of one that is not to be used as it is, is a [store.RefusedError]; that
// of a folder to be read without any runs matches [fs.ErrNotExist].
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.ReadOnly {
		return openReading(ctx, o)
	}
	return openWriting(ctx, o, check)
}

// check is how an opening looks at what the marks say.
const (
	check  = true
	accept = false
)

// opening is a store that is being opened.
type opening struct {
	*Store
	folder *disk.Folder
	// checking refuses what the marks are against.
	checking bool
	// marks are what the marks of the user say of all stores, by their paths.
	marks map[string]lock.Mark
}

// openWriting opens or makes the store, while no other process does.
func openWriting(ctx context.Context, o Options, checking bool) (*Store, error) {
	if err := disk.MakeFolder(o.Dir); err != nil {
		return nil, err
	}
	f, err := o.look()
	if err != nil {
		return nil, err
	}
	disk.GiveUpReserve(f.Dir)
	locks := filepath.Join(f.Dir, disk.LocksDir)
	if err := os.MkdirAll(locks, disk.DirMode); err != nil {
		return nil, fmt.Errorf("folder of locks: %w", err)
	}
	gate := filepath.Join(locks, o.database()+".open.lock")
	alone, ok, err := lock.Share(ctx, gate, true, openWait)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &store.LockedError{Path: gate}
	}
	defer alone.Release()
	if err := f.LookAgain(); err != nil { // somebody may have made it meanwhile
		return nil, err
	}
	s := &opening{Store: newStore(o, &f), folder: &f, checking: checking}
	if err := s.open(ctx, gate); err != nil {
		_ = s.Close()
		return nil, s.unopened(err)
	}
	if o.Reserve {
		disk.FillReserve(s.dir)
	}
	return s.Store, nil
}

// open does what openWriting says, step by step.
func (s *opening) open(ctx context.Context, gate string) error {
	err := s.readMarks()
	if err != nil {
		return err
	}
	if s.checking && s.folder.Empty() && !s.o.Sandbox {
		if err := s.mayBegin(ctx); err != nil {
			return err
		}
	}
	if s.writing, err = disk.Connect(s.path, disk.ForWriting, gate); err != nil {
		return err
	}
	if err := s.ready(ctx); err != nil {
		return err
	}
	if s.Pool.DB, err = disk.Connect(s.path, disk.ForReading, ""); err != nil {
		return err
	}
	if s.checking {
		if err := s.compare(ctx); err != nil {
			return err
		}
	}
	session, err := disk.NewSession(ctx, s.writing, disk.Written{Dir: s.dir, Place: s.path, Reserve: s.o.Reserve, Journal: cmp.Or(s.o.journal, disk.JournalLimit)})
	if err != nil {
		return err
	}
	s.Writer = write.Start(write.Options{Place: s.path, Dialect: &disk.Dialect, Session: session, Committed: s.locks.Advance})
	return s.RemoveInBackground(ctx)
}

// ready brings the database to this program's tables. Who accepts it as it is has
// it alone until it is closed.
func (s *opening) ready(ctx context.Context) error {
	id, err := identify(ctx, s.writing, s.path)
	if err != nil {
		return err
	}
	if id.fresh && s.checking && !s.o.Sandbox { // it may have lost what was in the WAL
		if err := s.mayBegin(ctx); err != nil {
			return err
		}
	}
	if id.minWriter > version {
		return s.newer(id.minWriter)
	}
	locks := filepath.Join(s.dir, disk.LocksDir, s.o.database()+".use.lock")
	if id.fresh || id.schema < newest() {
		if err := s.migrate(ctx, id, locks); err != nil {
			return err
		}
	}
	var ok bool
	if s.use, ok, err = lock.Share(ctx, locks, !s.checking, migrateWait); err != nil {
		return err
	}
	if !ok {
		return s.refused("is in use", "wait until the runs there have ended", nil)
	}
	if id, err = identify(ctx, s.writing, s.path); err != nil {
		return err
	}
	s.Identity = id.store
	if err := s.moved(id); err != nil {
		return err
	}
	return s.private()
}

// private keeps others from the files, and makes a new one's name durable.
func (s *opening) private() error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Lstat(s.path + suffix)
		if err == nil && info.Mode().Perm()&^disk.FileMode != 0 {
			err = os.Chmod(s.path+suffix, disk.FileMode) //nolint:forbidigo // opened, and closed, it would lose its locks
		}
		if err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("store: %w", err)
		}
	}
	if s.folder.File != nil {
		return nil
	}
	if err := safefile.SyncDir(s.dir); err != nil {
		return err
	}
	return safefile.SyncDir(filepath.Dir(s.dir))
}

// openReading opens the store without writing.
func openReading(ctx context.Context, o Options) (*Store, error) {
	f, err := o.look()
	if err != nil {
		return nil, err
	}
	s := &opening{Store: newStore(o, &f), folder: &f, checking: check}
	if err := s.openReader(ctx); err != nil {
		_ = s.closeFiles()
		return nil, s.unopened(err)
	}
	return s.Store, nil
}

// unopened is what an opening came to that SQLite itself refused.
func (s *opening) unopened(err error) error {
	if _, refused := errors.AsType[*store.RefusedError](err); refused {
		return err
	}
	switch {
	case disk.Damaged(err):
		return s.refused("is damaged", CureDamaged, err)
	case disk.Barred(err):
		return &store.BrokenError{Place: s.path, Err: fmt.Errorf("%w: %w", store.ErrBarred, err)}
	case disk.Unwritable(err):
		return &store.BrokenError{Place: s.path, Err: err}
	}
	return err
}

func (s *opening) openReader(ctx context.Context) error {
	err := s.readMarks()
	if err != nil {
		return err
	}
	var id identity
	if !s.folder.Empty() {
		id, err = s.connectReader(ctx)
	}
	if s.folder.Empty() || disk.Unmade(err) || err == nil && id.fresh {
		return s.none(ctx)
	}
	if err != nil {
		return err
	}
	s.Identity = id.store
	switch {
	case id.minReader > version:
		return s.newer(id.minReader)
	case id.schema < newest():
		return s.refused("is of an older bulknum", "any command that writes brings it up to date, such as `bulknum store check`", nil)
	}
	if err := s.moved(id); err != nil {
		return err
	}
	return s.compare(ctx)
}

// moved refuses a store that was copied elsewhere, unless it is accepted as it is; and one that is not a whole copy yet.
func (s *opening) moved(id identity) error {
	switch {
	case s.o.copying:
		return nil
	case !s.checking:
		id.movedTo = ""
	}
	return database.Moved(s.path, id.movedTo, id.movingFrom)
}

// none is the error of a folder without any runs, unless there were some.
func (s *opening) none(ctx context.Context) error {
	if !s.o.Sandbox {
		if err := s.mayBegin(ctx); err != nil {
			return err
		}
	}
	return &os.PathError{Op: "open", Path: s.path, Err: os.ErrNotExist}
}

// connectReader connects; on a read-only disk as to a file that nobody changes.
func (s *opening) connectReader(ctx context.Context) (identity, error) {
	id, err := s.readAs(ctx, disk.ForReading)
	if err == nil || safefile.Writable(s.dir) {
		return id, err
	}
	if info, err := os.Lstat(s.path + "-wal"); err == nil && info.Size() > 0 {
		return id, s.refused("is on a read-only disk, and its last records are not in its file yet", "copy bulknum.db and bulknum.db-wal together to a disk that can be written", nil)
	}
	return s.readAs(ctx, disk.FromReadOnlyDisk)
}

func (s *Store) readAs(ctx context.Context, m disk.Mode) (identity, error) {
	if s.Pool.DB != nil {
		_ = s.Pool.DB.Close() // it never worked
	}
	var err error
	if s.Pool.DB, err = disk.Connect(s.path, m, ""); err != nil {
		return identity{}, err
	}
	return identify(ctx, s.Pool.DB, s.path)
}

// compare refuses a store that is not what a mark says that it was.
func (s *opening) compare(ctx context.Context) error {
	now, err := s.Mark(ctx)
	if err != nil {
		return err
	}
	return now.Compare(s.marks)
}
