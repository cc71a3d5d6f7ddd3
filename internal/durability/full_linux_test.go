package durability

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

const (
	// diskSize is that of the small disk.
	diskSize = 8 << 20
	// fullRows is how many rows a run has whose disk is full.
	fullRows = 40
)

// noSpace are the reasons that a command gives: those of the store's driver, and
// the system's, of any other file.
var noSpace = []string{"disk is full", "disk I/O error", syscall.ENOSPC.Error(), syscall.EFBIG.Error()}

// smallDisk mounts a disk of its own at a folder, with so many bytes free; free
// makes space.
func (o *operator) smallDisk(name string, bytes int) (free func()) {
	o.t.Helper()
	path := filepath.Join(o.dir, name)
	if err := os.MkdirAll(path, 0o700); err != nil {
		o.t.Fatal(err)
	}
	mount(o.t, path, diskSize)
	filler := filepath.Join(path, ".filler")
	if err := os.WriteFile(filler, make([]byte, diskSize-bytes), 0o600); err != nil {
		o.t.Fatal(err)
	}
	return func() {
		if err := os.Remove(filler); err != nil {
			o.t.Fatal(err)
		}
	}
}

// mount mounts a disk of its own at a folder. Where nothing can be mounted, the
// test is skipped.
func mount(t *testing.T, path string, bytes int) {
	t.Helper()
	if err := syscall.Mount("tmpfs", path, "tmpfs", 0, fmt.Sprintf("mode=0700,size=%d", bytes)); err != nil {
		if os.Getenv("CI") != "" && os.Getuid() == 0 {
			t.Fatalf("a small disk cannot be mounted: %v", err)
		}
		t.Skipf("a small disk cannot be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(path, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// untilEnough applies a file with ever more space, until there is enough: each
// time the space ends somewhere else.
func untilEnough(t *testing.T, apply func(o *operator, kilobytes int) *ended) {
	t.Helper()
	codes := map[int]int{}
	for kilobytes, enough := 0, false; !enough; kilobytes += testextent.Step(60) {
		t.Run(fmt.Sprint(kilobytes), func(t *testing.T) {
			defer func() { enough = enough || t.Skipped() }() // as where nobody but root can mount a disk
			o := newOperator(t)
			o.file(fullRows)
			e := apply(o, kilobytes)
			codes[e.code]++
			if enough = e.code == 0; !enough {
				o.wantStopped(e)
			}
		})
	}
	t.Logf("exit codes: %v", codes)
}

// wantStopped wants a command that had no space to have stopped in good order,
// and its run to go on where it stopped.
func (o *operator) wantStopped(e *ended) {
	o.t.Helper()
	_, told, _ := strings.Cut(e.stderr.String(), "bulknum: error: ")
	first, _, _ := strings.Cut(told, "\n")
	sent := o.sent()
	o.t.Logf("%d updates, exit code %d: %s", len(sent), e.code, first)
	if e.code != 6 && (e.code != 3 || len(sent) > 0) {
		o.t.Errorf("exit code %d", e.code)
	}
	full := func(reason string) bool { return strings.Contains(first, reason) }
	if !slices.ContainsFunc(noSpace, full) {
		o.t.Errorf("told:\n%s", &e.stderr)
	}
	r := &recording{operator: o, rows: fullRows, steps: []step{{args: with("apply", "rows.csv", "--run", "one", "--ignore-free-space"), run: "one"}}, sent: sent, lines: math.MaxInt}
	g := &goingOn{recording: r, out: outage{at: math.MaxInt}, step: r.steps[0], api: o.api.Load()}
	g.look()
	g.api.forget()
	if len(g.faults) == 0 {
		g.goOn()
	}
	for _, fault := range g.faults {
		o.t.Error(fault)
	}
}

// sent are the updates that the API has seen.
func (o *operator) sent() (sent []update) {
	a := o.api.Load()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range a.seen {
		if s.Endpoint == sandbox.Update {
			sent = append(sent, update{number: s.Number})
		}
	}
	return sent
}

// forget forgets what was seen.
func (a *api) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen = nil
}

// A disk that is full in the middle of a run stops it before anything leaves that
// is not recorded. With space again, it goes on.
func TestAFullDiskStopsARunThatThenGoesOn(t *testing.T) {
	t.Parallel()
	untilEnough(t, func(o *operator, kilobytes int) *ended {
		free := o.smallDisk("runs", kilobytes<<10)
		e := o.bulknum(with("apply", "rows.csv", "--run", "one", "--ignore-free-space")...)
		free()
		return e
	})
}

// The same of a file that may not grow any more: any of those of the store.
func TestAFileThatCannotGrowStopsARunThatThenGoesOn(t *testing.T) {
	if os.Geteuid() == 0 { // the test before has a small disk
		testextent.Variant(t)
	}
	t.Parallel()
	untilEnough(t, func(o *operator, kilobytes int) *ended {
		script := fmt.Sprintf(`ulimit -f %d; exec "$@"`, 2*kilobytes) // of 512 bytes
		return o.run("sh", append([]string{"-c", script, "sh", "bulknum"}, with("apply", "rows.csv", "--run", "one", "--ignore-free-space")...)...)
	})
}

// The same of the folder of locks and marks: there the space ends at once, or not
// at all.
func TestAFullDiskOfTheMarksStopsARunThatThenGoesOn(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	for _, kilobytes := range []int{0, 4, 8, 12} {
		t.Run(fmt.Sprint(kilobytes), func(t *testing.T) {
			o := newOperator(t)
			o.file(fullRows)
			free := o.smallDisk("state", kilobytes<<10)
			e := o.bulknum(with("apply", "rows.csv", "--run", "one", "--ignore-free-space")...)
			free()
			if e.code != 0 {
				o.wantStopped(e)
			}
		})
	}
}
