package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// RollbackSuffix is added to a job's name for the runs that take its runs back.
const RollbackSuffix = "-rollback"

// Title is what a run is called unless it is named: by its job, or by the base name of the file whose path that is; a run
// without a job reads standard input, or takes back one that did.
func Title(job string, rollback bool) string {
	title := job
	switch {
	case title == "" && rollback:
		title = "stdin" + RollbackSuffix
	case title == "":
		title = "stdin"
	case filepath.IsAbs(title):
		path, back := strings.CutSuffix(title, RollbackSuffix)
		title = filepath.Base(path)
		for _, ext := range []string{".gz", ".zst", ".csv", ".jsonl", ".txt", ".tsv"} {
			title = strings.TrimSuffix(title, ext)
		}
		if back {
			title += RollbackSuffix
		}
	}
	return title
}

// Error is a new run whose folder cannot be made: nothing was done. It
// matches [fs.ErrExist] when there is a folder of this name.
type Error struct {
	// Name is the run's.
	Name string
	// Err is an [fs.PathError], unless the name itself cannot be a folder's.
	Err error
}

// Error tells what is in the way.
func (e *Error) Error() string {
	path, ok := errors.AsType[*fs.PathError](e.Err)
	switch {
	case !ok:
		return e.Err.Error()
	case errors.Is(e.Err, fs.ErrExist):
		return fmt.Sprintf("there is a run %s: %s", e.Name, path.Path)
	default:
		return fmt.Sprintf("the folder of run %s cannot be made: %s: %v", e.Name, path.Path, path.Err)
	}
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }
