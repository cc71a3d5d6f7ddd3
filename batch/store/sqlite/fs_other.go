//go:build !linux && !darwin

package sqlite

import (
	"errors"
	"os"
)

// fileSystem trusts all there is: no way to ask is known here.
func fileSystem(string) (name string, trust bool, err error) { return "local", true, nil }

// freeSpace cannot be told.
func freeSpace(string) (bytes int64, ok bool) { return 0, false }

// allocate is not known here.
func allocate(*os.File, int64) error { return errors.ErrUnsupported }
