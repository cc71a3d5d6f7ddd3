package batch

import (
	"errors"
	"fmt"
	"io/fs"
)

// FolderError is a new run whose folder cannot be made: nothing was done. It
// matches [fs.ErrExist] when there is a folder of this name.
type FolderError struct {
	// Name is the run's.
	Name string
	// Err is an [fs.PathError], unless the name itself cannot be a folder's.
	Err error
}

// Error tells what is in the way.
func (e *FolderError) Error() string {
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
func (e *FolderError) Unwrap() error { return e.Err }
