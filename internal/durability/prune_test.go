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
	"github.com/bulknum/bulknum/internal/testextent"
)

// undisturbed is the longest that a commit of another account's run may wait while
// old runs are removed.
const undisturbed = time.Second

// sentEach is how many updates each run of the year has.
const sentEach = 3_000

// aYear is a store with a year of runs of an account, and with a run of another
// account that goes on, each as a process has it.
type aYear struct {
	t     *testing.T
	o     sqlite.Options
	all   []store.Run
	other *sqlite.Store
	going store.Run
	// look is called after each commit of the other run; nil: nothing is looked at.
	look func()
}

func newYear(t *testing.T, o sqlite.Options, runs int) *aYear {
	t.Helper()
	y := &aYear{t: t, o: o}
	old := y.open()
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
		y.all = append(y.all, run)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	y.other = y.open()
	y.going = enter(t, y.other, "key-2", "going on")
	return y
}

// open opens the store with connections of its own.
func (y *aYear) open() *sqlite.Store {
	y.t.Helper()
	s, err := sqlite.Open(y.t.Context(), y.o)
	if err != nil {
		y.t.Fatal(err)
	}
	y.t.Cleanup(func() { _ = s.Close() }) // closing it again is harmless
	return s
}

// remove removes the year while the other run goes on, which may not wait for that.
func (y *aYear) remove() {
	y.t.Helper()
	old := y.open()
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
			if err := y.other.Append(y.going.ID, anUpdate(line)...); err != nil {
				y.t.Error(err)
				return
			}
			waits = append(waits, time.Since(began))
			if y.look != nil {
				y.look()
			}
		}
	})
	began := time.Now()
	for _, run := range y.all {
		if err := old.Delete(y.t.Context(), run.ID); err != nil {
			y.t.Error(err)
			break
		}
	}
	took := time.Since(began)
	close(stop)
	sending.Wait()
	slices.Sort(waits)
	if len(waits) == 0 {
		y.t.Fatal("nothing was committed meanwhile")
	}
	y.t.Logf("%d runs of %d updates were removed in %v; meanwhile %d commits, of which half took %v, and the longest %v",
		len(y.all), sentEach, took.Round(time.Millisecond), len(waits), waits[len(waits)/2], waits[len(waits)-1])
	if longest := waits[len(waits)-1]; longest > undisturbed {
		y.t.Errorf("a commit waited %v", longest)
	}
}

// While a year of runs is removed, the run of another account goes on.
func TestAYearIsRemovedWhileAnotherRunGoesOn(t *testing.T) {
	testextent.Variant(t) // so is one from a full disk
	newYear(t, sqlite.Options{Dir: t.TempDir(), State: t.TempDir()}, testextent.Count(30)).remove()
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
