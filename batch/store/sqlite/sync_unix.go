//go:build !windows

package sqlite

import (
	"errors"
	"fmt"
	"os"
)

// syncDir makes new and renamed entries of a folder durable.
func syncDir(path string) error {
	f, err := os.Open(path) //nolint:forbidigo // a folder
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
