package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/internal/safefile"
)

// Permissions of what the store keeps: its owner only.
const (
	DirMode  fs.FileMode = 0o700
	FileMode fs.FileMode = 0o600
)

// LocksDir is the folder, within the runs folder, of the locks that another user
// meets, with another state folder.
const LocksDir = ".locks"

// MakeFolder makes the runs folder with its folder of locks.
func MakeFolder(dir string) error {
	if dir == "" {
		return errors.New("runs folder: no name was given")
	}
	if err := os.MkdirAll(dir, DirMode); err != nil {
		return fmt.Errorf("runs folder: %w", err)
	}
	return nil
}

// Folder is a folder with what was seen of it, without opening a file.
type Folder struct {
	// dir and path have no symbolic links.
	Dir, Path  string
	FileSystem string
	// file is the database's; nil: there is none.
	File fs.FileInfo
}

// Look sees what the folder is and has, and refuses what is not to be used. The
// error of a folder that is not there matches [fs.ErrNotExist].
func Look(runs, database string, trustFS bool) (Folder, error) {
	given := filepath.Join(runs, database)
	dir, err := filepath.Abs(runs)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if errors.Is(err, fs.ErrPermission) {
		return Folder{}, &store.RefusedError{Place: given, Why: "cannot be looked at by this user", Cure: "run this as the folder's owner (sudo -u OWNER …)", Err: err}
	}
	if err != nil {
		return Folder{}, fmt.Errorf("runs folder: %w", err)
	}
	f := Folder{Dir: dir, Path: filepath.Join(dir, database)}
	info, err := os.Lstat(dir)
	if err != nil {
		return Folder{}, fmt.Errorf("runs folder: %w", err)
	}
	if err := closed(f.Path, dir, info); err != nil {
		return Folder{}, err
	}
	if err := f.LookAgain(); err != nil {
		return Folder{}, err
	}
	err = f.lookAtDisk(trustFS)
	return f, err
}

// mine refuses what belongs to another user.
func mine(place, what string, info fs.FileInfo) error {
	owner, is := safefile.Foreign(info)
	if !is {
		return nil
	}
	return &store.RefusedError{Place: place, Why: fmt.Sprintf("%s to user %s", what, owner),
		Cure: fmt.Sprintf("run this as its owner: sudo -u %s …", owner)}
}

// CheckFolder refuses a folder in which others could put links, or files of theirs.
func CheckFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	return closed(dir, dir, info)
}

// closed refuses a folder that belongs to another user, or that others can write to. place is what is refused for it.
func closed(place, dir string, info fs.FileInfo) error {
	if err := mine(place, "is in a folder that belongs", info); err != nil {
		return err
	}
	if !safefile.OthersWrite(info) {
		return nil
	}
	return &store.RefusedError{Place: place, Why: "is in a folder to which other users can write",
		Cure: "keep them out: chmod go-w " + dir}
}

// LookAgain sees the database's file, if there is one.
func (f *Folder) LookAgain() error {
	info, err := os.Lstat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrPermission):
		return &store.RefusedError{Place: f.Path, Why: "cannot be looked at by this user", Cure: "run this as the folder's owner (sudo -u OWNER …)", Err: err}
	case err != nil:
		return fmt.Errorf("store: %w", err)
	}
	refuse := func(why, cure string) error { return &store.RefusedError{Place: f.Path, Why: why, Cure: cure} }
	if err := mine(f.Path, "belongs", info); err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &store.RefusedError{Place: f.Path, Why: "is not a plain file", Cure: "name the folder where it really is, or a symbolic link to the folder",
			Options: []option.Name{option.RunsDir}}
	}
	if safefile.Links(info) > 1 {
		return refuse("has a second name (a hard link)", "remove the other name: what is written by one would not be seen by the other")
	}
	f.File = info
	return nil
}

// lookAtDisk refuses a file system that may lose what was locked or synced.
func (f *Folder) lookAtDisk(trustFS bool) (err error) {
	var trust bool
	f.FileSystem, trust, err = FileSystem(f.Dir)
	if err != nil {
		return err
	}
	if trust || trustFS {
		return nil
	}
	return &store.RefusedError{Place: f.Path,
		Why:     fmt.Sprintf("is on a file system (%s) that is not known to lock and sync as a database needs it", f.FileSystem),
		Cure:    "put the runs folder on a local disk; or trust the file system, at the risk of losing what was recorded",
		Options: []option.Name{option.RunsDir, option.StoreTrustFS}}
}

// Empty reports whether there is no database yet.
func (f *Folder) Empty() bool { return f.File == nil || f.File.Size() == 0 }

// RunFolders are the folders of runs that are nobody's: not the sandbox's.
func (f *Folder) RunFolders(sandbox map[string]bool) ([]string, error) {
	entries, err := os.ReadDir(f.Dir)
	if err != nil {
		return nil, fmt.Errorf("runs folder: %w", err)
	}
	var runs []string
	for _, entry := range entries {
		if !entry.IsDir() || sandbox[entry.Name()] || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		is, err := runFolder(filepath.Join(f.Dir, entry.Name()))
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
