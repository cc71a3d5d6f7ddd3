package sqlite_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/internal/testextent"
)

// Backups that are made while a run sends are whole, each by itself, and known for
// what they are when one is put back.
func TestBackupsWhileARunSends(t *testing.T) {
	testextent.Variant(t)
	backups := testextent.Count(50)
	o := inFolder(t)
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	a, err := s.Account(t.Context(), api, "key")
	must(t, err)
	lock, err := s.Lock(t.Context(), a, store.Myself("", ""), 0)
	must(t, err)
	run := newRun(t, s, a, "one")
	var sending sync.WaitGroup
	more := make(chan struct{})
	lines := 2
	sending.Go(func() {
		for range more {
			for range 200 {
				if err := errors.Join(s.Append(run.ID, intent(lines)), s.Append(run.ID, done(lines, result.Updated))); err != nil {
					t.Error(err)
				}
				lines++
			}
		}
	})
	reader := o
	reader.ReadOnly = true
	dir, before := t.TempDir(), int64(-1)
	for i := range backups {
		r, err := sqlite.Open(t.Context(), reader)
		must(t, err)
		more <- struct{}{}
		report, err := r.Backup(t.Context(), filepath.Join(dir, fmt.Sprint(i)))
		must(t, err)
		must(t, r.Close())
		if report.Runs != 1 || report.Sequence < before || len(report.Faults) > 0 {
			t.Errorf("backup %d: %+v", i, report)
		}
		before = report.Sequence
	}
	close(more)
	sending.Wait()
	sent(t, s, run.ID, lines, result.Updated) // the last backup is older too
	lock.Release()
	must(t, s.Close())
	t.Logf("%d rows were sent meanwhile", lines)
	for i := range backups {
		putBack(t, o, filepath.Join(dir, fmt.Sprint(i)))
		_, err := sqlite.Open(t.Context(), o)
		refused, ok := errors.AsType[*store.RefusedError](err)
		if !ok || !strings.Contains(refused.Why, "is older than it was") {
			t.Fatalf("backup %d: %v", i, err)
		}
	}
	_, err = sqlite.AcceptRestored(t.Context(), o)
	must(t, err)
	s = open(t, o)
	report, err := s.Check(t.Context())
	must(t, err)
	if len(report.Faults) > 0 || report.Runs != 1 {
		t.Errorf("the accepted backup: %+v", report)
	}
}

// putBack makes a backup the store of a folder, as docs/store.md says.
func putBack(t *testing.T, o sqlite.Options, backup string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(filepath.Join(o.Dir, sqlite.File) + suffix); !errors.Is(err, fs.ErrNotExist) {
			must(t, err)
		}
	}
	content, err := os.ReadFile(backup)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(o.Dir, sqlite.File), content, 0o600))
}

func TestABackupIsANewFileOfItsOwner(t *testing.T) {
	o, _ := aStore(t, 3)
	s := open(t, o)
	file := filepath.Join(t.TempDir(), "copy.db")
	_, err := s.Backup(t.Context(), file)
	must(t, err)
	info, err := os.Stat(file)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}
	if _, err := s.Backup(t.Context(), file); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over another file: %v", err)
	}
	if _, err := s.Backup(t.Context(), filepath.Join(file, "x")); err == nil {
		t.Error("in a folder that is none")
	}
	left, err := os.ReadDir(filepath.Dir(file))
	must(t, err)
	if len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
