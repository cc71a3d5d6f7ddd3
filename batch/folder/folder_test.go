package folder_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/folder"
)

var errFull = errors.New("no space left on device")

func TestName(t *testing.T) {
	start := time.Date(2026, 11, 23, 3, 0, 0, 0, time.FixedZone("CET", 3600))
	if got, want := folder.Name(start, "nightly/été 1"), "20261123T020000Z-nightly--t--1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCreateKeepsOthersOut(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	dir, err := folder.Create(runs, "one")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dir.CopyInput(t.Context(), strings.NewReader("Number\n"), func(string) string { return "input.csv" }); err != nil {
		t.Fatal(err)
	}
	if err := dir.WriteAtomic(folder.ResultsFile, func(io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	log, err := folder.AppendLines(dir.File(folder.RunLogFile))
	if err := errors.Join(err, log.Close()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{
		runs:                         0o700 | fs.ModeDir,
		dir.Path():                   0o700 | fs.ModeDir,
		dir.File("input.csv"):        0o600,
		dir.File(folder.ResultsFile): 0o600,
		dir.File(folder.RunLogFile):  0o600,
	} {
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: mode %v, want %v, error %v", path, info.Mode(), want, err)
		}
	}
}

func TestCreateTwice(t *testing.T) {
	runs := t.TempDir()
	if dir, err := folder.Create(runs, "one"); err != nil || dir.Base() != "one" {
		t.Fatalf("%v, %v", dir, err)
	}
	if _, err := folder.Create(runs, "one"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a taken name: %v", err)
	}
	for _, name := range []string{
		"", ".", "..", "../one", "a/b", "a/../b", "/etc", ".hidden", "-x", "--yes", " one", "one\n", "a\x00b", "a\x1bb", "a\u202eb", "a\u200bb", "a\xff",
		"latest", "bulknum.db", "x.db-wal", "one.tar.zst",
	} {
		if _, err := folder.Create(runs, name); err == nil {
			t.Errorf("%q was taken for a name", name)
		}
	}
	if made, err := os.ReadDir(runs); err != nil || len(made) != 1 {
		t.Errorf("there are %v, %v", made, err)
	}
}

func TestCopyInput(t *testing.T) {
	dir, err := folder.Create(t.TempDir(), "one")
	if err != nil {
		t.Fatal(err)
	}
	in, err := dir.CopyInput(t.Context(), strings.NewReader("abc"), func(path string) string {
		if content, _ := os.ReadFile(path); string(content) != "abc" {
			t.Errorf("asked for a name before the copy was whole: %q", content)
		}
		return "input.csv"
	})
	want := folder.Copied{File: "input.csv", SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Bytes: 3}
	if err != nil || in != want {
		t.Errorf("got %+v, %v", in, err)
	}
	if sum, err := folder.HashFile(dir.File("input.csv")); err != nil || sum != want.SHA256 {
		t.Errorf("the copy's hash is %s, %v", sum, err)
	}
}

// A source that gives nothing is left behind when the context ends.
func TestCopyInputOfASourceThatNeverEnds(t *testing.T) {
	dir, err := folder.Create(t.TempDir(), "one")
	if err != nil {
		t.Fatal(err)
	}
	never, writer := io.Pipe()
	defer writer.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errFull)
	if _, err := dir.CopyInput(ctx, never, func(string) string { return "input.csv" }); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

func TestWriteAtomicLeavesTheOldFileWhenItFails(t *testing.T) {
	dir, err := folder.Create(t.TempDir(), "one")
	if err != nil {
		t.Fatal(err)
	}
	content := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, writeErr := io.WriteString(w, text)
			return errors.Join(writeErr, err)
		}
	}
	if err := dir.WriteAtomic("f", content("old", nil)); err != nil {
		t.Fatal(err)
	}
	if err := dir.WriteAtomic("f", content("new", errFull)); !errors.Is(err, errFull) {
		t.Fatalf("got %v", err)
	}
	if got, _ := os.ReadFile(dir.File("f")); string(got) != "old" {
		t.Errorf("the file holds %q", got)
	}
	if entries, _ := os.ReadDir(dir.Path()); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// A last line that a crash cut off is ended, so that the next one is whole.
func TestAppendLinesEndsACutLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for n := range 3 {
		log, err := folder.AppendLines(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(log, "line %d\nhalf", n)
		if err := errors.Join(err, log.Close()); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(path)
	if want := "line 0\nhalf\nline 1\nhalf\nline 2\nhalf"; err != nil || string(content) != want {
		t.Errorf("got %q, %v", content, err)
	}
}

// A folder that somebody has removed is made again, and removed with all in it.
func TestEnsureAndRemove(t *testing.T) {
	dir, err := folder.Create(t.TempDir(), "one")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := errors.Join(dir.Remove(), dir.Ensure(), dir.WriteAtomic("f", func(io.Writer) error { return nil })); err != nil {
			t.Fatal(err)
		}
	}
	if err := dir.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir.Path()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

// A folder that a crash left before its run was entered is told from one of a run,
// or of somebody.
func TestOnlyInput(t *testing.T) {
	runs := t.TempDir()
	for name, files := range map[string][]string{"empty": nil, "cut": {"input.123.part"}, "copied": {"input.csv"}, "run": {"input.csv", "run.log"}, "notes": {"notes.txt"}} {
		dir, err := folder.Create(runs, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if err := os.WriteFile(dir.File(file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := dir.OnlyInput(), name != "run" && name != "notes"; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if folder.At(runs, "none").OnlyInput() {
		t.Error("a folder that is not there has only an input")
	}
}
