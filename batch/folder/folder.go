// Package folder is the folder of a run: what people open. All in it but run.log is
// made again from the store at any time; whoever writes there writes each file wholly
// or not at all.
package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bulknum/bulknum/internal/safefile"
)

// The names of the files.
const (
	ResultsFile   = "results.csv"
	SummaryFile   = "summary.json"
	PlanCSVFile   = "plan.csv"
	HTMLFile      = "report.html"
	RunLogFile    = "run.log"
	VerifyCSVFile = "verify.csv"
)

// Folders and files are for their owner only: phone numbers and names are
// personal data.
const (
	dirMode  fs.FileMode = 0o700
	fileMode fs.FileMode = 0o600
)

// Folder is the folder of one run. It may not be there.
type Folder struct{ path string }

// At is the folder of a run in a runs folder.
func At(runsDir, name string) *Folder { return &Folder{path: filepath.Join(runsDir, name)} }

// Name is what a run is called that begins at a moment: sortable, and in letters
// that every file system takes.
func Name(start time.Time, job string) string {
	return start.UTC().Format("20060102T150405Z") + "-" + clean(job)
}

// clean replaces what some file system, shell or person could take for
// something else.
func clean(job string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		default:
			return '-'
		}
	}, job)
}

// Create makes the folder of a new run, and the runs folder if need be. A name
// that is taken is an error that matches [fs.ErrExist].
func Create(runsDir, name string) (*Folder, error) {
	if err := nameable(name); err != nil {
		return nil, fmt.Errorf("run name %q: %w", name, err)
	}
	if err := os.MkdirAll(runsDir, dirMode); err != nil {
		return nil, fmt.Errorf("runs folder: %w", err)
	}
	path := filepath.Join(runsDir, name)
	if err := os.Mkdir(path, dirMode); err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	return &Folder{path: path}, safefile.SyncDir(runsDir)
}

// nameable refuses what names no folder, would be taken for something else in the
// runs folder, or cannot be given to a command.
func nameable(name string) error {
	if name == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return errors.New("not the name of a folder")
	}
	if strings.HasPrefix(name, "-") || strings.TrimSpace(name) != name || !utf8.ValidString(name) ||
		strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return errors.New("cannot be given to a command: it begins with a minus or a space, or has what cannot be printed")
	}
	if name == "latest" {
		return errors.New("is the word for the newest run")
	}
	for _, others := range []string{".db", ".db-wal", ".db-shm", ".zst"} {
		if strings.HasSuffix(name, others) {
			return errors.New("would be taken for a file of the runs folder (" + others + ")")
		}
	}
	return nil
}

// Ensure makes the folder if it is not there: somebody may have removed it.
func (f *Folder) Ensure() error {
	if err := os.MkdirAll(f.path, dirMode); err != nil {
		return fmt.Errorf("run folder: %w", err)
	}
	return nil
}

// OnlyInput reports whether nothing but an input has been put into the folder.
func (f *Folder) OnlyInput() bool {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return false
	}
	return !slices.ContainsFunc(entries, func(entry fs.DirEntry) bool { return !strings.HasPrefix(entry.Name(), "input.") })
}

// Path is the folder's path.
func (f *Folder) Path() string { return f.path }

// Base is its name.
func (f *Folder) Base() string { return filepath.Base(f.path) }

// File is the path of a file in it.
func (f *Folder) File(name string) string { return filepath.Join(f.path, name) }

// Copied is a copy of the input.
type Copied struct {
	// File is its name in the folder.
	File string
	// SHA256 is the hash of its bytes, in hexadecimal, and Bytes how many there
	// are.
	SHA256 string
	Bytes  int64
}

// CopyInput copies the input into the folder, byte for byte, under the name that
// name returns for a copy of it. The context ends a source that gives nothing.
func (f *Folder) CopyInput(ctx context.Context, src io.Reader, name func(path string) string) (Copied, error) {
	out, err := safefile.Temp(f.path, "input.*.part")
	if err != nil {
		return Copied{}, fmt.Errorf("copy the input: %w", err)
	}
	temp := out.Name()
	hash := sha256.New()
	size, err := copyUntil(ctx, io.MultiWriter(out, hash), src)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return Copied{}, fmt.Errorf("copy the input: %w", err)
	}
	final := name(temp)
	if err := os.Rename(temp, f.File(final)); err != nil {
		return Copied{}, fmt.Errorf("copy the input: %w", err)
	}
	return Copied{File: final, SHA256: hex.EncodeToString(hash.Sum(nil)), Bytes: size}, safefile.SyncDir(f.path)
}

// copyUntil copies until the source or the context ends. A source that is read
// in vain, such as a terminal, is left behind.
func copyUntil(ctx context.Context, dst io.Writer, src io.Reader) (int64, error) {
	type outcome struct {
		n   int64
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		n, err := io.Copy(dst, src)
		done <- outcome{n, err}
	}()
	select {
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case o := <-done:
		return o.n, o.err
	}
}

// Remove removes the folder with all that is in it.
func (f *Folder) Remove() error {
	if err := os.RemoveAll(f.path); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return safefile.SyncDir(filepath.Dir(f.path))
}

// RemoveFile removes a file of the folder, if it is there.
func (f *Folder) RemoveFile(name string) error {
	if err := os.Remove(f.File(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove: %w", err)
	}
	return nil
}

// HashFile is the SHA-256 of a file, in hexadecimal.
func HashFile(path string) (string, error) {
	f, err := safefile.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum, err := Hash(f)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return sum, err
}

// Hash is the SHA-256 of what a reader gives, in hexadecimal.
func Hash(r io.Reader) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
