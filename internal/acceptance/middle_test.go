//go:build unix

package acceptance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// The rollback of a rollback that is killed, be it as it sends, or as it reads back what
// it sent, is resumed, and the inventory is as the cutover had left it.
func TestKilledInTheRollbackOfARollback(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	for name, at := range map[string]moment{
		"as it sends":      {sandbox.Update, 25, 1},
		"as it reads back": {sandbox.Number, 25, 2}, // it was read for the plan
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKilling(t)
			k.bulknum(0, k.apply...)
			moved := k.export()
			k.bulknum(0, k.rollback...)
			k.killedAt(at, "rollback", "back", "--run", "redo", "--yes", "--max-changes", "100%", "--waves", "10,40,100%", "--read", "each", "-q")
			if k.export() == moved {
				t.Error("nothing was left to do: the test tests nothing")
			}
			k.bulknum(0, "resume", "redo", "--yes")
			if k.export() != moved {
				t.Error("the inventory is not as the cutover had left it")
			}
			for _, row := range k.results("redo") {
				if row["Status"] != "updated" {
					t.Errorf("%v", row)
				}
			}
			k.bulknum(0, "verify", "one", "--detailed-exitcode")
		})
	}
}

// A run whose machine slept for longer than its tokens live gets new ones, and goes on.
func TestSuspendedForLongerThanItsTokens(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	var slept atomic.Int64
	o := newOperator(t, sandbox.Config{Now: func() time.Time { return time.Now().Add(time.Duration(slept.Load())) }})
	c := o.command("bulknum", "apply", o.file("rows", signalRows), "--all", "--run", "one", "--yes", "--workers", "2")
	now, awake := make(chan struct{}), make(chan struct{})
	o.after(signalRows/2, func() {
		close(now)
		<-awake
	})
	o.start(c)
	<-now
	before := o.api.Stats().TokensIssued
	for _, s := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		if err := c.Process.Signal(s); err != nil {
			t.Error(err)
		}
		slept.Store(int64(3 * time.Hour))
	}
	close(awake)
	<-c.ended
	c.wants(t, 0)
	o.wantUpdated()
	if o.api.Stats().TokensIssued == before {
		t.Error("the tokens had not ended: the test tests nothing")
	}
}

// A plan that is applied three times at once is applied once: the others say that it is
// locked, or was applied.
func TestOnePlanThreeTimesAtOnce(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	o := newOperator(t, sandbox.Config{})
	o.bulknum(0, "plan", o.file("rows", signalRows), "--run", "one", "--max-changes", "100%")
	var all []*child
	for range 3 {
		all = append(all, o.start(o.command("bulknum", "apply", "--plan", "one", "--yes", "--max-changes", "100%")))
	}
	codes := map[int]int{}
	for _, c := range all {
		<-c.ended
		code := c.ProcessState.ExitCode()
		codes[code]++
		if told := c.stderr.String(); code == 4 && !strings.Contains(told, "was applied already") || code == 8 && !strings.Contains(told, "locked by pid") {
			t.Errorf("exit code %d: %s", code, told)
		}
	}
	if codes[0] != 1 || codes[4]+codes[8] != 2 {
		t.Errorf("exit codes %v", codes)
	}
	if n := o.api.Stats().Updates; n != signalRows {
		t.Errorf("%d updates", n)
	}
	o.wantUpdated()
}

// A command that may open few files says so, and sends nothing that the store does not
// have; with more of them the run goes on to its end.
func TestFewDescriptors(t *testing.T) {
	testextent.Variant(t)
	t.Parallel()
	hinted := atomic.Bool{}
	t.Run("limits", func(t *testing.T) {
		for _, limit := range []int{10, 12, 14, 16, 18, 20, 24} {
			t.Run(fmt.Sprint(limit), func(t *testing.T) {
				if limit%4 != 0 {
					testextent.Variant(t)
				}
				t.Parallel()
				o := newOperator(t, sandbox.Config{})
				file := o.file("rows", 30)
				args := []string{"apply", file, "--run", "one", "--yes", "--max-changes", "100%"}
				script := fmt.Sprintf(`ulimit -n %d; exec bulknum "$@" --outage-wait 50ms`, limit)
				c := o.start(o.command("sh", append([]string{"-c", script, "bulknum"}, args...)...))
				<-c.ended
				if strings.Contains(c.stderr.String(), "ulimit -n 1024") {
					hinted.Store(true)
				}
				j, sent := o.journal("one"), o.api.Stats()
				for i := range 30 {
					if _, intended := j.doubt[i+2]; sent.Numbers[number(i)].Updates > 0 && !intended {
						t.Errorf("line %d was sent, and the store does not have it", i+2)
					}
				}
				if j.begun {
					args = []string{"resume", "one", "--yes", "--max-changes", "100%"}
				} else if err := os.RemoveAll(filepath.Join(o.dir, "runs", "one")); err != nil {
					t.Fatal(err)
				}
				o.bulknum(0, args...)
				o.wantUpdated()
				for i := range 30 {
					if n := o.api.Stats().Numbers[number(i)].Updates; n > 1 && !j.doubt[i+2] {
						t.Errorf("line %d was sent %d times", i+2, n)
					}
				}
			})
		}
	})
	if !hinted.Load() {
		t.Error("no command has said what it lacks")
	}
}
