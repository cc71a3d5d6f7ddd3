package safefile

import "syscall"

// Fixed reports whether a file is on a mount that is only to be read, as where Kubernetes, Docker and systemd put secrets:
// its mode is then not for this user to change, and who else is there is theirs to say.
func Fixed(path string) bool {
	const readOnly = 1 // ST_RDONLY, also of the mount
	var s syscall.Statfs_t
	return syscall.Statfs(path, &s) == nil && s.Flags&readOnly != 0
}
