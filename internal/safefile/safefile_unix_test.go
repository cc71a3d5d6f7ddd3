//go:build !windows

package safefile_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/internal/safefile"
)

// paths are a plain file and all that could stand in place of one.
func paths(t *testing.T) (dir string, path func(name string) string) {
	t.Helper()
	dir = t.TempDir()
	path = func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.WriteFile(path("plain"), []byte("0123456789"), 0o600),
		os.Symlink("plain", path("link")),
		os.Symlink("nothing", path("dangling")),
		os.Mkdir(path("folder"), 0o700),
		syscall.Mkfifo(path("pipe"), 0o600),
		os.Symlink("/dev/zero", path("endless")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir, path
}

// What the operator names is read through links, and nothing else than a plain
// file of a bounded size is.
func TestReadSmall(t *testing.T) {
	_, path := paths(t)
	for name, want := range map[string]error{
		"plain": nil, "link": nil,
		"none": fs.ErrNotExist, "dangling": fs.ErrNotExist,
		"folder": safefile.ErrNotRegular, "pipe": safefile.ErrNotRegular, "endless": safefile.ErrNotRegular,
	} {
		content, err := safefile.ReadSmall(path(name), 10)
		if !errors.Is(err, want) || want == nil && string(content) != "0123456789" {
			t.Errorf("%s: got %q, %v", name, content, err)
		}
	}
	if _, err := safefile.ReadSmall(path("plain"), 9); !errors.Is(err, safefile.ErrTooLarge) {
		t.Errorf("a file that is too large: %v", err)
	}
}

// A file of the program's own is neither read nor written through a link, nor
// where something else stands in its place.
func TestOwn(t *testing.T) {
	_, path := paths(t)
	ways := map[string]func(string) error{
		"read":  func(p string) error { _, err := safefile.ReadOwn(p, 10); return err },
		"write": func(p string) error { return safefile.WriteOwn(p, []byte("x")) },
		"append": func(p string) error {
			f, err := safefile.OpenOwn(p, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
			return errors.Join(err, f.Close())
		},
	}
	for name, want := range map[string]error{
		"link": safefile.ErrLink, "dangling": safefile.ErrLink, "endless": safefile.ErrLink,
		"folder": safefile.ErrNotRegular, "pipe": safefile.ErrNotRegular,
	} {
		for way, do := range ways {
			if err := do(path(name)); !errors.Is(err, want) {
				t.Errorf("%s %s: got %v, want %v", way, name, err, want)
			}
		}
	}
	if content, err := os.ReadFile(path("plain")); string(content) != "0123456789" {
		t.Errorf("what the link leads to has %q, %v", content, err)
	}
	if _, err := os.Lstat(path("nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what the dangling link leads to: %v", err)
	}
}

// A replaced file has the mode that was asked for, and what a link leads to has
// the content and the mode that it had.
func TestReplace(t *testing.T) {
	dir, path := paths(t)
	for _, name := range []string{"plain", "link", "pipe", "new"} {
		err := safefile.Replace(path(name), 0o644, func(w io.Writer) error {
			_, err := io.WriteString(w, "new")
			return err
		})
		info, looked := os.Lstat(path(name))
		if err != nil || looked != nil || info.Mode() != 0o644 || info.Size() != 3 {
			t.Errorf("%s: %v, %v, %v", name, err, looked, info)
		}
	}
	broken := errors.New("broken")
	if err := safefile.Replace(path("new"), 0o600, func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if content, err := os.ReadFile(path("new")); string(content) != "new" {
		t.Errorf("after a failure it has %q, %v", content, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

// A temporary file that somebody replaces by a link, while it is written, gives
// nobody else's file another mode.
func TestReplaceChangesNoOthersMode(t *testing.T) {
	dir, path := paths(t)
	err := safefile.Replace(path("metrics.prom"), 0o644, func(io.Writer) error {
		temps, err := filepath.Glob(filepath.Join(dir, ".metrics.prom.*"))
		if err != nil || len(temps) != 1 {
			t.Fatalf("%v, %v", temps, err)
		}
		return errors.Join(os.Remove(temps[0]), os.Symlink("plain", temps[0]))
	})
	if info, looked := os.Stat(path("plain")); err != nil || looked != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v, %v", err, looked, info.Mode())
	}
}

// A pipe as an input is read to its end, and one that nobody writes to is left
// behind when the context ends.
func TestOpenInput(t *testing.T) {
	_, path := paths(t)
	go feed(path("pipe"), "rows", os.O_WRONLY)
	f, err := safefile.OpenInput(t.Context(), path("pipe"))
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(f); string(content) != "rows" {
		t.Errorf("got %q, %v", content, err)
	}
	f.Close()
	for _, name := range []string{"folder", "endless"} {
		if _, err := safefile.OpenInput(t.Context(), path(name)); !errors.Is(err, safefile.ErrNotRegular) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if _, err := safefile.OpenInput(ctx, path("pipe")); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	feed(path("pipe"), "", os.O_RDWR) // waits for nobody, and lets the one go that was left behind
}

// feed writes into a pipe, and makes none.
func feed(pipe, content string, flag int) {
	if f, err := os.OpenFile(pipe, flag, 0); err == nil {
		_, _ = f.WriteString(content)
		f.Close()
	}
}
