package batch_test

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client/sandbox"
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
		want := int64(0o600)
		if header.Typeflag == tar.TypeDir {
			want = 0o700
		}
		if header.Mode != want {
			t.Errorf("%s has mode %o", header.Name, header.Mode)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag == tar.TypeDir {
			continue
		}
		if first == "" {
			first = header.Name
		}
		files[header.Name] = string(content)
	}
}

// An archive has all that people open, and the input as it was given, also when
// somebody has changed the folder's copy; it begins with what run it is. Nothing
// of the run stays in the store.
func TestAnArchiveHasTheFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := rows(2)
		b := planned(newBench(t, sandbox.Config{}, text))
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		dir := run.Dir()
		err = errors.Join(
			os.WriteFile(dir.File("results.csv"), []byte("told\n"), 0o600),
			os.Mkdir(dir.File("parts"), 0o700),
			os.WriteFile(filepath.Join(dir.File("parts"), "note"), []byte("of somebody"), 0o600),
			os.WriteFile(dir.File("input.csv"), []byte("changed"), 0o600),
			os.Symlink("results.csv", dir.File("link")),
		)
		if err != nil {
			t.Fatal(err)
		}
		path, err := prune.Archive(t.Context(), b.runs(), b.listed())
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("the archive is %v, %v", info.Mode(), err)
		}
		name := run.Identity.Name
		files, first := packed(t, path)
		if first != name+"/run.json" || !strings.Contains(files[first], `"name":"`+name+`"`) {
			t.Errorf("it begins with %s: %s", first, files[first])
		}
		delete(files, first)
		const records = "/.records/000001.jsonl"
		if !strings.HasPrefix(files[name+records], `{"format":1,`) {
			t.Errorf("its records are %.80s", files[name+records])
		}
		delete(files, name+records)
		want := map[string]string{
			name + "/results.csv": "told\n", name + "/parts/note": "of somebody", name + "/input.csv": text,
		}
		if diff := cmp.Diff(want, files); diff != "" {
			t.Error(diff)
		}
		if _, err := b.config.Store.Run(t.Context(), name); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the store has it: %v", err)
		}
		back, err := prune.Restore(t.Context(), b.runs(), name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(run.Identity, back.Identity); diff != "" || !back.EndedAt.Equal(run.EndedAt) {
			t.Errorf("it came back as another: %s", diff)
		}
		if note, err := os.ReadFile(filepath.Join(back.Dir().File("parts"), "note")); err != nil || string(note) != "of somebody" {
			t.Errorf("its folder has %q, %v", note, err)
		}
		if info := b.listed(); info.State != runs.Finished {
			t.Errorf("it is listed as %+v", info)
		}
	})
}

// What is no archive of a run is passed over, and hides no other.
func TestOtherFilesAreNoArchives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(1)))
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		path, err := prune.Archive(t.Context(), b.runs(), b.listed())
		if err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{"half": whole[:len(whole)/4], "empty": nil, "text": []byte("a text")} {
			if err := os.WriteFile(filepath.Join(b.config.RunsDir, name+runs.ArchiveSuffix), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if info := b.listed(); info.State != runs.Archived || info.Folder != path {
			t.Errorf("listed as %+v", info)
		}
	})
}
