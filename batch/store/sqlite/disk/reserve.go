package disk

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/bulknum/bulknum/internal/safefile"
)

// On a full disk a run that stops must still record what is answered, and a
// pruning needs space for what it deletes. So there is a file of some megabytes
// that is given up then, and made again when there is space.

const (
	// reserveSize is how large it is, in bytes.
	reserveSize = 32 << 20
	// lowSpace is how many bytes are free when it is given up.
	lowSpace = 8 << 20
	// EnoughSpace is how many are free when it is made.
	EnoughSpace = 4 * reserveSize
)

// reserveFile is where it is.
func reserveFile(dir string) string { return filepath.Join(dir, LocksDir, "reserve") }

// GiveUpReserve gives the reserve to a disk that is full, and reports whether it
// did.
func GiveUpReserve(dir string) bool {
	free, ok := FreeSpace(dir)
	if !ok || free >= lowSpace {
		return false
	}
	info, err := os.Lstat(reserveFile(dir))
	if err != nil || info.Size() == 0 {
		return false
	}
	return emptyReserve(dir)
}

// emptyReserve gives back what the reserve takes.
func emptyReserve(dir string) bool {
	return safefile.WriteOwn(reserveFile(dir), nil) == nil //nolint:forbidigo // it is no database
}

// FillReserve makes the reserve, if there is space. That it cannot be made is no
// reason to stop.
func FillReserve(dir string) {
	info, err := os.Lstat(reserveFile(dir))
	if err == nil && info.Size() >= reserveSize {
		return
	}
	if free, ok := FreeSpace(dir); !ok || free < EnoughSpace {
		return
	}
	f, err := safefile.OpenOwn(reserveFile(dir), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, FileMode) //nolint:forbidigo // it is no database
	if err != nil {
		return
	}
	err = allocate(f, reserveSize)
	if errors.Is(err, errors.ErrUnsupported) {
		// What could be compressed, or left out, would take no space.
		_, err = io.CopyN(f, rand.NewChaCha8([32]byte{}), reserveSize)
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		emptyReserve(dir)
	}
}
