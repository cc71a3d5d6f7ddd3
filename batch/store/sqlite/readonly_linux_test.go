package sqlite_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

func TestAReadOnlyDiskIsRead(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("mounting is not allowed: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	o := sqlite.Options{Dir: filepath.Join(disk, "runs"), State: t.TempDir()}
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	run := newRun(t, s, account(t, s, "key"), "one")
	sent(t, s, run.ID, 2, result.Updated)
	must(t, s.Close())
	must(t, syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
	if s, err := sqlite.Open(t.Context(), o); err == nil {
		t.Error("it is opened for writing")
		_ = s.Close()
	}
	o.ReadOnly = true
	s = open(t, o)
	if outcomes := list(t, s.Outcomes(t.Context(), run.ID)); len(outcomes) != 1 || outcomes[0].Status != result.Updated {
		t.Errorf("outcomes %v", outcomes)
	}
	a, err := s.Account(t.Context(), api, "another key")
	must(t, err)
	if a.ID == 0 {
		t.Error("an account that was never entered is everybody's")
	}
	if report, err := s.Check(t.Context()); err != nil || len(report.Faults) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
	if s.Append(run.ID, intent(3)) == nil {
		t.Error("it was written to")
	}
	left, err := os.ReadDir(o.Dir)
	must(t, err)
	if len(left) != 2 { // the database and the locks
		t.Errorf("%v", left)
	}
}

func TestAFullDiskLosesNothingThatWasAcknowledged(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mounting is not allowed: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	o := sqlite.Options{Dir: filepath.Join(disk, "runs"), State: t.TempDir()}
	s, err := sqlite.Open(t.Context(), o)
	must(t, err)
	run := newRun(t, s, account(t, s, "key"), "one")
	appended := 0
	for line := 2; err == nil; line++ {
		if err = s.Append(run.ID, intent(line)); err == nil {
			appended++
		}
	}
	broken(t, s, run.ID, err)
	_ = s.Close()
	must(t, syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=16m"))
	s = open(t, o)
	if n := len(list(t, s.Outcomes(t.Context(), run.ID))); n != appended {
		t.Errorf("%d intents are there, %d were acknowledged", n, appended)
	}
	must(t, s.Append(run.ID, intent(2)))
}
