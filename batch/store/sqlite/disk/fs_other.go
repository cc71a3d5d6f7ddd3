//go:build !linux && !darwin

package disk

import (
	"errors"
	"os"
)

// FileSystem trusts all there is: no way to ask is known here.
func FileSystem(string) (name string, trust bool, err error) { return "local", true, nil }

// FreeSpace cannot be told.
func FreeSpace(string) (bytes int64, ok bool) { return 0, false }

// allocate is not known here.
func allocate(*os.File, int64) error { return errors.ErrUnsupported }
