//go:build linux

package hosts

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/testextent"
)

// Two hosts work on one run, whatever becomes of one of them, and of its network: never two send, no row is lost, and none is
// sent again once its answer is recorded; and the rate is kept over all, also beside somebody who reads.
func TestSoak(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	first := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("SOAK_SEED"), 10, 64); err == nil {
		first = given
	}
	for i := range uint64(testextent.Count(300)) {
		t.Run(fmt.Sprintf("seed=%d", first+i), func(t *testing.T) {
			t.Parallel()
			soak(t, newSite(t, server, sandbox.Config{Latency: 5 * time.Millisecond}), rand.New(rand.NewPCG(first+i, 0)))
		})
	}
}

// troubles are what becomes of a host that sends.
var troubles = map[string]func(h *host, c *command, random *rand.Rand){
	"killed": func(_ *host, c *command, _ *rand.Rand) { c.signal(syscall.SIGKILL) },
	"asked":  func(_ *host, c *command, _ *rand.Rand) { c.signal(syscall.SIGTERM) },
	"cut":    func(h *host, _ *command, _ *rand.Rand) { h.network.Cut() },
	"stalls": func(h *host, _ *command, random *rand.Rand) {
		h.network.Stall()
		time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
		h.network.Heal()
	},
	"down": func(h *host, _ *command, random *rand.Rand) {
		h.network.Down()
		time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
		h.network.Heal()
	},
	"half open": func(h *host, _ *command, _ *rand.Rand) { h.network.HalfOpen() },
	"stopped": func(h *host, c *command, random *rand.Rand) {
		c.signal(syscall.SIGSTOP)
		h.network.Cut()
		time.Sleep(time.Duration(random.IntN(9000)) * time.Millisecond)
		c.signal(syscall.SIGCONT)
	},
	"stopped after a commit": func(h *host, c *command, random *rand.Rand) {
		select {
		case <-h.stopAfterCommit(c, 1+random.Int32N(4)):
			h.network.Cut()
			time.Sleep(time.Duration(random.IntN(9000)) * time.Millisecond)
			c.signal(syscall.SIGCONT)
		case <-c.ended:
		}
		h.network.OnAnswered(nil)
	},
}

// names are those of the troubles.
var names = []string{"killed", "asked", "cut", "stalls", "down", "half open", "stopped", "stopped after a commit"}

func soak(t *testing.T, s *site, random *rand.Rand) {
	t.Helper()
	hosts := []*host{s.host("first"), s.host("second")}
	sending := s.after(1 + random.IntN(rows/2))
	running := hosts[0].start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--outage-wait", "10s", "--workers", "2")
	started := []*command{running}
	<-sending
	var reading []*command
	for _, name := range []string{"reads", "reads as well"} {
		reading = append(reading, s.host(name).start("plan", "many.csv", "--read", "each", "--outage-wait", "1m"))
	}
	for turn := range 3 {
		name := names[random.IntN(len(names))]
		h := hosts[turn%2]
		t.Logf("turn %d: %s", turn, name)
		over := make(chan struct{})
		its := rand.New(rand.NewPCG(random.Uint64(), 0))
		go func(c *command) {
			defer close(over)
			troubles[name](h, c, its)
		}(running)
		pause := time.Duration(random.IntN(500)) * time.Millisecond
		time.Sleep(pause)
		other := hosts[(turn+1)%2].start("resume", "one", "--yes", "--wait-lock", "20s", "--outage-wait", "10s", "--workers", "2")
		started = append(started, other)
		<-over
		if turn < 2 {
			time.Sleep(pause)
		}
		running = other
	}
	for _, c := range started {
		c.code()
	}
	for _, c := range reading {
		if code := c.code(); code != 0 {
			t.Errorf("a plan beside: exit code %d\n%s", code, &c.out)
		}
	}
	for tries := 0; ; tries++ {
		c := hosts[0].start("resume", "one", "--yes", "--wait-lock", "30s")
		started = append(started, c)
		if code := c.code(); code == 0 {
			break
		} else if tries == 5 {
			t.Errorf("exit code %d\n%s", code, &c.out)
			break
		}
	}
	s.lawful()
	s.frugal()
	s.whole("one")
	if t.Failed() {
		for _, c := range started {
			t.Logf("%d %v: %v\n%s", c.Process.Pid, c.Args, c.ProcessState, &c.out)
		}
	}
}
