package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// diskRows is enough for the store to be full in each step of a run.
const diskRows = 120

// noSpace are the reasons that a command gives: those of the store's driver, and
// the system's, of any other file of the run.
var noSpace = []string{"disk is full", "disk I/O error", syscall.ENOSPC.Error(), syscall.EFBIG.Error()}

// A file of the store that cannot grow stops the run before a request leaves that
// the store does not have. With space again, resume finishes.
func TestFileTooLarge(t *testing.T) {
	if os.Geteuid() == 0 { // TestFullDisk has a small disk
		testextent.Variant(t)
	}
	t.Parallel()
	whileTooSmall(t, func(o *operator, kilobytes int) *child {
		script := fmt.Sprintf("ulimit -f %d; exec bulknum apply rows.csv --yes --run one --max-changes 100%%", 2*kilobytes) // of 512 bytes
		c := o.start(o.command("sh", "-c", script))
		<-c.ended
		return c
	})
}

// A disk that is full in the middle of a run stops it in the same way.
func TestFullDisk(t *testing.T) {
	testextent.Variant(t) // internal/durability fills disks too
	t.Parallel()
	const size = 16 << 20
	whileTooSmall(t, func(o *operator, kilobytes int) *child {
		disk := o.mount(size)
		filler := filepath.Join(disk, "filler")
		if err := os.WriteFile(filler, make([]byte, size-kilobytes<<10), 0o600); err != nil {
			o.t.Fatal(err)
		}
		c := o.start(o.command("bulknum", "apply", "rows.csv", "--yes", "--run", "one", "--max-changes", "100%", "--ignore-free-space"))
		<-c.ended
		if err := os.Remove(filler); err != nil {
			o.t.Fatal(err)
		}
		return c
	})
}

// mount makes the runs folder a disk of its own, of so many bytes.
func (o *operator) mount(size int) (disk string) {
	o.t.Helper()
	disk = filepath.Join(o.dir, "runs")
	if err := os.Mkdir(disk, 0o700); err != nil {
		o.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprint("mode=0700,size=", size)); err != nil {
		o.t.Skipf("a small disk cannot be mounted: %v", err)
	}
	o.t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			o.t.Error(err)
		}
	})
	return disk
}

// On a disk that has become read-only, or is full, a run is told and its numbers are verified; what would send is
// refused with what helps, and nothing leaves. It goes on afterwards.
func TestReadOnlyAndFullDisk(t *testing.T) {
	t.Parallel()
	const size = 200 << 20
	o := newOperator(t, sandbox.Config{})
	disk := o.mount(size)
	sending := make(chan struct{})
	o.after(5, func() { close(sending) })
	c := o.start(o.command("bulknum", "apply", o.file("more", 30), "--all", "--yes", "--run", "two", "--rate", "10/s", "--workers", "1"))
	<-sending
	if err := c.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	<-c.ended
	c.wants(t, 130)
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	updates := o.api.Stats().Updates
	refused := func(when string, args ...string) {
		t.Helper()
		told := o.bulknum(6, args...).stderr.String()
		if !strings.Contains(told, "bulknum: hint: ") || o.api.Stats().Updates != updates {
			t.Errorf("%s: %v: %d updates\n%s", when, args, o.api.Stats().Updates-updates, told)
		}
	}

	remount(syscall.MS_RDONLY)
	if told := o.bulknum(0, "verify", "two"); !strings.Contains(told.stdout.String(), "in_sync ") ||
		!strings.Contains(told.stderr.String(), "what the numbers are is shown, and not kept") {
		t.Errorf("%s\n%s", &told.stdout, &told.stderr)
	}
	if told := o.bulknum(0, "report", "two"); !strings.Contains(told.stdout.String(), "Run two stopped early: interrupt") {
		t.Errorf("%s", &told.stdout)
	}
	refused("read-only", "rollback", "two", "--yes", "--max-changes", "100%")
	refused("read-only", "resume", "two", "--yes")
	refused("read-only", "apply", "more.csv", "--yes")

	remount(0)
	filler := filepath.Join(disk, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 64<<10); err == nil; {
		_, err = f.Write(block)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	refused("full", "resume", "two", "--yes", "--ignore-free-space")
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	o.bulknum(0, "resume", "two", "--yes", "--rate", "1000/s")
}

// whileTooSmall applies a file with ever more space, until there is enough.
func whileTooSmall(t *testing.T, apply func(o *operator, kilobytes int) *child) {
	t.Helper()
	for kilobytes, enough := 16, false; !enough && !t.Failed(); kilobytes += 16 + testextent.Step(kilobytes)/4 {
		t.Run(fmt.Sprint(kilobytes), func(t *testing.T) {
			defer func() { enough = enough || t.Skipped() }() // as where nobody but root can mount a disk
			o := newOperator(t, sandbox.Config{})
			o.file("rows", diskRows)
			c := apply(o, kilobytes)
			if enough = c.ProcessState.ExitCode() == 0; !enough {
				o.wantStopped(c)
			}
		})
	}
}

// wantStopped wants a command that had no space to have stopped in good order,
// and its run to go on where it stopped.
func (o *operator) wantStopped(c *child) {
	o.t.Helper()
	j := o.journal("one")
	if !j.begun {
		o.wantNotBegun(c)
		return
	}
	c.wants(o.t, 6)
	_, told, _ := strings.Cut(c.stderr.String(), "bulknum: error: ")
	first, _, _ := strings.Cut(told, "\n")
	full := func(reason string) bool { return strings.Contains(first, reason) }
	if !strings.HasPrefix(first, "stopped: disk: ") || !slices.ContainsFunc(noSpace, full) {
		o.t.Errorf("told:\n%s", &c.stderr)
	}
	before := o.api.Stats()
	for i := range diskRows {
		_, intended := j.doubt[i+2]
		if before.Numbers[number(i)].Updates > 0 && !intended {
			o.t.Errorf("line %d was sent, and the store does not have it", i+2)
		}
	}
	o.t.Logf("%d updates, then: %s", before.Updates, first)
	o.bulknum(0, "resume", "one", "--yes", "--max-changes", "100%", "--ignore-free-space")
	o.wantUpdated()
	if _, err := os.Stat(filepath.Join(o.dir, "runs", "one", "report.html")); err != nil {
		o.t.Errorf("the run has finished: %v", err)
	}
	after := o.api.Stats()
	for i := range diskRows {
		if n := after.Numbers[number(i)].Updates; n > 1 && !j.doubt[i+2] {
			o.t.Errorf("line %d was sent %d times", i+2, n)
		}
	}
}

// wantNotBegun wants a command that had no space for the store to have sent
// nothing, and to work when there is.
func (o *operator) wantNotBegun(c *child) {
	o.t.Helper()
	if c.ProcessState.ExitCode() == 0 || o.api.Stats().Updates > 0 {
		o.t.Errorf("%d updates left before the run was entered\n%s", o.api.Stats().Updates, &c.stderr)
	}
	if err := os.RemoveAll(filepath.Join(o.dir, "runs", "one")); err != nil {
		o.t.Fatal(err)
	}
	o.bulknum(0, "apply", "rows.csv", "--yes", "--run", "one", "--max-changes", "100%", "--ignore-free-space")
	o.wantUpdated()
}
