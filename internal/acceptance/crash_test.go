package acceptance

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

const crashWorkers = 8

// crashSize is how many rows the crash test has, at most as many as in a full run,
// and how often it kills.
func crashSize() (rows, kills int) {
	const rowsOfAFullRun, killsOfAFullRun = 2000, 200
	return min(testextent.Count(rowsOfAFullRun), rowsOfAFullRun), testextent.Count(killsOfAFullRun)
}

// The command is killed at any moment and resumed, again and again: in the end
// each row has one result, each number is in sync, only what was in doubt was
// sent again, and every wave has ended once it was read back.
func TestCrash(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"all":  {"--all"},
		"plan": nil,
		// Each row has a route of its own: no wave has them all.
		"waves": {"--waves", "100%", "--max-wave", "40", "--verify", "20", "--check-routes=false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name != "all" { // internal/model kills in waves, in virtual time; TestKilledInAWave does once here
				testextent.Variant(t)
			}
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			rows, kills := crashSize()
			// Enough that what is in doubt can be read, and more is sent, before a kill.
			reach := max(rows/25, 4*crashWorkers)
			if name == "waves" {
				rows /= 4 // each is sent, and read back
			}
			if name != "all" {
				reach = min(2*rows, 512) // readings are recorded together, 256 at a time
			}
			c := &crash{random: rand.New(rand.NewPCG(seed, 0)), flags: flags, rows: rows, reach: reach}
			c.operator = newOperator(t, sandbox.Config{Latency: 2 * time.Millisecond, Numbers: 300})
			c.mayBeKilled()
			for c.kills < kills/3 {
				c.survive()
			}
			t.Logf("%d kills in %d runs, %d of them left %d rows in doubt", c.kills, c.runs, c.doubtful, c.doubts)
		})
	}
}

// crash is an operator whose machine is killed again and again.
type crash struct {
	*operator
	random *rand.Rand
	flags  []string
	rows   int
	reach  int // requests before a kill, at most

	kills, runs      int
	doubtful, doubts int // kills that left rows in doubt, and such rows
}

// moment is when an execution is to be killed: some time after its start, or
// some requests and a little.
func (c *crash) moment() <-chan struct{} {
	now := make(chan struct{})
	within := func(d time.Duration) func() {
		d = time.Duration(c.random.Int64N(int64(d)))
		return func() { time.AfterFunc(d, func() { close(now) }) }
	}
	if c.random.IntN(4) == 0 {
		within(200 * time.Millisecond)()
	} else {
		c.after(1+c.random.IntN(c.reach), within(20*time.Millisecond))
	}
	return now
}

// survive takes one file to its end, through kills.
func (c *crash) survive() {
	c.t.Helper()
	c.runs++
	run, before := strconv.Itoa(c.runs), c.api.Stats()
	file := c.file(run, c.rows)
	sendings := map[int]int{} // by line, how often it may be sent
	for {
		args := append([]string{"apply", file, "--run", run}, c.flags...)
		if j := c.journal(run); j.begun {
			args = []string{"resume", run}
		} else if err := os.RemoveAll(filepath.Join(c.dir, "runs", run)); err != nil {
			c.t.Fatal(err)
		}
		if slices.Contains(c.flags, "--waves") {
			args = append(args, "--allow-partial-first-wave")
		}
		if !c.killed(append(args, "--yes", "--max-changes", "100%", "-q")) {
			break
		}
		c.count(c.journal(run), sendings)
	}
	c.wantOnce(run)
	c.wantWaves(run)
	c.wantInSync(run, before, sendings)
}

// killed starts the command and kills it, unless it comes to its end before.
func (c *crash) killed(args []string) bool {
	c.t.Helper()
	moment := c.moment()
	child := c.start(c.command("bulknum", args...))
	defer c.after(0, nil)
	select {
	case <-child.ended:
	case <-moment:
		if err := child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			c.t.Fatal(err)
		}
		<-child.ended
	}
	if child.ProcessState.ExitCode() < 0 {
		c.kills++
		return true
	}
	child.wants(c.t, 0)
	return false
}

// count takes in which rows a kill left in doubt.
func (c *crash) count(j journal, sendings map[int]int) {
	doubts := 0
	for line, doubt := range j.doubt {
		if doubt {
			sendings[line]++
			doubts++
		}
	}
	if c.doubts += doubts; doubts > 0 {
		c.doubtful++
	}
	if doubts > crashWorkers {
		c.t.Errorf("a kill left %d rows in doubt, with %d workers", doubts, crashWorkers)
	}
}

// wantOnce wants each row in results.csv once, and each order that the journal
// has.
func (c *crash) wantOnce(run string) {
	c.t.Helper()
	results := c.results(run)
	if len(results) != c.rows {
		c.t.Fatalf("results.csv has %d rows", len(results))
	}
	reported := map[string]int{}
	for i, r := range results {
		if r["Row"] != strconv.Itoa(i+1) || r["Number"] != number(i) || r["Status"] != "updated" {
			c.t.Errorf("row %d of results.csv: %v", i+1, r)
		}
		reported[r["UpdateOrderId"]] = i + 2
	}
	for id, line := range c.journal(run).orders {
		if reported[id] != line {
			c.t.Errorf("line %d: order %s is in the journal and not in the report", line, id)
		}
	}
}

// wantWaves wants every wave to have ended and to have passed, if there are any.
func (c *crash) wantWaves(run string) {
	c.t.Helper()
	waves := c.waves(run)
	if want := slices.Contains(c.flags, "--waves"); want != (len(waves) > 0) {
		c.t.Errorf("summary.json has the waves %+v", waves)
	}
	for i, w := range waves {
		if w.N != i+1 || w.Of != len(waves) || w.Verified < 1 || !w.Passed {
			c.t.Errorf("wave %d of %d is %+v", i+1, len(waves), w)
		}
	}
}

// wantInSync wants the API to have each number in sync, and to have seen an
// update of it, and one more for each time that it was in doubt.
func (c *crash) wantInSync(run string, before sandbox.Stats, sendings map[int]int) {
	c.t.Helper()
	after := c.api.Stats()
	for i := range c.rows {
		if record, _ := c.api.Number(number(i)); record.MessageRouteId != route(run, i) {
			c.t.Errorf("%s has %q, want %q", number(i), record.MessageRouteId, route(run, i))
		}
		updates := after.Numbers[number(i)].Updates - before.Numbers[number(i)].Updates
		if most := 1 + sendings[i+2]; updates < 1 || updates > most {
			c.t.Errorf("%s was updated %d times, at most %d were right", number(i), updates, most)
		}
	}
}
