package control

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bulknum/bulknum/internal/safefile"
)

// The files in a run's folder: the socket, or where it is instead.
const (
	socketFile  = "control.sock"
	pointerFile = "control.path"
)

// maxPath is how long the path of a socket may be everywhere: macOS has 104
// bytes for it, with a zero at the end.
const maxPath = 103

// elsewhere is how the names of folders begin that hold a socket whose run has
// too long a path.
const elsewhere = "bulknum-"

// socketPath returns where the socket of a run is to be: in its folder, or in a short
// one of its own inside runtime, to which the run's folder then points.
func socketPath(folder, runtime string) (socket string, err error) {
	if socket, err = filepath.Abs(filepath.Join(folder, socketFile)); err != nil {
		return "", err
	}
	if len(socket) <= maxPath {
		return socket, nil
	}
	short, err := os.MkdirTemp(runtime, elsewhere) // 0700
	if err != nil {
		return "", err
	}
	socket = filepath.Join(short, socketFile)
	if len(socket) > maxPath {
		return "", errors.Join(fmt.Errorf("%s: too long a path for a socket", short), os.Remove(short))
	}
	if err := safefile.WriteOwn(filepath.Join(folder, pointerFile), []byte(socket+"\n")); err != nil {
		return "", errors.Join(err, os.Remove(short))
	}
	return socket, nil
}

// findSocket returns where the socket of a run is.
func findSocket(folder string) (socket string, err error) {
	pointer, err := safefile.ReadOwn(filepath.Join(folder, pointerFile), safefile.SmallFile)
	if errors.Is(err, os.ErrNotExist) {
		return filepath.Abs(filepath.Join(folder, socketFile))
	}
	return strings.TrimSpace(string(pointer)), err
}

// sweep removes the socket of a run, also one that a crashed execution left.
func sweep(folder string) error {
	socket, err := findSocket(folder)
	if err != nil {
		return err
	}
	if filepath.Base(socket) == socketFile { // a pointer that somebody wrote points anywhere
		err = gone(os.Remove(socket))
	}
	if short := filepath.Dir(socket); strings.HasPrefix(filepath.Base(short), elsewhere) {
		err = errors.Join(err, gone(os.Remove(short)))
	}
	return errors.Join(err, gone(os.Remove(filepath.Join(folder, pointerFile))))
}

// gone is the error of a removal, unless there was nothing to be removed.
func gone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
