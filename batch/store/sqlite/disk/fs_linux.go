package disk

import (
	"fmt"
	"os"
	"syscall"
)

// The file systems whose locks and syncs can be relied on, by their magic number
// (statfs(2)).
var trusted = map[uint32]string{
	0xEF53:     "ext",
	0x58465342: "xfs",
	0x9123683E: "btrfs",
	0x2FC12FC1: "zfs",
	0x7366746E: "ntfs",
	0x01021994: "tmpfs",
	0x794C7630: "overlay",
}

// Some that cannot, by the name that people know.
var untrusted = map[uint32]string{
	0x6969:     "NFS",
	0x517B:     "SMB",
	0xFE534D42: "SMB",
	0xFF534D42: "SMB",
	0x65735546: "FUSE or virtiofs",
	0x01021997: "9p",
	0x5346414F: "AFS",
	0x00C36400: "Ceph",
	0x4D44:     "FAT",
	0x2011BAB0: "exFAT",
}

// FileSystem is what the folder is on, and whether a database may be there.
func FileSystem(dir string) (name string, trust bool, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "", false, fmt.Errorf("statfs %s: %w", dir, err)
	}
	magic := uint32(s.Type) //nolint:gosec // of this width, on all of Linux
	if name, ok := trusted[magic]; ok {
		return name, true, nil
	}
	if name, ok := untrusted[magic]; ok {
		return name, false, nil
	}
	return fmt.Sprintf("unknown (%#x)", magic), false, nil
}

// FreeSpace is how many bytes the user may still write in a folder.
func FreeSpace(dir string) (bytes int64, ok bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:gosec,unconvert // of another type on other processors
}

// allocate gives a file real space, where the file system can do that at once.
func allocate(f *os.File, bytes int64) error { return syscall.Fallocate(int(f.Fd()), 0, 0, bytes) }
