package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bulknum/bulknum/batch/store"
)

// CureAccept is what helps where a store is not what it was, and CureDamaged where
// it is damaged, with what each gives up.
const (
	CureAccept  = "restore the newest backup of the whole runs folder; or `bulknum store accept-restored` goes on with what is there, and then nothing counts as unsent, unchanged or unprotected without a fresh reading"
	CureDamaged = "`bulknum store salvage NEW` brings the runs that are whole into a new store, and gives up the others; or restore the newest backup, and then `bulknum store accept-restored`, which gives up what was done since"
)

// makeFolder makes the runs folder with its folder of locks.
func makeFolder(dir string) error {
	if dir == "" {
		return errors.New("runs folder: no name was given")
	}
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return fmt.Errorf("runs folder: %w", err)
	}
	return nil
}

// found is a folder with what was seen of it, without opening a file.
type found struct {
	// dir and path have no symbolic links.
	dir, path  string
	fileSystem string
	// file is the database's; nil: there is none.
	file fs.FileInfo
}

// look sees what the folder is and has, and refuses what is not to be used. The
// error of a folder that is not there matches [fs.ErrNotExist].
func look(o Options) (found, error) {
	given := filepath.Join(o.Dir, databaseName(o))
	dir, err := filepath.Abs(o.Dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if errors.Is(err, fs.ErrPermission) {
		return found{}, &store.RefusedError{Place: given, Why: "cannot be looked at by this user", Cure: "run this as the folder's owner (sudo -u OWNER …)", Err: err}
	}
	if err != nil {
		return found{}, fmt.Errorf("runs folder: %w", err)
	}
	f := found{dir: dir, path: filepath.Join(dir, databaseName(o))}
	info, err := os.Lstat(dir)
	if err != nil {
		return found{}, fmt.Errorf("runs folder: %w", err)
	}
	if err := mine(f.path, "is in a folder that belongs", info); err != nil {
		return found{}, err
	}
	if err := f.lookAtFile(); err != nil {
		return found{}, err
	}
	err = f.lookAtDisk(o)
	return f, err
}

func databaseName(o Options) string {
	if o.Sandbox {
		return SandboxFile
	}
	return File
}

// mine refuses what belongs to another user.
func mine(place, what string, info fs.FileInfo) error {
	owner, is := foreign(info)
	if !is {
		return nil
	}
	return &store.RefusedError{Place: place, Why: fmt.Sprintf("%s to user %s", what, owner),
		Cure: fmt.Sprintf("run this as its owner: sudo -u %s …", owner)}
}

// lookAtFile sees the database's file, if there is one.
func (f *found) lookAtFile() error {
	info, err := os.Lstat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrPermission):
		return &store.RefusedError{Place: f.path, Why: "cannot be looked at by this user", Cure: "run this as the folder's owner (sudo -u OWNER …)", Err: err}
	case err != nil:
		return fmt.Errorf("store: %w", err)
	}
	refuse := func(why, cure string) error { return &store.RefusedError{Place: f.path, Why: why, Cure: cure} }
	if err := mine(f.path, "belongs", info); err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return refuse("is not a plain file", "name the folder where it really is, by --runs-dir or a symbolic link to the folder")
	}
	if names(info) > 1 {
		return refuse("has a second name (a hard link)", "remove the other name: what is written by one would not be seen by the other")
	}
	f.file = info
	return nil
}

// lookAtDisk refuses a file system that may lose what was locked or synced.
func (f *found) lookAtDisk(o Options) (err error) {
	var trust bool
	f.fileSystem, trust, err = fileSystem(f.dir)
	if err != nil {
		return err
	}
	if trust || o.TrustFS {
		return nil
	}
	return &store.RefusedError{Place: f.path,
		Why:  fmt.Sprintf("is on a file system (%s) that is not known to lock and sync as a database needs it", f.fileSystem),
		Cure: "put the runs folder on a local disk (--runs-dir); --store-trust-fs takes it as it is, at the risk of losing what was recorded"}
}

// empty reports whether there is no database yet.
func (f *found) empty() bool { return f.file == nil || f.file.Size() == 0 }

// leftovers are the folders of runs that are nobody's: not the sandbox's.
func (f *found) leftovers(sandbox map[string]bool) ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, fmt.Errorf("runs folder: %w", err)
	}
	var runs []string
	for _, entry := range entries {
		if !entry.IsDir() || sandbox[entry.Name()] || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		is, err := runFolder(filepath.Join(f.dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		if is {
			runs = append(runs, entry.Name())
		}
	}
	return runs, nil
}

// runFolder reports whether a folder has what a run leaves.
func runFolder(path string) (bool, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return false, fmt.Errorf("runs folder: %w", err)
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case name == "journal.jsonl", name == "summary.json", name == "results.csv", name == "run.log", strings.HasPrefix(name, "input."):
			return true, nil
		}
	}
	return false, nil
}
