package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/quota"
	"github.com/bulknum/bulknum/client/gate"
)

const second = time.Second

var quotaAccount = store.Account{API: "https://api.example.com", Key: "DID-1"}

// commands are those of one account, each with a gate of its own, and when their requests left.
type commands struct {
	t     *testing.T
	state string
	done  context.Context //nolint:containedctx // of all
	all   sync.WaitGroup
	mu    sync.Mutex
	left  map[string][]time.Time
}

// begin begins a command whose requests leave as soon as they may.
func (c *commands) begin(name string, who quota.Asker, rate string, until time.Time) *gate.Gate {
	c.t.Helper()
	r, err := gate.ParseRate(rate)
	if err != nil {
		c.t.Fatal(err)
	}
	q, err := quota.Open(c.t.Context(), c.state, quotaAccount, who)
	if err != nil {
		c.t.Fatal(err)
	}
	g := gate.New(r, rand.Float64)
	g.Share(q)
	c.all.Go(func() {
		for time.Now().Before(until) {
			open, err := g.Pass(c.done, func(time.Time) bool { return true }, func(gate.Wait) {})
			if err != nil || !open {
				c.t.Errorf("%s: %v, %v", name, open, err)
				return
			}
			g.Landed()
			c.mu.Lock()
			c.left[name] = append(c.left[name], time.Now())
			c.mu.Unlock()
		}
	})
	return g
}

func begin(t *testing.T) *commands {
	t.Helper()
	return &commands{t: t, state: t.TempDir(), done: t.Context(), left: map[string][]time.Time{}}
}

// most is how many requests left in any such span.
func (c *commands) most(span time.Duration) (most int) {
	var all []time.Time
	for _, left := range c.left {
		all = append(all, left...)
	}
	slices.SortFunc(all, time.Time.Compare)
	first := 0
	for i, at := range all {
		for at.Sub(all[first]) >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

var run, reads = quota.Asker{Run: true, Longest: time.Hour}, quota.Asker{Longest: time.Hour}

// Whoever comes spends of one budget, and the run keeps half of it.
func TestARunKeepsHalfOfTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := begin(t)
		end := time.Now().Add(20 * time.Minute)
		c.begin("run", run, "48/m", end)
		for n := range 3 {
			c.begin(fmt.Sprint("reads ", n), reads, "48/m", end)
		}
		c.all.Wait()
		if most := c.most(time.Minute); most > 49 {
			t.Errorf("%d requests left within a minute", most)
		}
		if n := len(c.left["run"]); n < 470 || n > 500 {
			t.Errorf("%d requests of the run left, of 960", n)
		}
		for n := range 3 {
			if left := len(c.left[fmt.Sprint("reads ", n)]); left < 155 || left > 165 {
				t.Errorf("%d requests of reader %d left, of 480 of three", left, n)
			}
		}
	})
}

// What a slow rate left to wait for is not waited for when the rate is raised, by the same command or the next one.
func TestARateThatIsRaisedHoldsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := begin(t)
		slow := c.begin("slow", run, "1/h", time.Now().Add(time.Minute))
		time.Sleep(30 * second)
		rate, err := gate.ParseRate("48/m")
		if err != nil {
			t.Fatal(err)
		}
		slow.SetRate(rate)
		c.all.Wait()
		if n := len(c.left["slow"]); n < 24 || n > 27 {
			t.Errorf("%d requests left, want 1, and 24 in the half minute after the rate was raised", n)
		}
		c.begin("slowest", run, "1/h", time.Now().Add(second))
		c.all.Wait()
		time.Sleep(second)
		c.begin("next", run, "48/m", time.Now().Add(time.Minute))
		c.all.Wait()
		if n := len(c.left["next"]); n < 47 || n > 50 {
			t.Errorf("%d requests of the next command left within a minute", n)
		}
	})
}

// Where no run is, and where nobody else is, there is all of the rate.
func TestWhoIsAloneHasAllOfTheRate(t *testing.T) {
	for name, who := range map[string]quota.Asker{"run": run, "reads": reads} {
		for _, rate := range []string{"48/m", "20/s", "150/s"} {
			synctest.Test(t, func(t *testing.T) {
				c := begin(t)
				span := 5 * time.Minute
				if rate != "48/m" {
					span = 20 * second
				}
				c.begin(name, who, rate, time.Now().Add(span))
				c.all.Wait()
				r, err := gate.ParseRate(rate)
				if err != nil {
					t.Fatal(err)
				}
				want := r.PerSecond() * span.Seconds()
				if n := float64(len(c.left[name])); n < 0.97*want || n > want+2 {
					t.Errorf("%s %s: %v left, want %v", name, rate, n, want)
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		c := begin(t)
		begins := time.Now()
		c.begin("run", run, "48/m", begins.Add(5*time.Minute))
		c.begin("reads", reads, "48/m", begins.Add(10*time.Minute))
		c.all.Wait()
		after := 0
		for _, at := range c.left["reads"] {
			if at.Sub(begins) > 5*time.Minute+10*second {
				after++
			}
		}
		if after < 48*5-10 {
			t.Errorf("%d left in the five minutes after the run", after)
		}
	})
}

// Who goes slower by itself does not slow others down.
func TestASlowCommandTakesNoMoreThanItSpends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := begin(t)
		end := time.Now().Add(20 * time.Minute)
		c.begin("run", run, "48/m", end)
		c.begin("reads", reads, "6/m", end)
		c.all.Wait()
		if n := len(c.left["reads"]); n < 110 || n > 121 {
			t.Errorf("%d readings left, at 6 a minute", n)
		}
		if n := len(c.left["run"]); n < 800 {
			t.Errorf("%d requests of the run left, of 840", n)
		}
		if most := c.most(time.Minute); most > 49 {
			t.Errorf("%d requests left within a minute", most)
		}
	})
}

