//go:build linux

package hosts

import (
	"bytes"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
)

// A commit that is under way when the command is asked to end, or is killed, is made: each answer that came is recorded, or its
// row is in doubt, and the run goes on from there.
func TestASignalDuringACommit(t *testing.T) {
	for name, is := range map[string]struct {
		signal syscall.Signal
		code   int
	}{"SIGTERM": {syscall.SIGTERM, 143}, "SIGKILL": {syscall.SIGKILL, -1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, pgtest.Shared(t), sandbox.Config{})
			h := s.host("first")
			answered := s.after(3)
			c := h.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--rate", "5/s")
			var signalled atomic.Bool
			<-answered
			h.network.OnSent(func(b []byte) ([]byte, network.Cutting) {
				if bytes.Contains(b, []byte("COMMIT\x00")) && signalled.CompareAndSwap(false, true) {
					c.signal(is.signal)
					time.Sleep(500 * time.Millisecond) // the command knows of it before the commit is made
				}
				return b, network.No
			})
			if code := c.code(); code != is.code || !signalled.Load() {
				t.Errorf("exit code %d\n%s", code, &c.out)
			}
			sent := len(s.seen())
			doubt, _ := strconv.Atoi(s.ask("SELECT count(*) FROM bulknum.in_flight"))
			recorded, _ := strconv.Atoi(s.ask("SELECT count(*) FROM bulknum.results WHERE status = 'updated'"))
			if is.code == 143 && (doubt != 0 || recorded != sent) || recorded+doubt < sent {
				t.Errorf("of %d updates %d have their answer recorded, and %d are in doubt\n%s", sent, recorded, doubt, &c.out)
			}
			s.host("second").run(0, "resume", "one", "--yes", "--wait-lock", "1m")
			s.lawful()
			s.whole("one")
		})
	}
}
