//go:build linux

package hosts

import (
	"bytes"
	"fmt"
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

// Who is stopped between the commit of an intent and the sending, and wakes when another host has taken over, sends nothing.
func TestWhoWakesAfterATakeOverSendsNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Shared(t), sandbox.Config{})
	first, second := s.host("first"), s.host("second")
	sending := s.after(3)
	c := first.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--workers", "1", "--rate", "5/s")
	<-sending
	between := first.stopAfterIntent(c)
	<-between
	first.network.Cut()
	sent := len(s.seen())
	took := second.start("resume", "one", "--yes", "--wait-lock", "1m")
	if code := took.code(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, &took.out)
	}
	if !strings.Contains(took.out.String(), "did not let it go") {
		t.Errorf("it waited for nothing: %s", &took.out)
	}
	c.signal(syscall.SIGCONT)
	if code, out := c.code(), c.out.String(); code != 6 || !strings.Contains(out, "taken over") ||
		!strings.Contains(out, "bulknum report RUN") || strings.Contains(out, "has space") {
		t.Errorf("exit code %d\n%s", code, &c.out)
	}
	all := s.seen()
	for _, a := range all[sent:] {
		if a.pid == c.Process.Pid {
			t.Errorf("it sent at %s, after the take-over", a.at)
		}
	}
	if len(all) != rows {
		t.Errorf("%d updates, want %d", len(all), rows)
	}
	s.lawful()
	s.whole("one")
}

// Who is stopped for longer than a request may take to leave does not send what it has recorded, but records it once more.
func TestWhoWakesLateRenewsItsRecord(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Shared(t), sandbox.Config{})
	h := s.host("first")
	sending := s.after(3)
	c := h.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--workers", "1", "--rate", "5/s")
	<-sending
	between := h.stopAfterIntent(c)
	<-between
	intended := s.ask("SELECT max(intended_at) FROM bulknum.holders")
	time.Sleep(6 * time.Second)
	h.network.OnAnswered(nil)
	before, renewed := len(s.seen()), make(chan bool, 1)
	s.onUpdates(func(n int) { // while the request waits, so that no later row has an intent
		if n == before+1 {
			renewed <- s.ask("SELECT max(intended_at) FROM bulknum.holders") != intended
		}
	})
	c.signal(syscall.SIGCONT)
	if !<-renewed {
		t.Error("it was sent by an intent that is older than five seconds")
	}
	if code := c.code(); code != 0 {
		t.Errorf("exit code %d\n%s", code, &c.out)
	}
	s.whole("one")
}

// The answer to a request of a host that is cut off from the store, or stopped before it could record it, comes while another host
// takes the run over: it decides nothing, and is shown.
func TestALateAnswerIsShown(t *testing.T) {
	for name, loses := range map[string]func(s *site, h *host, c func() *command) (lost <-chan struct{}){
		"cut off": func(s *site, h *host, _ func() *command) <-chan struct{} {
			lost := make(chan struct{})
			s.onUpdates(func(n int) {
				if n == 4 {
					h.network.Down() // before the answer leaves
					close(lost)
				}
			})
			return lost
		},
		"stopped": func(s *site, h *host, c func() *command) <-chan struct{} {
			lost := make(chan struct{})
			var once sync.Once
			h.network.OnSent(func(b []byte) ([]byte, network.Cutting) {
				if len(s.seen()) == 4 && bytes.Contains(b, []byte("updated")) { // the status that is to be recorded
					once.Do(func() {
						c().stop()
						close(lost)
					})
					return b, network.Before
				}
				return b, network.No
			})
			return lost
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "stopped" {
				testextent.Variant(t)
			}
			t.Parallel()
			s := newSite(t, pgtest.Shared(t), sandbox.Config{})
			first, second := s.host("first"), s.host("second")
			started := make(chan *command, 1)
			lost := loses(s, first, sync.OnceValue(func() *command { return <-started }))
			c := first.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--workers", "1", "--rate", "5/s")
			started <- c
			<-lost
			first.network.Cut()
			second.run(0, "resume", "one", "--yes", "--wait-lock", "1m")
			first.network.OnSent(nil)
			first.network.Heal()
			c.signal(syscall.SIGCONT)
			if code := c.code(); code != 6 || !strings.Contains(c.out.String(), "taken over") || !strings.Contains(c.out.String(), "kept as evidence") {
				t.Errorf("exit code %d\n%s", code, &c.out)
			}
			if n := len(s.seen()); n != rows {
				t.Errorf("%d updates, want %d", n, rows)
			}
			s.lawful()
			s.whole("one")
			told := fmt.Sprintf("answered to pid %d on ", c.Process.Pid)
			for _, args := range [][]string{{"report", "one"}, {"report", "one", "--format", "markdown"}, {"history", number(3)}} {
				if said := strings.Join(strings.Fields(second.run(0, args...)), " "); !strings.Contains(said, told) || !strings.Contains(said, "after the run was taken over: updated, order ") {
					t.Errorf("%v says nothing of the late answer:\n%s", args, said)
				}
			}
			if said := second.run(0, "history", number(2)); strings.Contains(said, told) {
				t.Errorf("another number has it too:\n%s", said)
			}
		})
	}
}
