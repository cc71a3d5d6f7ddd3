package durability

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/internal/testrun"
)

// undisturbed is the longest that a commit of another account's run may wait while
// old runs are removed.
const undisturbed = time.Second

// While a year of runs is removed, the run of another account goes on.
func TestAYearIsRemovedWhileAnotherRunGoesOn(t *testing.T) {
	runs := testrun.Count(30)
	const sentEach = 3_000
	o := sqlite.Options{Dir: t.TempDir(), State: t.TempDir()}
	open := func() *sqlite.Store {
		s, err := sqlite.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	old := open()
	var all []store.Run
	for i := range runs {
		run := enter(t, old, "key-1", fmt.Sprint("night-", i))
		var records []store.Record
		for line := range sentEach {
			records = append(records, anUpdate(line)...)
		}
		for some := range slices.Chunk(records, 1_000) {
			if err := old.Append(run.ID, some...); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, run)
	}
	other := open() // as another process has it: a connection of its own
	going := enter(t, other, "key-2", "going on")
	var waits []time.Duration
	stop := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() {
		for line := 0; ; line++ {
			select {
			case <-stop:
				return
			default:
			}
			began := time.Now()
			if err := other.Append(going.ID, anUpdate(line)...); err != nil {
				t.Error(err)
				return
			}
			waits = append(waits, time.Since(began))
		}
	})
	began := time.Now()
	for _, run := range all {
		if err := old.Delete(t.Context(), run.ID); err != nil {
			t.Fatal(err)
		}
	}
	took := time.Since(began)
	close(stop)
	sending.Wait()
	slices.Sort(waits)
	t.Logf("%d runs of %d updates were removed in %v; meanwhile %d commits, of which half took %v, and the longest %v",
		runs, sentEach, took.Round(time.Millisecond), len(waits), waits[len(waits)/2], waits[len(waits)-1])
	if longest := waits[len(waits)-1]; longest > undisturbed {
		t.Errorf("a commit waited %v", longest)
	}
}

// enter enters a run of an account.
func enter(t *testing.T, s *sqlite.Store, key, name string) store.Run {
	t.Helper()
	a, err := s.Account(t.Context(), "https://api.example.com", key)
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.NewRun(t.Context(), store.NewRun{Name: name, Job: "nightly", Account: a.ID, StartedAt: time.Now(), Identity: json.RawMessage(`{}`), Source: strings.NewReader(name)})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// anUpdate is one with its answer.
func anUpdate(line int) []store.Record {
	number := fmt.Sprintf("+1202%07d", line)
	return []store.Record{
		&store.Intent{At: time.Now(), Line: line + 2, Number: number, Changes: []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: "MRID-b"}}},
		&store.Result{At: time.Now(), Result: result.Result{Row: line + 1, Line: line + 2, Number: number, Status: result.Updated}},
	}
}
