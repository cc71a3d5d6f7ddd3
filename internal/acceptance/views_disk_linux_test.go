package acceptance

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/internal/testextent"
)

// A run whose disk becomes full says the same of itself at once, as far as it can, and when there is space again.
func TestViewsAgreeOnAFullDisk(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	const size = 200 << 20 // with room for the reserve
	v := view(t)
	disk := v.mount(size)
	filler := filepath.Join(disk, "filler")
	v.run = v.command("bulknum", "apply", v.oneRoute("rows", 2_000), "--run", "one", "--yes", "--all", "--rate", "500/s", "--ignore-free-space",
		"--max-failures", "100%", "--metrics-file", "one.prom", "--listen", anyPort)
	ended := v.follows()
	v.start(v.run)
	v.until("it sends", func() bool { s, ok := v.state(); return ok && s.Counts["updated"] > 20 })
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	var is syscall.Statfs_t
	if err := syscall.Statfs(disk, &is); err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 64<<10)
	for left := int(is.Bavail) * int(is.Bsize); err == nil && left > 0; left -= len(block) { // not the reserve too
		_, err = f.Write(block)
	}
	_ = f.Close() // what it could not take
	<-v.run.ended
	v.run.wants(t, 6)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	told := v.run.stdout.String()
	v.run.stdout.reset() // the report comes from what the store has
	v.bulknum(0, "report", "one")
	v.agreeAtTheEnd("stopped", "bulknum resume runs/one", false, ended())
	v.sameSteps(v.read("report.html"), told, "bulknum resume runs/one")
}
