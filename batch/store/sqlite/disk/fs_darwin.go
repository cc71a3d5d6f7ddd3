package disk

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// FileSystem is what the folder is on, and whether a database may be there.
func FileSystem(dir string) (name string, trust bool, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "", false, fmt.Errorf("statfs %s: %w", dir, err)
	}
	var text []byte
	for _, c := range s.Fstypename {
		if c == 0 {
			break
		}
		text = append(text, byte(c))
	}
	name = string(text)
	return name, name == "apfs" || name == "hfs", nil
}

// FreeSpace is how many bytes the user may still write in a folder.
func FreeSpace(dir string) (bytes int64, ok bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:gosec // no disk is so large
}

// allocate is not known here.
func allocate(*os.File, int64) error { return errors.ErrUnsupported }
