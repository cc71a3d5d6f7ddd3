package acceptance

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// ofMany is how many numbers the inventory has of those whose machine is killed.
const ofMany = 200

// newCrash returns an operator of an inventory whose machine is killed, in the
// course of some sixty requests.
func newCrash(t *testing.T) *crash {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	c := &crash{
		operator: newOperator(t, sandbox.Config{Latency: 2 * time.Millisecond, Numbers: ofMany, PageSize: 10}),
		random:   rand.New(rand.NewPCG(seed, 0)), reach: 60,
	}
	c.mayBeKilled()
	return c
}

// A verification that is killed leaves the run as it was, and another one finds
// the same as one that was never killed.
func TestCrashOfAVerification(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	kills := testextent.Count(10)
	c := newCrash(t)
	c.bulknum(0, "apply", c.cutover(ofMany), "--yes", "--max-changes", "100%", "--run", "one")
	for i := 0; i < ofMany; i += 50 {
		c.meddle(i, "MRID-other")
	}
	before := c.records("one").without("verified")
	for c.kills < kills {
		c.killed([]string{"verify", "one", "--read", "each", "-q"})
		c.bulknum(0, "report", "one", "--format", "csv")
	}
	c.bulknum(0, "verify", "one")
	if got := c.records("one").without("verified"); got != before {
		t.Error("what the run recorded has changed")
	}
	verified := c.column("one", "verify.csv", "Verified")
	if len(verified) != ofMany {
		t.Fatalf("verify.csv has %d rows", len(verified))
	}
	for i, got := range verified {
		if want := map[bool]string{true: "drifted", false: "in_sync"}[i%50 == 0]; got != want {
			t.Errorf("row %d is %s, want %s", i+1, got, want)
		}
	}
}

// A rollback that is killed, again and again, and resumed, ends as one that was
// never killed.
func TestCrashOfARollback(t *testing.T) {
	testextent.Variant(t) // TestKilledInAWave kills a rollback once
	t.Parallel()
	c := newCrash(t)
	file, before := c.alike(ofMany), c.export()
	c.bulknum(0, "apply", file, "--yes", "--max-changes", "100%", "--run", "one")
	for {
		args := []string{"rollback", "one", "--run", "back", "--waves", "10,50%"}
		if j := c.journal("back"); j.begun {
			args = []string{"resume", "back"}
		} else if err := os.RemoveAll(filepath.Join(c.dir, "runs", "back")); err != nil {
			t.Fatal(err)
		}
		if !c.killed(append(args, "--yes", "-q")) {
			break
		}
	}
	t.Logf("%d kills", c.kills)
	if c.export() != before {
		t.Error("the inventory is not what it was")
	}
	for _, row := range c.results("back") {
		if row["Status"] != "updated" {
			t.Errorf("%v", row)
		}
	}
}

// A run in waves that is killed as a wave is sent or read back, be it the first or
// a later one, goes on in that wave, and ends as one that was never killed. So
// does the rollback.
func TestKilledInAWave(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	whole := newKilling(t)
	whole.bulknum(0, whole.apply...)
	moved := whole.export()
	whole.bulknum(0, whole.rollback...)
	for name, at := range map[string]moment{
		"as the first wave is sent":      {sandbox.Update, 4, 1},
		"as a later wave is sent":        {sandbox.Update, 25, 1},
		"as the first wave is read back": {sandbox.Number, 4, 2}, // it was read for the plan
		"as a later wave is read back":   {sandbox.Number, 25, 2},
		"as the last wave is read back":  {sandbox.Number, 55, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKilling(t)
			k.killedAt(at, k.apply...)
			k.bulknum(0, "resume", "one", "--yes")
			k.wantAs(whole, "one")
			if k.export() != moved {
				t.Error("the inventory is not as without the kill")
			}
			k.killedAt(at, k.rollback...)
			k.bulknum(0, "resume", "back", "--yes")
			k.wantAs(whole, "back")
			if k.export() != k.before {
				t.Error("the inventory is not what it was")
			}
		})
	}
}

