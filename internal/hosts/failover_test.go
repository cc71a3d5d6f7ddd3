//go:build linux

package hosts

import (
	"path"
	"strings"
	"syscall"
	"testing"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
	"github.com/bulknum/bulknum/internal/testextent"
)

// replicated is a site whose server has a standby that follows it through a stream.
type replicated struct {
	*site
	standby *pgtest.Server
	stream  *network.Network
}

func newReplicated(t *testing.T) *replicated {
	t.Helper()
	primary := pgtest.New(t)
	stream, err := network.Between(between(primary.Address("x"), "@", "/"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stream.Close)
	s := newSite(t, primary, sandbox.Config{})
	return &replicated{s, primary.Standby(t, stream.Port()), stream}
}

// failOver lets the standby take over, as it is, at the address that a host knows.
func (r *replicated) failOver(h *host) {
	r.t.Helper()
	h.network.Down()
	r.server.Stop(syscall.SIGQUIT)
	r.standby.Promote(r.t)
	r.server, r.address = r.standby, r.standby.Address(path.Base(r.address))
	h.network.Lead(between(r.address, "@", "/"))
	h.network.Heal()
}

// A run goes on by a standby that takes over and lacks what was recorded last: that is written again before anything is sent.
func TestARunGoesOnByAStandby(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	r := newReplicated(t)
	h := r.host("first")
	sending := r.after(2)
	c := h.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--rate", "2/s")
	<-sending
	r.server.Caught(t)
	r.stream.Stall()
	<-r.after(len(r.seen()) + 3)
	r.failOver(h)
	if code := c.code(); code != 0 || !strings.Contains(c.out.String(), "another server took over in the store, and lacked what was recorded last") {
		t.Errorf("exit code %d\n%s", code, &c.out)
	}
	if n := len(r.seen()); n != rows {
		t.Errorf("%d updates, want %d", n, rows)
	}
	r.whole("one")
	if said := h.run(0, "report", "one"); !strings.Contains(said, "finished") {
		t.Errorf("it says\n%s", said)
	}
}

// A run that the standby lacks ends. New commands on its host are refused there, and accept-restored lets them go on: they believe
// nothing without a reading.
func TestARunThatTheStandbyLacksEnds(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	r := newReplicated(t)
	h := r.host("first")
	h.run(0, "check")
	r.server.Caught(t)
	r.stream.Stall()
	sending := r.after(3)
	c := h.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--rate", "2/s")
	<-sending
	r.failOver(h)
	if code := c.code(); code != 6 || !strings.Contains(c.out.String(), "another server is in its place") {
		t.Errorf("exit code %d\n%s", code, &c.out)
	}
	sent := len(r.seen())
	if said := h.run(4, "apply", "rows.csv", "--yes", "--run", "two"); !strings.Contains(said, "older than it was") || !strings.Contains(said, "store accept-restored") {
		t.Errorf("it says\n%s", said)
	}
	if len(r.seen()) != sent {
		t.Error("it was sent by a store that is older than it was")
	}
	h.run(0, "store", "accept-restored", "--yes")
	h.run(0, "apply", "rows.csv", "--yes", "--run", "two")
	if n := len(r.seen()); n != rows {
		t.Errorf("%d updates, want %d", n, rows)
	}
}
