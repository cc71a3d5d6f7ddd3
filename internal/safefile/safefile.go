// Package safefile is the one place where files are opened. Nothing that it opens blocks, has no end, or is reached by a
// link that somebody else may have put there.
//
// There are two kinds of paths. A path that the operator names (a secret's file, a list, an input) is taken as it is,
// through links: [Open], [ReadSmall], [OpenInput]. A path that the program makes up itself, in a folder of runs or of
// state, is never reached through a link in its last place: [OpenOwn], [ReadOwn], [WriteOwn], [Replace]. The folders
// themselves are refused when others own them, which is batch/store's to see.
package safefile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// OwnerOnly is the mode of files with personal data.
const OwnerOnly fs.FileMode = 0o600

// SmallFile is how many bytes a small file may have: secrets, addresses, certificates, marks.
const SmallFile = 1 << 20

// Errors of what is no file to be read. They are in a [fs.PathError], with the path.
var (
	ErrNotRegular = errors.New("it is not a plain file")
	ErrTooLarge   = errors.New("it is larger than such a file can be")
	ErrLink       = errors.New("it is a symbolic link")
)

// Open opens a plain file for reading that the operator named, through links.
func Open(path string) (*os.File, error) { return open(path, os.O_RDONLY, 0) }

// ReadSmall reads a plain file that the operator named, through links, of so many bytes at most.
func ReadSmall(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, limit)
}

// OpenInput opens a file, or a pipe such as a shell's <(command), for reading. A pipe that nobody writes to is left
// behind when the context ends.
func OpenInput(ctx context.Context, path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode()&fs.ModeNamedPipe == 0 {
		return Open(path)
	}
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(path)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		return o.f, o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// OpenOwn opens a plain file of the program's own, for flags as of [os.OpenFile], and makes it where they say so. A
// symbolic link is not followed.
func OpenOwn(path string, flag int, mode fs.FileMode) (*os.File, error) {
	return open(path, flag|noFollow, mode)
}

// OwnFlags adds to flags of [os.OpenFile] what [OpenOwn] adds, for a library that opens a file by itself.
func OwnFlags(flag int) int { return flag | noFollow | nonBlock }

// ReadOwn reads a file of the program's own, of so many bytes at most.
func ReadOwn(path string, limit int64) ([]byte, error) {
	f, err := OpenOwn(path, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readAll(f, limit)
}

// WriteOwn writes a file of the program's own in place, for its owner only.
func WriteOwn(path string, content []byte) error {
	f, err := OpenOwn(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, OwnerOnly)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// Temp makes a new file for its owner only; pattern is as of [os.CreateTemp].
func Temp(dir, pattern string) (*os.File, error) { return os.CreateTemp(dir, pattern) }

// Replace puts a file in the place of what the path has: a reader sees the old one, or the whole new one, also after a
// crash. It is written beside it, given its mode by its descriptor, synced and renamed: a link in either place is
// replaced, and not followed.
func Replace(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	temp, err := Temp(dir, "."+name+".*")
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(temp, 64<<10)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil && mode != OwnerOnly {
		err = temp.Chmod(mode)
	}
	if err == nil {
		err = temp.Sync()
	}
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return SyncDir(dir)
}

// Exposed returns a folder above another in which others can put something else in its place; "": there is none.
func Exposed(dir string) string {
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return ""
	}
	for parent := filepath.Dir(dir); parent != dir; dir, parent = parent, filepath.Dir(parent) {
		if info, err := os.Stat(parent); err == nil && OthersWrite(info) && info.Mode()&fs.ModeSticky == 0 {
			return parent
		}
	}
	return ""
}

// open opens without blocking, and refuses what is no plain file.
func open(path string, flag int, mode fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag|nonBlock, mode)
	if err != nil {
		return nil, plain(path, flag, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: notRegular(info.Mode())}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// plain says of a file that could not be opened that it is a link or a pipe, where the system's words do not.
func plain(path string, flag int, err error) error {
	info, looked := os.Lstat(path)
	if looked != nil || errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrExist) {
		return err
	}
	kind := info.Mode().Type()
	switch {
	case kind == fs.ModeSymlink && flag&noFollow != 0:
		return &fs.PathError{Op: "open", Path: path, Err: ErrLink}
	case kind != 0 && kind != fs.ModeSymlink:
		return &fs.PathError{Op: "open", Path: path, Err: notRegular(kind)}
	}
	return err
}

// notRegular says what a file is instead of a plain one.
func notRegular(mode fs.FileMode) error {
	what := "something else"
	switch mode.Type() {
	case fs.ModeDir:
		what = "a folder"
	case fs.ModeNamedPipe:
		what = "a pipe"
	case fs.ModeSocket:
		what = "a socket"
	case fs.ModeDevice, fs.ModeDevice | fs.ModeCharDevice:
		what = "a device"
	}
	return fmt.Errorf("%w, but %s", ErrNotRegular, what)
}

// readAll reads a file to its end, unless it has more bytes than the limit.
func readAll(f *os.File, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > limit {
		return nil, &fs.PathError{Op: "read", Path: f.Name(), Err: fmt.Errorf("%w (%d bytes)", ErrTooLarge, limit)}
	}
	return content, nil
}
