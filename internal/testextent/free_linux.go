package testextent

import "syscall"

// free is how many bytes can be written below a folder; 0 when nobody knows.
func free(folder string) uint64 {
	var is syscall.Statfs_t
	if err := syscall.Statfs(folder, &is); err != nil {
		return 0
	}
	return is.Bavail * uint64(is.Bsize)
}
