//go:build linux

package hosts

import (
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// A run whose store is away is asked by its socket, on its own host; what it was asked for then is done, and recorded when the
// store is there again. On another host, and of a run that nobody carries out here, the store's error is told at once.
func TestARunIsAskedWhileItsStoreIsAway(t *testing.T) {
	t.Parallel()
	s := newSite(t, pgtest.Shared(t), sandbox.Config{})
	h, other := s.host("first"), s.host("second")
	sending := s.after(3)
	c := h.start("apply", "rows.csv", "--all", "--yes", "--run", "one", "--rate", "5/s")
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
		{other, []string{"status"}, 4, "see whether the server runs"},
	} {
		began := time.Now()
		said := asked.of.run(asked.code, append([]string{"ctl", "one"}, asked.args...)...)
		if took := time.Since(began); !strings.Contains(said, asked.says) || took > 10*time.Second {
			t.Errorf("%v after %s:\n%s", asked.args, took, said)
		}
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
