package durability

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// A command that is asked to end while the disk takes its time for a commit makes it: each answer that came is recorded, and the
// run goes on from there. (What a kill leaves of a commit, the cuts of the power show.)
func TestASignalDuringACommit(t *testing.T) {
	needStrace(t)
	t.Parallel()
	const rows, before, syncTakes = 20, 5, 100 * time.Millisecond
	o := newOperator(t)
	o.file(rows)
	trace := filepath.Join(t.TempDir(), "trace")
	e := o.runWith(func(pid int) {
		o.api.Load().after(before, func() {
			time.AfterFunc(syncTakes/2, func() { o.signalChild(pid, syscall.SIGTERM) })
		})
	}, "strace", "-f", "-o", trace, "-e", "trace=fsync,fdatasync", "-e", fmt.Sprintf("inject=fsync,fdatasync:delay_enter=%d", syncTakes.Microseconds()),
		"bulknum", "apply", "rows.csv", "--all", "--yes", "--run", "one", "--workers", "2", "--rate", "20/s")
	if e.code != 143 {
		t.Errorf("%v", e)
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	until, _, signalled := strings.Cut(string(text), "SIGTERM")
	if !signalled || strings.Count(until, "sync(") == strings.Count(until, "= 0 (DELAYED)") {
		t.Errorf("no sync was under way at the signal:\n%s", text)
	}
	sent, recorded := o.api.Load().Stats().Updates, o.writes("one")
	if len(recorded) != sent || slices.ContainsFunc(recorded, func(w store.Write) bool { return w.Status != result.Updated }) {
		t.Errorf("of %d updates these are recorded: %+v\n%v", sent, recorded, e)
	}
	if e := o.bulknum("resume", "one", "--yes"); e.code != 0 {
		t.Errorf("%v", e)
	}
	for n, number := range o.api.Load().numbers(rows) {
		if is, _ := o.api.Load().Number(number); is.MessageRouteId != route(n) {
			t.Errorf("%s has %s", number, is.MessageRouteId)
		}
	}
}

// writes are those of a run that the store has.
func (o *operator) writes(run string) (all []store.Write) {
	o.t.Helper()
	s, err := o.openStore()
	if err != nil {
		o.t.Fatal(err)
	}
	defer s.Close()
	is, err := s.Run(o.t.Context(), run)
	if err != nil {
		o.t.Fatal(err)
	}
	for w, err := range s.Writes(o.t.Context(), store.WriteFilter{Run: is.ID}) {
		if err != nil {
			o.t.Fatal(err)
		}
		all = append(all, w)
	}
	return all
}