// What the server asks of one command holds for all, but for the one slot that each has taken before.
func TestAThrottledCommandHoldsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := begin(t)
		begins := time.Now()
		end := begins.Add(10 * time.Minute)
		c.begin("run", run, "48/m", end)
		g := c.begin("reads", reads, "48/m", end)
		time.Sleep(time.Minute)
		asked := time.Now()
		g.PushBack(gate.Throttled, asked, 2*time.Minute)
		c.all.Wait()
		early := 0
		for _, left := range c.left {
			for _, at := range left {
				if at.After(asked) && at.Before(asked.Add(2*time.Minute)) {
					early++
				}
			}
		}
		if early > 2 {
			t.Errorf("%d requests left meanwhile", early)
		}
		if most := c.most(time.Minute); most > 49 {
			t.Errorf("%d requests left within a minute", most)
		}
	})
}

func TestALongerWaitThanIsTakenIsTold(t *testing.T) {
	q, err := quota.Open(t.Context(), t.TempDir(), quotaAccount, quota.Asker{Longest: time.Minute})
	if err == nil {
		err = q.PushBack(t.Context(), time.Hour)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = q.Take(t.Context(), second, 1)
	if asked, is := errors.AsType[*gate.AskedError](err); !is || asked.Allowed != time.Minute || asked.Left < 59*time.Minute {
		t.Errorf("got %v", err)
	}
}

// Two keys of one account spend of one budget, as soon as it is known that they do.
func TestTwoKeysOfOneAccountShareItsBudget(t *testing.T) {
	state := t.TempDir()
	open := func(a store.Account) *quota.File {
		q, err := quota.Open(t.Context(), state, a, run)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	begins := func(q *quota.File) time.Time {
		slot, err := q.Take(t.Context(), time.Hour, 1)
		if err != nil || !slot.Taken {
			t.Fatal(slot, err)
		}
		return slot.Begins
	}
	first, second := quotaAccount, quotaAccount
	second.Key = "DID-2"
	before, other := open(first), open(second)
	if a, b := begins(before), begins(other); b.Sub(a) > time.Minute {
		t.Error("two accounts share a budget")
	}
	first.Name, second.Name = "AID-1", "AID-1"
	named, also := open(first), open(second)
	at := begins(named)
	for n, q := range []*quota.File{before, other, also} {
		if next := begins(q); next.Sub(at) < time.Minute {
			t.Errorf("key %d has a budget of its own", n)
		} else {
			at = next.Add(-time.Hour)
		}
	}
	entries, err := os.ReadDir(state)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", e.Name(), info.Mode(), err)
		}
	}
}

// What cannot be understood is of no worth, and stops nobody.
func TestADamagedFileIsABudgetAnew(t *testing.T) {
	state := t.TempDir()
	q, err := quota.Open(t.Context(), state, quotaAccount, run)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Take(t.Context(), time.Hour, 1); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(state, "*.quota"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	if err := os.WriteFile(files[0], []byte("{\"next\":"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, near := range []bool{true, false} {
		slot, err := q.Take(t.Context(), time.Hour, 1)
		if err != nil || (time.Until(slot.Begins) < time.Minute) != near {
			t.Errorf("got %v, %v", slot, err)
		}
	}
}

// Slots of whoever comes never overlap, whatever they ask.
func TestSlotsNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b quota.Budget
		now := time.Unix(1_700_000_000, 0)
		every := time.Duration(rapid.IntRange(1, 5_000).Draw(t, "every")) * time.Millisecond
		var free time.Time
		for range rapid.IntRange(1, 100).Draw(t, "asked") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(3*every)).Draw(t, "later")).Truncate(time.Microsecond))
			if free.Sub(now) > time.Minute { // no such crowd comes
				now = free
			}
			who := quota.Asker{Run: rapid.Bool().Draw(t, "run"), Longest: time.Hour}
			n := rapid.IntRange(1, 3).Draw(t, "n")
			slot, turn, err := b.Take(now, who, every, n)
			switch {
			case err != nil:
				t.Fatal(err)
			case slot.Taken && slot.Begins.Before(free):
				t.Fatalf("a slot begins at %v, within one that ends at %v", slot.Begins, free)
			case slot.Begins.Before(now), !slot.Taken && (who.Run || !slot.Begins.After(now)), slot.Taken != (turn == 0):
				t.Fatalf("%+v at %v, turn %d", slot, now, turn)
			case slot.Taken:
				free = slot.Begins.Add(time.Duration(n) * every)
			}
		}
	})
}
