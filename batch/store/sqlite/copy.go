package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/internal/safefile"
)

// OpenForCopy opens a store of which all is copied, or into which all of another one is, while nobody else uses it. Where one
// is to be filled that was itself copied elsewhere before, it is put aside, and a new one is made in its place. One to be
// copied must be there: otherwise the error matches [fs.ErrNotExist].
func OpenForCopy(ctx context.Context, o Options, fill bool) (*Store, error) {
	f, err := o.look()
	switch {
	case errors.Is(err, fs.ErrNotExist) && fill:
	case err != nil:
		return nil, err
	case !fill && f.Empty():
		return nil, &os.PathError{Op: "open", Path: f.Path, Err: fs.ErrNotExist}
	case fill && !f.Empty():
		if err := putMovedAside(ctx, &f, o); err != nil {
			return nil, err
		}
	}
	o.copying = true
	return openWriting(ctx, o, accept)
}

// putMovedAside renames the files of a store that was copied elsewhere.
func putMovedAside(ctx context.Context, f *disk.Folder, o Options) error {
	release, err := alone(ctx, f, o)
	if err != nil {
		return err
	}
	defer release()
	db, err := disk.Connect(f.Path, disk.ForWriting, "")
	if err != nil {
		return err
	}
	id, err := identify(ctx, db, f.Path)
	if err == nil && id.movedTo != "" {
		var busy, all, written int // all that was recorded is in the one file that is renamed
		if err = db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &all, &written); err == nil && busy != 0 {
			err = inUse(f.Path)
		}
	}
	if err = errors.Join(err, db.Close()); err != nil || id.movedTo == "" {
		return err
	}
	if err := os.Rename(f.Path, f.Path+".moved-"+time.Now().UTC().Format("20060102T150405Z")); err != nil {
		return err
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if err := os.Remove(f.Path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return safefile.SyncDir(f.Dir)
}
