//go:build linux

package hosts

import (
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/testextent"
)

// A run whose store is away is asked by its socket, on its own host; what it was asked for then is done, and recorded when the
// store is there again. On another host, and of a run that nobody carries out here, the store's error is told at once.
func TestARunIsAskedWhileItsStoreIsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Shared(t), sandbox.Config{})
	h, other := s.host("first"), s.host("second")
	sending := s.after(3)
	c := h.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--rate", "5/s", "--log-format", "json")
	<-sending
	h.network.Down()
	other.network.Down()
	h.comes(c, "held: nothing is sent")
	for _, asked := range []struct {
		of   *host
		args []string
		code int
		says string
	}{
		{h, []string{"status"}, 0, "the store cannot be reached"},
		{h, []string{"pause", "--operator", "alice"}, 0, "the run was asked by its socket"},
		{h, []string{"rate", "6/s"}, 0, "the run was asked by its socket"},
		{h, []string{"next"}, 1, "no wave"},
		{other, []string{"stop"}, 4, "see whether the server runs"},
		{other, []string{"status"}, 4, "see whether the server runs"},
	} {
		began := time.Now()
		said := asked.of.run(asked.code, append([]string{"ctl", "one"}, asked.args...)...)
		if took := time.Since(began); !strings.Contains(said, asked.says) || took > 30*time.Second {
			t.Errorf("%v after %s:\n%s", asked.args, took, said)
		}
	}
	if strings.Contains(c.out.String(), `\n`) || strings.Contains(c.out.String(), "\n\t") {
		t.Errorf("an error has several lines:\n%s", &c.out)
	}
	h.network.Heal()
	other.network.Heal()
	h.comes(c, "no longer held")
	if said := other.run(0, "ctl", "one", "status"); !strings.Contains(said, "paused by alice") {
		t.Errorf("it is not paused:\n%s", said)
	}
	other.run(0, "ctl", "one", "continue", "alice")
	if code := c.code(); code != 0 {
		t.Errorf("exit code %d\n%s", code, &c.out)
	}
	s.whole("one")
	if said := other.run(0, "report", "one"); !strings.Contains(said, "pause by alice") {
		t.Errorf("it is not recorded:\n%s", said)
	}
}

// What was asked through the store before the run lost its connection is done once it has another one.
func TestWhatWasAskedBeforeIsDoneAfter(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	s := newSite(t, pgtest.Shared(t), sandbox.Config{})
	h, other := s.host("first"), s.host("second")
	sending := s.after(2)
	c := h.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--rate", "1/s")
	<-sending
	h.network.Stall() // so that it is not taken before
	asking := other.start("ctl", "one", "pause", "--operator", "alice")
	for s.ask("SELECT count(*) FROM bulknum.commands") == "0" {
		select {
		case <-asking.ended:
			t.Fatalf("it was not asked\n%s", &asking.out)
		case <-time.After(20 * time.Millisecond):
		}
	}
	h.network.Down()
	h.network.Heal()
	if code := asking.code(); code != 0 || !strings.Contains(asking.out.String(), "paused by alice") {
		t.Errorf("exit code %d\n%s", code, &asking.out)
	}
	other.run(0, "ctl", "one", "rate", "10/s")
	other.run(0, "ctl", "one", "continue", "alice")
	if code := c.code(); code != 0 {
		t.Errorf("exit code %d\n%s", code, &c.out)
	}
	s.whole("one")
}
