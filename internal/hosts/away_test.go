//go:build linux

package hosts

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
	"github.com/bulknum/bulknum/internal/testextent"
)

// A store that goes away holds the run: nothing leaves, it is told, counted and shown, and the run goes on.
func TestAStoreThatIsAwayHoldsTheRun(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Shared(t), sandbox.Config{})
	h := s.host("first")
	sending := s.after(3)
	c := h.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--rate", "5/s", "--metrics-file", "m.prom", "--log-format", "json")
	<-sending
	h.network.Down()
	h.comes(c, `"message":"held: nothing is sent"`)
	sent := len(s.seen())
	time.Sleep(time.Second)
	if now := len(s.seen()); now != sent {
		t.Errorf("%d updates left while the store was away", now-sent)
	}
	h.network.Heal()
	if code := c.code(); code != 0 || !strings.Contains(c.out.String(), `"message":"no longer held"`) || !strings.Contains(c.out.String(), `"wait":"store"`) {
		t.Errorf("exit code %d\n%s", code, &c.out)
	}
	metrics, err := os.ReadFile(filepath.Join(h.dir, "m.prom"))
	if err != nil || !strings.Contains(string(metrics), `reason="store"`) {
		t.Errorf("%v\n%s", err, metrics)
	}
	text, err := os.ReadFile(filepath.Join(h.dir, "runs", "one", "summary.json"))
	var summary struct {
		Requests struct {
			WaitedMs map[string]int64
		}
	}
	if err != nil || json.Unmarshal(text, &summary) != nil || summary.Requests.WaitedMs["store"] < 1000 {
		t.Errorf("%v, %+v", err, summary)
	}
	s.whole("one")
}

// A store that stays away ends the run after --outage-wait with exit code 6, and resume on another host goes on.
func TestAStoreThatStaysAwayStopsTheRun(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Shared(t), sandbox.Config{})
	h := s.host("first")
	sending := s.after(3)
	c := h.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--rate", "5/s", "--outage-wait", "3s")
	<-sending
	h.network.Down()
	if code := c.code(); code != 6 || !strings.Contains(c.out.String(), "it was away for 3s") {
		t.Fatalf("exit code %d\n%s", code, &c.out)
	}
	if err := os.RemoveAll(filepath.Join(h.dir, "runs")); err != nil {
		t.Fatal(err)
	}
	s.host("second").run(0, "resume", "one", "--yes", "--wait-lock", "1m")
	s.lawful()
	s.whole("one")
}

// A connection that is half open, while something that is read is waited for, is given up: the command goes on by another one.
func TestAHalfOpenConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Shared(t), sandbox.Config{})
	h := s.host("first")
	sending := s.after(3)
	c := h.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--rate", "10/s")
	<-sending
	var once sync.Once
	h.network.OnSent(func(b []byte) ([]byte, network.Cutting) {
		if bytes.Contains(b, []byte("FROM milestones")) {
			once.Do(h.network.HalfOpen)
		}
		return b, network.No
	})
	began := time.Now()
	if code := c.code(); code != 0 || time.Since(began) < 20*time.Second {
		t.Errorf("exit code %d after %s\n%s", code, time.Since(began), &c.out)
	}
	s.lawful()
	s.whole("one")
}

// A worker whose store is away, and stays so, ends within the time that a pod has for it once it is asked to, by one signal. What
// the API answered meanwhile is in the run's log, and another worker goes on.
func TestAWorkerWhoseStoreIsAwayEnds(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	f := newFleet(t, pgtest.Shared(t), 2, 40, sandbox.Config{})
	h := f.host("first")
	h.run(0, "fleet", "apply", "--queue", "--files", "files", "--all", "--yes", "--rate", "5/s")
	w := h.start("worker")
	awaits(t, "all send", func() bool { return f.accounts[0].seen() > 2 && f.accounts[1].seen() > 2 })
	h.network.Down()
	h.comes(w, "held: nothing is sent")
	asked := time.Now()
	w.signal(syscall.SIGTERM)
	code := w.code()
	if took := time.Since(asked); took > 45*time.Second || code != 0 || !strings.Contains(w.out.String(), "other workers go on") {
		t.Errorf("exit code %d after %s\n%s", code, took, &w.out)
	}
	for _, a := range f.accounts {
		logs, _ := filepath.Glob(filepath.Join(h.dir, "runs", a.name, "*", "run.log"))
		if len(logs) != 1 {
			t.Fatalf("%s has %q", a.name, logs)
		}
		text, err := os.ReadFile(logs[0])
		answers := 0
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, `"endpoint":"update"`) && strings.Contains(line, `"http_status":200`) {
				answers++
			}
		}
		if err != nil || answers != a.seen() {
			t.Errorf("%s: %d answers are in run.log, of %d updates: %v\n%s", a.name, answers, a.seen(), err, text)
		}
	}
	other := f.host("second")
	w = other.start("worker")
	f.sound(other.awaitAll("done", 5*time.Minute), 5)
	w.signal(syscall.SIGTERM)
	w.code()
}

// PostgreSQL that is restarted in the middle, or loses its power, changes nothing of what becomes of the rows.
func TestARestartInTheMiddle(t *testing.T) {
	t.Parallel()
	server := pgtest.New(t)
	for _, how := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		s := newSite(t, server, sandbox.Config{})
		sending := s.after(3)
		c := s.host("first").start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--rate", "10/s")
		<-sending
		server.Stop(how)
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		if code := c.code(); code != 0 {
			t.Errorf("%s: exit code %d\n%s", how, code, &c.out)
		}
		s.lawful()
		s.whole("one")
	}
}

// comes waits until a command says something.
func (h *host) comes(c *command, text string) {
	h.t.Helper()
	for !strings.Contains(c.out.String(), text) {
		select {
		case <-c.ended:
			h.t.Fatalf("it has ended, and did not say %s\n%s", text, &c.out)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
