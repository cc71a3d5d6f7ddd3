package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/internal/safefile"
)

// Backup copies the store as it is at this moment into a new file, for its owner
// only, while runs go on. The copy is on the disk and was read to its end before
// it has its name. The error of a file that is there already matches
// [fs.ErrExist].
func (s *Store) Backup(ctx context.Context, file string) (Report, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return Report{}, fmt.Errorf("backup: %w", err)
	}
	if err := absent(file); err != nil {
		return Report{}, err
	}
	temp, err := emptyFile(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return Report{}, fmt.Errorf("backup: %w", err)
	}
	found, err := s.backup(ctx, temp)
	if err == nil {
		err = absent(file)
	}
	if err == nil {
		err = os.Rename(temp, file)
	}
	if err != nil {
		return Report{}, errors.Join(err, os.Remove(temp))
	}
	found.Place = file
	return found, safefile.SyncDir(filepath.Dir(file))
}

// absent is an error when there is a file.
func absent(file string) error {
	switch _, err := os.Lstat(file); {
	case err == nil:
		return &fs.PathError{Op: "backup", Path: file, Err: fs.ErrExist}
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return fmt.Errorf("backup: %w", err)
	}
}

// emptyFile makes one for its owner only, into which SQLite may copy.
func emptyFile(dir, pattern string) (path string, err error) {
	f, err := safefile.Temp(dir, pattern) //nolint:forbidigo // it is no database yet
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// backup copies the store into a file, and reads the copy.
func (s *Store) backup(ctx context.Context, path string) (Report, error) {
	if _, err := s.Pool.DB.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return Report{}, s.Pool.Unread(err)
	}
	if err := syncFile(path); err != nil {
		return Report{}, err
	}
	copied, err := openCopy(ctx, path)
	if err != nil {
		return Report{}, err
	}
	found, err := copied.Check(ctx)
	err = errors.Join(err, copied.closeFiles())
	if err != nil {
		return Report{}, err
	}
	if len(found.Faults) > 0 {
		return Report{}, &store.DamagedError{Place: s.path, Run: store.AnyRun, What: "a record (" + found.Faults[0] + ")"}
	}
	return found, nil
}

// syncFile makes a file durable that SQLite has closed.
func syncFile(path string) error {
	f, err := safefile.OpenOwn(path, os.O_RDWR, 0) //nolint:forbidigo // SQLite has closed it
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// openCopy opens a file that nobody changes, for reading.
func openCopy(ctx context.Context, path string) (*Store, error) {
	s := newStore(Options{ReadOnly: true}, &disk.Folder{Dir: filepath.Dir(path), Path: path})
	id, err := s.readAs(ctx, disk.FromReadOnlyDisk)
	if err == nil {
		s.fileSystem, _, err = disk.FileSystem(s.dir)
	}
	if err != nil {
		return nil, errors.Join(err, s.closeFiles())
	}
	s.Identity = id.store
	return s, nil
}