// killing is an operator whose machine is killed at a certain moment, in a
// cutover of 60 numbers in waves, or in its rollback.
type killing struct {
	*operator
	before          string // the inventory
	apply, rollback []string
	updated         []string // numbers, in the order in which they were
}

// newKilling returns an operator with a file.
func newKilling(t *testing.T) *killing {
	t.Helper()
	k := &killing{operator: newOperator(t, sandbox.Config{Numbers: 60})}
	k.mayBeKilled()
	file, flags := k.alike(60), []string{"--yes", "--max-changes", "100%", "--waves", "10,40,100%", "--read", "each", "-q"}
	k.before = k.export()
	k.apply = append([]string{"apply", file, "--run", "one"}, flags...)
	k.rollback = append([]string{"rollback", "one", "--run", "back"}, flags...)
	return k
}

// moment is when a row's number is asked for at an endpoint, for the n-th time.
type moment struct {
	endpoint sandbox.Endpoint
	row, n   int
}

// killedAt starts a command, which is killed before it has the answer that the
// moment brings. Of what is updated from then on the order is noted.
func (k *killing) killedAt(at moment, args ...string) {
	k.t.Helper()
	now, dead := make(chan struct{}), make(chan struct{})
	number, n := k.listed(at.row), 0
	k.updated = nil
	k.watch(func(s sandbox.Seen) {
		if s.Applied {
			k.updated = append(k.updated, s.Number)
		}
		if s.Endpoint != at.endpoint || s.Number != number {
			return
		}
		if n++; n == at.n {
			close(now)
			<-dead
		}
	})
	child := k.start(k.command("bulknum", args...))
	select {
	case <-child.ended:
		k.t.Fatalf("%v has ended before: %s", args, &child.stderr)
	case <-now:
	}
	if err := child.Process.Kill(); err != nil {
		k.t.Fatal(err)
	}
	<-child.ended
	close(dead)
}

// wantAs wants a run to have ended as that of another operator: in the same
// waves, each of which ended once, and before the next began.
func (k *killing) wantAs(other *killing, run string) {
	k.t.Helper()
	for _, column := range []string{"Number", "Status", "Changes"} {
		if got, want := k.column(run, "results.csv", column), other.column(run, "results.csv", column); !slices.Equal(got, want) {
			k.t.Errorf("%s: %s is %v, want %v", run, column, got, want)
		}
	}
	if got, want := k.waves(run), other.waves(run); len(want) != 3 || !slices.Equal(got, want) {
		k.t.Errorf("%s: the waves are %+v, want %+v", run, got, want)
	}
	if ends := strings.Count(k.records(run).String(), `"kind":"wave"`); ends != 3 {
		k.t.Errorf("%s: %d waves have ended", run, ends)
	}
	rows := map[string]int{}
	for i := range 60 {
		rows[k.listed(i)] = i
	}
	last := 0
	for _, number := range k.updated {
		wave, _ := slices.BinarySearch([]int{10, 40, 60}, rows[number]+1)
		if wave < last {
			k.t.Errorf("%s: row %d of wave %d was sent after wave %d had begun", run, rows[number]+1, wave+1, last+1)
		}
		last = wave
	}
}

// A run that is killed while it reads has sent nothing, and says how it goes on.
func TestKilledWhileReading(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	o := newOperator(t, sandbox.Config{})
	o.mayBeKilled()
	c, started := o.command("bulknum", "apply", o.file("rows", 30), "--yes", "--run", "one", "--max-changes", "100%"), make(chan struct{})
	o.after(3, func() {
		<-started
		if err := c.Process.Kill(); err != nil {
			t.Error(err)
		}
	})
	o.start(c)
	close(started)
	<-c.ended
	if told := o.bulknum(0, "report", "one").stdout.String(); !strings.Contains(told, "Next      bulknum resume runs/one --yes\n") ||
		!strings.Contains(told, "not_attempted  30") {
		t.Errorf("%s", told)
	}
	o.bulknum(4, "verify", "one")
	o.bulknum(0, "resume", "one", "--yes", "--max-changes", "100%")
	if n := o.api.Stats().Updates; n != 30 {
		t.Errorf("%d updates", n)
	}
}
