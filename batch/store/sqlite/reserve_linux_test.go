package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

// smallDisk mounts a disk of its own, where that is allowed.
func smallDisk(t *testing.T, bytes string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+bytes); err != nil {
		if os.Getenv("CI") != "" && os.Getuid() == 0 {
			t.Fatalf("a small disk cannot be mounted: %v", err)
		}
		t.Skipf("a small disk cannot be mounted: %v", err)
	}
	t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

// fill leaves so many bytes free.
func fill(t *testing.T, dir string, free int64) {
	t.Helper()
	var s syscall.Statfs_t
	must(t, syscall.Statfs(dir, &s))
	f, err := os.CreateTemp(dir, "filler")
	must(t, err)
	for left := int64(s.Bavail)*s.Bsize - free; left > 0; left -= 1 << 20 {
		if _, err := f.Write(make([]byte, min(left, 1<<20))); err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	must(t, f.Close())
}

// On a disk that has become full nothing more is begun, and what has begun is
// recorded; and later a run can be removed.
func TestTheReserveIsForTheEnd(t *testing.T) {
	o := sqlite.Options{Dir: smallDisk(t, "192m"), State: t.TempDir(), Reserve: true}
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	reserve := filepath.Join(o.Dir, ".locks", "reserve")
	if sizeOf(t, reserve) != 32<<20 {
		t.Errorf("the reserve has %d bytes", sizeOf(t, reserve))
	}
	a, err := s.Account(t.Context(), api, "key")
	must(t, err)
	lock, err := s.Lock(t.Context(), a, store.Myself("", ""), 0)
	must(t, err)
	run := newRun(t, s, a, "one")
	must(t, s.Append(run.ID, planOf(400), &store.Milestone{Kind: store.Planned, At: at(1)}))
	must(t, s.Append(run.ID, intent(2), intent(3)))
	fill(t, o.Dir, 4<<20)
	must(t, s.Append(run.ID, intent(4))) // after this the disk is found to be full
	if err := s.Append(run.ID, intent(5)); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("an intent on a full disk: %v", err)
	}
	for line := 2; line < 5; line++ {
		must(t, s.Append(run.ID, done(line, result.Updated)))
	}
	must(t, s.Append(run.ID, &store.Milestone{Kind: store.Ended, At: at(9)}))
	lock.Release()
	must(t, s.Close())
	if sizeOf(t, reserve) != 0 {
		t.Error("the reserve is still there")
	}
	must(t, os.Truncate(reserve, 0))
	must(t, os.WriteFile(reserve, make([]byte, 32<<20), 0o600))
	fill(t, o.Dir, 0)
	s = open(t, o)
	must(t, s.Delete(t.Context(), run.ID))
	if runs, err := s.Runs(t.Context(), store.RunFilter{}); err != nil || len(runs) > 0 {
		t.Errorf("left %v, %v", runs, err)
	}
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	return info.Size()
}
