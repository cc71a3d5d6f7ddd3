package durability

import (
	"math"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/internal/testextent"
)

// A disk that has become full has the reserve: with that a year of runs can be
// removed, and the run of another account goes on meanwhile.
func TestAYearIsRemovedFromAFullDisk(t *testing.T) {
	testextent.Variant(t)
	const (
		ofARun  = 3 << 20   // of the disk, in bytes
		besides = 192 << 20 // the reserve is made where there are 128 MB
	)
	runs := max(5, testextent.Count(20))
	dir := t.TempDir()
	mount(t, dir, runs*ofARun+besides)
	y := newYear(t, sqlite.Options{Dir: dir, State: t.TempDir(), Reserve: true}, runs)
	if free := fill(t, dir); free >= 1<<20 {
		t.Fatalf("%d bytes are free", free)
	}
	const enough = 24 << 20 // three quarters of the reserve
	least := uint64(math.MaxUint64)
	y.look = func() { least = min(least, free(t, dir)) }
	y.remove()
	t.Logf("meanwhile at least %d MB were free, then %d", least>>20, free(t, dir)>>20)
	if least < enough {
		t.Errorf("of the reserve only %d bytes were left", least)
	}
}

// fill leaves nothing of a disk but its reserve, and returns what is free.
func fill(t *testing.T, dir string) uint64 {
	t.Helper()
	if info, err := os.Stat(filepath.Join(dir, ".locks", "reserve")); err != nil || info.Size() == 0 {
		t.Fatalf("there is no reserve: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".filler"), make([]byte, free(t, dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	return free(t, dir)
}

// free is how many bytes of a disk are free.
func free(t *testing.T, dir string) uint64 {
	t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		t.Error(err)
	}
	return s.Bavail * uint64(s.Bsize)
}
