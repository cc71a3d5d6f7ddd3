package acceptance

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// Another process that writes to the store for longer than SQLite waits holds a run, as an outage does, and ends nothing.
func TestAnotherWriterHoldsTheRun(t *testing.T) {
	testextent.Variant(t) // it waits for longer than SQLite does, in real time
	t.Parallel()
	o := newOperator(t, sandbox.Config{})
	c := o.command("bulknum", "apply", o.file("rows", signalRows), "--all", "--run", "one", "--yes", "--rate", "20/s", "--workers", "1", "--log-format", "json")
	sending := make(chan struct{})
	o.after(5, func() { close(sending) })
	o.start(c)
	<-sending
	end := storetest.Occupy(t, filepath.Join(o.dir, "runs"))
	const longerThanSQLiteWaits = 6 * time.Second
	time.Sleep(time.Second) // what was under way has arrived
	sent := o.api.Stats().Updates
	time.Sleep(longerThanSQLiteWaits - time.Second)
	if now := o.api.Stats().Updates; now != sent || sent == signalRows {
		t.Errorf("%d updates, and %d before", now, sent)
	}
	if is := o.bulknum(0, "ctl", "one", "status"); !strings.Contains(is.stdout.String(), "another process writes to it") {
		t.Errorf("%s", &is.stdout)
	}
	end()
	<-c.ended
	c.wants(t, 0)
	for _, said := range []string{`"message":"held: nothing is sent"`, `"message":"no longer held"`} {
		if !strings.Contains(c.stderr.String(), said) {
			t.Errorf("it does not say %s:\n%s", said, &c.stderr)
		}
	}
	o.wantUpdated()
}
