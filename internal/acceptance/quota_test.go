package acceptance

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// Commands of an account have one rate in all, on one host by the user's state folder, and on several by their store: nothing
// is refused, and the run goes on while others read.
func TestCommandsShareTheRate(t *testing.T) {
	t.Run("one host", func(t *testing.T) { shareTheRate(t, "") })
	t.Run("several hosts", func(t *testing.T) {
		server := pgtest.Shared(t)
		shareTheRate(t, server.NewDatabase(t, pgtest.Empty))
	})
}

func shareTheRate(t *testing.T, database string) {
	t.Parallel()
	// The rate leaves room for how unevenly processes get a busy processor; two of them at their own rate would need more.
	const rate, allowed, per = "40/s", 60, time.Second
	o := newOperator(t, sandbox.Config{Numbers: 250, Quota: sandbox.Quota{N: allowed, Per: per}})
	if database != "" {
		o.env = append(o.env, "BULKNUM_STORE="+database)
		o.bulknum(0, "store", "migrate")
	}
	host := func(name string, args ...string) *child {
		c := o.command("bulknum", append(args, "--rate", rate)...)
		if database != "" {
			c.Env = append(c.Env, "XDG_STATE_HOME="+o.dir+"/state-"+name)
			c.Args = append(c.Args, "--runs-dir", "runs-"+name)
		}
		return o.start(c)
	}
	const rows, read = 240, 30 // the others have begun long before the rows are sent, on a busy machine too
	updates, reads, beside, begun := 0, 0, 0, make(chan struct{})
	o.watch(func(s sandbox.Seen) {
		switch {
		case s.Endpoint == sandbox.Number && reads < read:
			reads++
		case s.Endpoint == sandbox.Update:
			if updates++; updates == 5 {
				close(begun)
			}
			if 0 < reads && reads < read {
				beside++
			}
		}
	})
	sends := host("one", "apply", o.file("rows", rows), "--all", "--yes")
	select {
	case <-begun:
	case <-sends.ended:
		sends.wants(t, 0)
	}
	plans := host("two", "plan", o.file("read", read), "--read", "each")
	checks := host("three", "check")
	for _, c := range []*child{sends, plans, checks} {
		<-c.ended
		c.wants(t, 0)
	}
	o.watch(nil)
	if n := o.api.Stats().Throttled; n != 0 {
		t.Errorf("%d requests were refused", n)
	}
	if updates != rows || reads != read || beside < read/2 {
		t.Errorf("%d updates, %d readings, and %d updates between the first and the last of them", updates, reads, beside)
	}
}
