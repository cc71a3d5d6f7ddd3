package rundir_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
)

func decode(t *testing.T, body []byte) note {
	t.Helper()
	var n note
	if err := json.Unmarshal(body, &n); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return n
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// threeRecords returns a journal of three records, each a group of its own,
// with its content and where its records begin; the last offset is its size.
func threeRecords(t *testing.T) (path string, content []byte, offsets []int) {
	t.Helper()
	journal, path := newJournal(t)
	for n := range 3 {
		if err := journal.Append(note{Text: "record", N: n}); err != nil {
			t.Fatal(err)
		}
	}
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	offsets = []int{0}
	for i, b := range content {
		if b == '\n' {
			offsets = append(offsets, i+1)
		}
	}
	return path, content, offsets
}

// wholeBefore is how many records end at or before a byte.
func wholeBefore(offsets []int, at int) int {
	n := 0
	for n+1 < len(offsets) && offsets[n+1] <= at {
		n++
	}
	return n
}

func TestName(t *testing.T) {
	start := time.Date(2026, 11, 23, 3, 0, 0, 0, time.FixedZone("CET", 3600))
	if got, want := rundir.Name(start, "nightly/été 1"), "20261123T020000Z-nightly--t--1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCreateKeepsOthersOut(t *testing.T) {
	runs := filepath.Join(t.TempDir(), "runs")
	dir, err := rundir.Create(runs, "one", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dir.CopyInput(t.Context(), strings.NewReader("Number\n"), func(string) string { return "input.csv" }); err != nil {
		t.Fatal(err)
	}
	if err := dir.WriteAtomic(rundir.ResultsFile, func(w io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{
		runs:                         0o700 | fs.ModeDir,
		dir.Path():                   0o700 | fs.ModeDir,
		dir.File("input.csv"):        0o600,
		dir.File(rundir.ResultsFile): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: mode %v, want %v, error %v", path, info.Mode(), want, err)
		}
	}
}

func TestCreateTwice(t *testing.T) {
	runs := t.TempDir()
	for i, want := range []string{"one", "one-2", "one-3"} {
		dir, err := rundir.Create(runs, "one", true)
		if err != nil || dir.Base() != want {
			t.Fatalf("call %d: %v, %v", i, dir, err)
		}
	}
	if _, err := rundir.Create(runs, "one", false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a taken name: %v", err)
	}
	for _, name := range []string{"", "a/b", "..", ".hidden", "/etc"} {
		if _, err := rundir.Create(runs, name, false); err == nil {
			t.Errorf("%q was taken for a name", name)
		}
	}
}

func TestCopyInput(t *testing.T) {
	dir, err := rundir.Create(t.TempDir(), "one", false)
	if err != nil {
		t.Fatal(err)
	}
	in, err := dir.CopyInput(t.Context(), strings.NewReader("abc"), func(path string) string {
		if content, _ := os.ReadFile(path); string(content) != "abc" {
			t.Errorf("asked for a name before the copy was whole: %q", content)
		}
		return "input.csv"
	})
	want := rundir.Input{File: "input.csv", SHA256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Bytes: 3}
	if err != nil || in != want {
		t.Errorf("got %+v, %v", in, err)
	}
}

func TestWriteAtomicLeavesTheOldFileWhenItFails(t *testing.T) {
	dir, err := rundir.Create(t.TempDir(), "one", false)
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

func TestLogPassesOverACutLastLine(t *testing.T) {
	dir, err := rundir.Create(t.TempDir(), "one", false)
	if err != nil {
		t.Fatal(err)
	}
	log, err := dir.AppendLog("log")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(log.Append(note{N: 1}), log.Append(note{N: 2}), log.Close()); err != nil {
		t.Fatal(err)
	}
	content, _ := os.ReadFile(dir.File("log"))
	write(t, dir.File("log"), content[:len(content)-5])
	var got []int
	for n, err := range rundir.ReadLog[note](dir.File("log")) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, n.N)
	}
	if fmt.Sprint(got) != "[1]" {
		t.Errorf("got %v", got)
	}
	for range rundir.ReadLog[note](dir.File("none")) {
		t.Error("a log that is not there has a line")
	}
}
