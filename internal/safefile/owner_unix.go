//go:build !windows

package safefile

import (
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// Foreign returns the owner of a file when it is another user.
func Foreign(info fs.FileInfo) (owner string, is bool) {
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

// SameOwner reports whether a file belongs to this user, or to whom its folder belongs.
func SameOwner(file, folder fs.FileInfo) bool {
	f, ok1 := file.Sys().(*syscall.Stat_t)
	d, ok2 := folder.Sys().(*syscall.Stat_t)
	return ok1 && ok2 && (f.Uid == d.Uid || int(f.Uid) == os.Geteuid())
}

// OthersWrite reports whether others than its owner can write to a file or folder: everybody, or a group that is not the
// user's own.
func OthersWrite(info fs.FileInfo) bool {
	mode := info.Mode().Perm()
	s, ok := info.Sys().(*syscall.Stat_t)
	return mode&0o002 != 0 || ok && mode&0o020 != 0 && int(s.Gid) != os.Getegid()
}

// OthersRead reports whether others than its owner can read a file: everybody, or a group that is not the user's own.
func OthersRead(info fs.FileInfo) bool {
	mode := info.Mode().Perm()
	s, ok := info.Sys().(*syscall.Stat_t)
	return mode&0o004 != 0 || ok && mode&0o040 != 0 && int(s.Gid) != os.Getegid()
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
