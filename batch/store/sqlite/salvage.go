package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/batch/store/sqlite/salvage"
)

// Salvage brings all runs of a damaged store that are whole into a new one, in a
// folder that is new or empty. Of the others it enters that they may have done
// anything. The damaged store is put aside, and stays as it is.
func Salvage(ctx context.Context, o Options, into string) (Salvaged, error) {
	f, err := o.look()
	if err == nil {
		into, err = filepath.Abs(into)
	}
	if err != nil {
		return Salvaged{}, err
	}
	if err := newFolder(into); err != nil {
		return Salvaged{}, err
	}
	release, err := alone(ctx, &f, o)
	if err != nil {
		return Salvaged{}, err
	}
	defer release()
	if err := salvage.CheckAside(&f); err != nil {
		return Salvaged{}, errors.Join(err, os.Remove(into))
	}
	v := &salvage.Job{From: &f, State: o.State, At: time.Now().UTC().Truncate(time.Microsecond)}
	if err := fillNew(ctx, v, o, into); err != nil {
		return Salvaged{}, errors.Join(err, emptied(into))
	}
	return v.Done, v.PutAside()
}

// newFolder makes a folder, unless there is an empty one.
func newFolder(dir string) error {
	if err := disk.MakeFolder(dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = &fs.PathError{Op: "salvage", Path: dir, Err: fs.ErrExist}
	}
	return err
}

// emptied removes what was made in a folder.
func emptied(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
	}
	return err
}

// alone keeps everybody else from a store, be it one that cannot be opened.
func alone(ctx context.Context, f *disk.Folder, o Options) (release func(), err error) {
	locks := filepath.Join(f.Dir, disk.LocksDir)
	if err := os.MkdirAll(locks, disk.DirMode); err != nil {
		return nil, fmt.Errorf("folder of locks: %w", err)
	}
	var held []*lock.FileShare
	release = func() {
		for _, l := range held {
			l.Release()
		}
	}
	for _, name := range []string{".open.lock", ".use.lock"} {
		l, ok, err := lock.Share(ctx, filepath.Join(locks, o.database()+name), true, migrateWait)
		if err == nil && !ok {
			err = inUse(f.Path)
		}
		if err != nil {
			release()
			return nil, err
		}
		held = append(held, l)
	}
	return release, nil
}

// inUse refuses a store that others use.
func inUse(path string) error {
	return &store.RefusedError{Place: path, Why: "is in use", Cure: "wait until the runs there have ended"}
}

// fillNew makes the new store.
func fillNew(ctx context.Context, v *salvage.Job, o Options, dir string) (err error) {
	o.Dir = v.From.Dir
	if v.Sandbox, err = sandboxRuns(ctx, o); err != nil {
		v.Sandbox = nil // it is looked into when it is opened
	}
	if err := v.CopyOld(ctx, dir, model); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.RemoveOld()) }()
	o.Dir, o.ReadOnly = dir, false
	s, err := openWriting(ctx, o, accept)
	if err != nil {
		return err
	}
	err = v.Fill(ctx, salvage.NewStore{Dir: s.dir, ID: s.Identity, Pool: s.Pool, Writer: s.Writer})
	err = errors.Join(err, s.Close())
	if err != nil {
		return err
	}
	return v.WriteMarks()
}

// model makes the file of a store that has nothing; packed is one that SQLite has
// copied, as backups are.
func model(ctx context.Context, dir string, packed bool) (path string, err error) {
	made, err := Open(ctx, Options{Dir: dir, TrustFS: true})
	if err != nil {
		return "", err
	}
	path = made.path
	if packed {
		path = filepath.Join(dir, "packed")
		_, err = made.Pool.DB.ExecContext(ctx, "VACUUM INTO ?", path)
	}
	return path, errors.Join(err, made.Close())
}

// Salvaged is what a salvage has done.
type Salvaged = salvage.Salvaged
