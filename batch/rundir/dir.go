package rundir

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
	"strings"
	"time"
)

// The files of a run's folder. The input's copy is named by [Dir.CopyInput].
const (
	JournalFile  = "journal.jsonl"
	RequestsFile = "requests.jsonl"
	ResultsFile  = "results.csv"
	SummaryFile  = "summary.json"
	StateFile    = "state.jsonl"
	PlanFile     = "plan.jsonl"
	PlanCSVFile  = "plan.csv"
	HTMLFile     = "report.html"
	RunLogFile   = "run.log"
	// VerifyFile has what the numbers were found to be, VerifyCSVFile the same
	// for people.
	VerifyFile    = "verify.jsonl"
	VerifyCSVFile = "verify.csv"
	// LeftFile has the rows of another run that a rollback leaves alone.
	LeftFile = "left.jsonl"
	// ReleasedFile tells that later runs may take back what this one changed.
	ReleasedFile = "released.json"
)

// Permissions of what a run writes: its owner only.
const (
	dirMode  fs.FileMode = 0o700
	fileMode fs.FileMode = 0o600
)

// Dir is the folder of one run.
type Dir struct {
	path string
	lock *Lock // nil: not taken
}

// Name returns the name of a run that starts at a moment, such as
// 20261123T020000Z-nightly: names sort by time.
func Name(start time.Time, job string) string {
	return start.UTC().Format("20060102T150405Z") + "-" + clean(job)
}

// clean keeps of a job's name what is safe in a file's name everywhere.
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

// Create makes the folder of a new run inside runsDir, which is made as well
// when it does not exist. When name is taken, a number is added to it if
// unique is set, for two runs started in the same second; otherwise the error
// matches [fs.ErrExist].
func Create(runsDir, name string, unique bool) (*Dir, error) {
	if name == "" || name != filepath.Base(name) || strings.HasPrefix(name, ".") {
		return nil, fmt.Errorf("run name %q: not the name of a folder", name)
	}
	if err := os.MkdirAll(runsDir, dirMode); err != nil {
		return nil, fmt.Errorf("runs folder: %w", err)
	}
	path := filepath.Join(runsDir, name)
	err := os.Mkdir(path, dirMode)
	for n := 2; unique && errors.Is(err, fs.ErrExist); n++ {
		path = filepath.Join(runsDir, fmt.Sprintf("%s-%d", name, n))
		err = os.Mkdir(path, dirMode)
	}
	if err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	return &Dir{path: path}, syncDir(runsDir)
}

// Open returns the folder of an existing run.
func Open(path string) (*Dir, error) {
	if _, err := os.Stat(filepath.Join(path, JournalFile)); err != nil {
		return nil, fmt.Errorf("%s is not the folder of a run: %w", path, err)
	}
	return &Dir{path: path}, nil
}

// Path returns where the folder is.
func (d *Dir) Path() string { return d.path }

// Base returns the run's name.
func (d *Dir) Base() string { return filepath.Base(d.path) }

// File returns the path of a file in the folder.
func (d *Dir) File(name string) string { return filepath.Join(d.path, name) }

// Input tells of the folder's copy of the input.
type Input struct {
	// File is its name in the folder, such as input.csv.
	File string `json:"file"`
	// SHA256 is the hash of its bytes, in hexadecimal.
	SHA256 string `json:"sha256"`
	// Bytes is its size.
	Bytes int64 `json:"bytes"`
}

// CopyInput copies the input into the folder, byte for byte, and syncs it.
// name is asked, given the copy's path, for the copy's final name, once its
// content can be looked at. When the context ends, its cause is returned at
// once, even if the input is one that never comes.
func (d *Dir) CopyInput(ctx context.Context, src io.Reader, name func(path string) string) (Input, error) {
	temp := d.File("input.part")
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return Input{}, fmt.Errorf("copy the input: %w", err)
	}
	hash := sha256.New()
	size, err := copyUntil(ctx, io.MultiWriter(f, hash), src)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Input{}, fmt.Errorf("copy the input: %w", err)
	}
	final := name(temp)
	if err := os.Rename(temp, d.File(final)); err != nil {
		return Input{}, fmt.Errorf("copy the input: %w", err)
	}
	return Input{File: final, SHA256: hex.EncodeToString(hash.Sum(nil)), Bytes: size}, syncDir(d.path)
}

// copyUntil copies until the context ends. A read that hangs then is left
// behind.
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

// Discard removes the folder of a run that came to nothing.
func (d *Dir) Discard() error {
	d.Unlock() // Windows removes nothing that is locked, and without a journal it is nobody's
	return os.RemoveAll(d.path)
}

// HashFile returns the hash of a file as [Input] has it.
func HashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
