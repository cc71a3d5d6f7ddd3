//go:build linux

package hosts

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
	"github.com/bulknum/bulknum/internal/testextent"
)

// endsByASignal is within what time a command ends that is asked to while its store hangs: a pod is given longer.
const endsByASignal = 45 * time.Second

// A server that takes connections and answers nothing, as behind a network that loses all, is given up by one signal, wherever
// the command is; what it knows is in its report.
func TestASignalEndsWhatHangs(t *testing.T) {
	testextent.Variant(t)
	for _, args := range []string{"apply rows.csv --all --yes --run one --rate 5/s", "plan many.csv --read each --run one --rate 5/s"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, pgtest.Shared(t), sandbox.Config{})
			h := s.host("first")
			hangs := s.afterRequests(6) // tokens, what tells whose the key is, and some of the rows
			c := h.start(strings.Fields(args)...)
			<-hangs
			h.network.Stall()
			h.comes(c, "held: nothing is sent")
			c.endsBy(syscall.SIGTERM, 143, "stopped early: terminated")
			for _, known := range []string{fmt.Sprintf("updated         %d\n", len(s.seen())), fmt.Sprintf("Requests  %d (", len(s.requests)), "bulknum resume"} {
				if strings.HasPrefix(args, "apply") && !strings.Contains(c.out.String(), known) {
					t.Errorf("it does not say %s:\n%s", known, &c.out)
				}
			}
		})
	}
}

// Who watches the jobs of a queue that hangs is told, sees them again when it answers, and ends by one signal.
func TestWhoWatchesWaitsForTheQueue(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	f := newFleet(t, pgtest.Shared(t), 1, 4, sandbox.Config{})
	h := f.host("first")
	h.run(0, "fleet", "apply", "--queue", "--files", "files", "--all", "--yes")
	c := h.start("fleet", "status", "--watch")
	h.comes(c, "queued")
	h.network.Down()
	h.comes(c, "it is tried again until it answers")
	shown := strings.Count(c.out.String(), "queued")
	h.network.Heal()
	awaits(t, "the jobs are shown again", func() bool { return strings.Count(c.out.String(), "queued") > shown })
	h.network.Stall()
	c.endsBy(syscall.SIGTERM, 143)
	for _, command := range []string{"status", "cancel"} {
		if said := h.run(4, "fleet", command); !strings.Contains(said, "see whether the server runs") {
			t.Errorf("fleet %s: %s", command, said)
		}
	}
}

// The accounts of a fleet wait for their store as long as they were told to, and for one answer of one that hangs.
func TestAFleetWaitsForItsStoreAsLongAsItIsTold(t *testing.T) {
	for name, goes := range map[string]func(*network.Network){"away": (*network.Network).Down, "hangs": (*network.Network).Stall} {
		t.Run(name, func(t *testing.T) {
			testextent.Variant(t)
			t.Parallel()
			f := newFleet(t, pgtest.Shared(t), 2, 60, sandbox.Config{})
			h := f.host("first")
			c := h.start("fleet", "apply", "--files", "files", "--all", "--yes", "--rate", "5/s", "--outage-wait", "2s")
			awaits(t, "all send", func() bool { return f.accounts[0].seen() > 2 && f.accounts[1].seen() > 2 })
			goes(h.network)
			began := time.Now()
			code := c.code()
			const givesUp = 40 * time.Second // answers of the budget and of the store have 15 s each
			if took := time.Since(began); code != 6 || took > givesUp || strings.Count(c.out.String(), "apply ends, exit code 6") != 2 {
				t.Errorf("exit code %d after %s\n%s", code, took, &c.out)
			}
		})
	}
}

// endsBy asks a command to end, and wants it to do so in time, with a code, and to say something.
func (c *command) endsBy(asked syscall.Signal, code int, says ...string) {
	c.t.Helper()
	began := time.Now()
	c.signal(asked)
	if got, took := c.code(), time.Since(began); got != code || took > endsByASignal {
		c.t.Errorf("exit code %d after %s\n%s", got, took, &c.out)
	}
	for _, text := range says {
		if !strings.Contains(c.out.String(), text) {
			c.t.Errorf("it does not say %s:\n%s", text, &c.out)
		}
	}
	if strings.Contains(c.out.String(), "conn closed") {
		c.t.Errorf("it speaks of what nobody can do anything about:\n%s", &c.out)
	}
}
