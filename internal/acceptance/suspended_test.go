//go:build unix

package acceptance

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// A run whose process is suspended is told as that, by its process; and what was asked of it
// in vain is not done when it wakes.
func TestASuspendedRun(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	o := newOperator(t, sandbox.Config{})
	c := o.command("bulknum", "apply", o.file("rows", signalRows), "--all", "--run", "one", "--yes", "--rate", "20/s", "--workers", "1")
	sending := make(chan struct{})
	o.after(5, func() { close(sending) })
	o.start(c)
	<-sending
	signal := func(s syscall.Signal) {
		t.Helper()
		if err := c.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	silent := o.bulknum(1, "ctl", "one", "stop")
	if want := fmt.Sprintf("run one does not answer, and was asked for nothing: pid %d on ", c.Process.Pid); !strings.Contains(silent.stderr.String(), want) ||
		!strings.Contains(silent.stderr.String(), " has it since 2") {
		t.Errorf("%s", &silent.stderr)
	}
	signal(syscall.SIGCONT)
	if is := o.bulknum(0, "ctl", "one", "status"); !strings.Contains(is.stdout.String(), "sending") {
		t.Errorf("%s", &is.stdout)
	}
	o.bulknum(0, "ctl", "one", "rate", "1000/s")
	<-c.ended
	c.wants(t, 0)
	o.wantUpdated()
}
