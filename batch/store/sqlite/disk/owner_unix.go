//go:build !windows

package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// foreign returns the owner of a file when it is another user.
func foreign(info fs.FileInfo) (owner string, is bool) {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(s.Uid) == os.Geteuid() {
		return "", false
	}
	id := strconv.Itoa(int(s.Uid))
	if u, err := user.LookupId(id); err == nil {
		return u.Username, true
	}
	return "#" + id, true
}

// Links is how many names a file has.
func Links(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink) //nolint:unconvert // narrower elsewhere
	}
	return 1
}

// Writable reports whether files can be made in a folder.
func Writable(dir string) bool {
	const write = 2 // W_OK
	return syscall.Access(dir, write) == nil
}

// SyncDir makes new and renamed entries of a folder durable.
func SyncDir(path string) error {
	f, err := os.Open(path) //nolint:forbidigo // a folder
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
