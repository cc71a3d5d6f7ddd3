package salvage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/transfer"
	"github.com/bulknum/bulknum/internal/safefile"
)

// scratch is a copy of a damaged database, to be looked into: the database itself
// stays as it is.
type scratch struct {
	dir, path string
	newFile   Model
	transfer.Reader
}

// Model makes the file of a store that has nothing, in a folder; packed is one
// that SQLite has copied, as backups are, whose tables may be in other places.
type Model func(ctx context.Context, dir string, packed bool) (path string, err error)

// copyDamaged copies a database, with its log, into a folder. Nobody has it open.
func copyDamaged(ctx context.Context, database, dir string, model Model) (*scratch, error) {
	dir, err := os.MkdirTemp(dir, ".salvage-*")
	if err != nil {
		return nil, fmt.Errorf("salvage: %w", err)
	}
	s := &scratch{dir: dir, path: filepath.Join(dir, filepath.Base(database)), newFile: model, Reader: transfer.Reader{Dialect: &disk.Dialect}}
	for _, suffix := range []string{"", "-wal"} {
		if err := copyFile(ctx, database+suffix, s.path+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(fmt.Errorf("salvage: %w", err), s.remove())
		}
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("salvage: %w", err), s.remove())
	}
	return s, nil
}

// open makes the copy one that SQLite reads, and connects to it.
func (s *scratch) open(ctx context.Context) error {
	mended, err := s.mendHeader(ctx)
	if err != nil {
		return err
	}
	if err := s.takeLog(ctx); err != nil {
		return err
	}
	whole, err := s.hasSchema(ctx, mended)
	if err != nil || whole {
		return err
	}
	s.Strict = true
	return s.mendSchema(ctx)
}

// takeLog moves what the log has into the file. What cannot be moved is missed
// later.
func (s *scratch) takeLog(ctx context.Context) error {
	info, err := os.Lstat(s.path + "-wal")
	if err != nil || info.Size() == 0 {
		return nil //nolint:nilerr // there is none
	}
	db, err := disk.Connect(s.path, disk.ForWriting, "")
	if err != nil {
		return err
	}
	_, _ = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return db.Close()
}

// connect connects to the copy, as it is by now.
func (s *scratch) connect() (err error) {
	if err := s.disconnect(); err != nil {
		return err
	}
	if s.Checked, err = disk.Connect(s.path, disk.FromReadOnlyDisk, ""); err != nil {
		return err
	}
	s.Plain, err = disk.Connect(s.path, disk.Regardless, "")
	return err
}

func (s *scratch) disconnect() error {
	var err error
	if s.Checked != nil {
		err = s.Checked.Close()
	}
	if s.Plain != nil {
		err = errors.Join(err, s.Plain.Close())
	}
	s.Checked, s.Plain = nil, nil
	return err
}

// remove removes the copy.
func (s *scratch) remove() error { return errors.Join(s.disconnect(), os.RemoveAll(s.dir)) }

// copyFile copies a file that nobody has open.
func copyFile(ctx context.Context, from, to string) (err error) {
	in, err := safefile.OpenOwn(from, os.O_RDONLY, 0) //nolint:forbidigo // nobody has it open
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := safefile.OpenOwn(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, disk.FileMode) //nolint:forbidigo // a copy
	if err != nil {
		return err
	}
	_, err = io.Copy(out, untilDone{ctx, in})
	return errors.Join(err, out.Sync(), out.Close())
}

// untilDone reads until a context ends.
type untilDone struct {
	ctx context.Context //nolint:containedctx // io.Copy has none
	in  io.Reader
}

func (r untilDone) Read(b []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.in.Read(b)
}
