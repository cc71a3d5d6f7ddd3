package rundir_test

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/bulknum/bulknum/batch/rundir"
)

// packed returns what an archive has, by name, and the first name.
func packed(t *testing.T, path string) (files map[string]string, first string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	files = map[string]string{}
	for archive := tar.NewReader(plain); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, first
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeDir {
			if header.Name != "one/" || header.Mode != 0o700 {
				t.Errorf("%s has mode %o", header.Name, header.Mode)
			}
			continue
		}
		if header.Mode != 0o600 {
			t.Errorf("%s has mode %o", header.Name, header.Mode)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = header.Name
		}
		files[header.Name] = string(content)
	}
}

// aRun is a locked folder with a journal of one record and two more files.
func aRun(t *testing.T) *rundir.Dir {
	t.Helper()
	dir, err := rundir.Create(t.TempDir(), "one", false)
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Lock(t.Context(), rundir.Myself("", ""), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(dir.Unlock)
	journal, err := dir.CreateJournal()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(journal.Append(note{Text: "first"}), journal.Append(note{Text: "second"}), journal.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, dir.File("input.csv"), []byte("Number\n"))
	if err := os.Mkdir(dir.File("parts"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir.File("parts/a"), []byte("a"))
	return dir
}

func TestAnArchiveHasEveryFile(t *testing.T) {
	dir := aRun(t)
	path, err := dir.Archive()
	if err != nil {
		t.Fatal(err)
	}
	if want := dir.Path() + ".tar.zst"; path != want {
		t.Errorf("got %s, want %s", path, want)
	}
	journal, err := os.ReadFile(dir.File(rundir.JournalFile))
	if err != nil {
		t.Fatal(err)
	}
	files, first := packed(t, path)
	want := map[string]string{"one/journal.jsonl": string(journal), "one/input.csv": "Number\n", "one/parts/a": "a"}
	if diff := cmp.Diff(want, files); diff != "" || first != "one/journal.jsonl" {
		t.Errorf("%s first, %s", first, diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("%v, %v", info, err)
	}
	record, err := rundir.PeekArchive(path)
	if err != nil || decode(t, record).Text != "first" {
		t.Errorf("the first record is %s, %v", record, err)
	}
	if _, err := rundir.PeekArchive(dir.File("input.csv")); err == nil {
		t.Error("a file that is no archive is read as one")
	}
}

func TestRemoveLeavesNothing(t *testing.T) {
	dir := aRun(t)
	if err := dir.Remove(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Dir(dir.Path()))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
