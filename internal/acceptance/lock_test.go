package acceptance

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// Of two commands that start together on one file, one runs, and the other ends
// at once and names it; every time.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	rounds := testextent.Count(50)
	o := newOperator(t, sandbox.Config{})
	file := o.file("rows", 3)
	for round := range rounds {
		// The one that runs waits for the API until the other has ended.
		answer := make(chan struct{})
		o.after(1, func() { <-answer })
		args := []string{"apply", file, "--all", "--yes"}
		runs, ends := o.start(o.command("bulknum", args...)), o.start(o.command("bulknum", args...))
		select {
		case <-runs.ended:
			runs, ends = ends, runs
		case <-ends.ended:
		}
		close(answer)
		<-runs.ended
		ends.wants(t, 8)
		runs.wants(t, 0)
		if holder := fmt.Sprintf("pid %d on ", runs.Process.Pid); !strings.Contains(ends.stderr.String(), holder) {
			t.Fatalf("round %d: the refused one does not name %s\n%s", round, holder, &ends.stderr)
		}
	}
	if got, want := o.api.Stats().Updates, 3*rounds; got != want {
		t.Errorf("the API saw %d updates, want %d", got, want)
	}
}

// sending is `sending [N]`: the API has seen N updates, one unless it is said.
func sending(ts *testscript.TestScript, _ bool, args []string) {
	updates := 1
	if len(args) > 0 {
		var err error
		updates, err = strconv.Atoi(args[0])
		ts.Check(err)
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for ; of(ts).api.updates.Load() < int64(updates); <-tick.C {
	}
}

// release is `release [N]`: from now on updates are answered, up to the one before this many-th.
func release(ts *testscript.TestScript, _ bool, args []string) {
	from := int64(none)
	if len(args) > 0 {
		var err error
		from, err = strconv.ParseInt(args[0], 10, 64)
		ts.Check(err)
	}
	of(ts).api.release(from)
}

// none is later than every update.
const none = math.MaxInt64

// wait keeps the answer to an update back while it is held.
func (a *api) wait(update int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for update >= a.heldFrom {
		a.let.Wait()
	}
}

// release lets answers go, but for those from an update on.
func (a *api) release(from int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heldFrom = from
	a.let.Broadcast()
}
