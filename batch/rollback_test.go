package batch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// onceMore gives the bench a fresh client, as another command has.
func (b *bench) onceMore() {
	b.t.Helper()
	api, err := client.New(b.client)
	if err != nil {
		b.t.Fatal(err)
	}
	b.config.Client, b.config.Reader, b.config.Control = api, api.Reader, control.New()
}

// rollback takes a run back.
func (b *bench) rollback(run *runs.Run, o batch.RollbackOptions) (*batch.Rollback, []result.Result, error) {
	b.t.Helper()
	b.onceMore()
	back, err := batch.PlanRollback(context.Background(), b.config, run.Identity.Name, o)
	if err != nil {
		return back, nil, err
	}
	taken, err := batch.Apply(context.Background(), back.Config(b.config))
	if err != nil {
		return back, nil, err
	}
	if taken.Identity.RollbackOf != run.Identity.Name {
		b.t.Errorf("the rollback is of %q", taken.Identity.RollbackOf)
	}
	return back, results(b.t, taken), nil
}

// routes are those of the first n numbers of the tests.
func (b *bench) routes(n int) string {
	var all []string
	for i := range n {
		record, _ := b.fake.Number(number(i))
		all = append(all, record.MessageRouteId)
	}
	return strings.Join(all, " ")
}

// A run that crashed anywhere is rolled back wholly: also what it does not know
// to have been applied.
func TestRollbackAfterACrashAnywhere(t *testing.T) {
	testextent.Variant(t) // of TestResumeAfterACrashAnywhere
	const n = 6
	for steps := 3; steps <= 3+2*n; steps += testextent.Spaced(3) { // those of the beginning, then two a row
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{}, rows(n)))
			b.config.Workers = 1
			before := b.routes(n)
			run := b.crash(steps)
			if got, want := b.fake.Stats().Updates, (steps-2)/2; got != want {
				t.Fatalf("after %d steps: %d updates, want %d", steps, got, want)
			}
			_, results, err := b.rollback(run, batch.RollbackOptions{})
			if steps == 3 {
				if err == nil {
					t.Error("a run that sent nothing was rolled back")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: (steps - 2) / 2})
			if got := b.routes(n); got != before {
				t.Errorf("the routes are %s, and were %s", got, before)
			}
		})
	}
}

// A row that was in doubt and had not been applied is as it was.
func TestRollbackOfWhatWasNotApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(2)))
		before := b.routes(2)
		b.config.Workers = 1
		run := b.crash(4) // run, plan, beginning, the first intent
		for i, route := range strings.Fields(before) {
			if err := b.fake.Set(number(i), func(r *sandbox.Record) { r.MessageRouteId = route }); err != nil {
				t.Fatal(err)
			}
		}
		_, results, err := b.rollback(run, batch.RollbackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Unchanged: 1})
	})
}

// Without a terminal a rollback of many rows is not held up, as a nightly file
// that changes as many would be; what was asked for is.
func TestRollbackIsNotGuardedAsAFile(t *testing.T) {
	testextent.Variant(t)
	synctest.Test(t, func(t *testing.T) {
		const n = 120
		b := planned(newBench(t, sandbox.Config{}, rows(n)))
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		b.config.Guards.Unattended = true
		b.config.Guards.Protect = map[string]struct{}{number(7): {}}
		if _, _, err := b.rollback(run, batch.RollbackOptions{}); !strings.Contains(fmt.Sprint(err), "is protected") {
			t.Errorf("a protected number: %v", err)
		}
		b.config.Guards.Protect = nil
		_, results, err := b.rollback(run, batch.RollbackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: n})
	})
}

// A run whose plan was changed is not rolled back.
func TestRollbackRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(2)))
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		b.config.Store = storetest.Forged{Store: b.config.Store, Old: `"new":"MRID-1"`, New: `"new":"MRID-x"`}
		if _, _, err := b.rollback(run, batch.RollbackOptions{}); !strings.Contains(fmt.Sprint(err), "its plan is not as it was made") {
			t.Errorf("a plan that was changed: %v", err)
		}
	})
}

// A verification that is stopped keeps what it has read, and the next one reads
// all numbers.
func TestVerificationIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 40
		b := planned(newBench(t, sandbox.Config{}, rows(n)))
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		if err := b.fake.Set(number(0), func(r *sandbox.Record) { r.MessageRouteId = "MRID-other" }); err != nil {
			t.Fatal(err)
		}
		b.config.Read = plan.ReadEach
		b.onceMore()
		time.AfterFunc(10*client.DefaultRate().Every(), func() { b.config.Control.Stop(result.Stop{Reason: result.StoppedBySignal}) })
		v, err := batch.Verify(context.Background(), b.config, run.Identity.Name)
		if stop, ok := errors.AsType[result.Stop](err); !ok || stop.Reason != result.StoppedBySignal {
			t.Fatalf("error %v", err)
		}
		if got := v.Counts[result.InSync] + v.Counts[result.Drifted]; got < 5 || got >= n || got != verified(t, run) {
			t.Errorf("%d rows were verified, %d are kept", got, verified(t, run))
		}
		b.onceMore()
		v, err = batch.Verify(context.Background(), b.config, run.Identity.Name)
		if err != nil {
			t.Fatal(err)
		}
		if v.Rows != n || v.Counts[result.InSync] != n-1 || v.Counts[result.Drifted] != 1 || verified(t, run) != n {
			t.Errorf("%+v, %d are kept", v, verified(t, run))
		}
	})
}

// verified is of how many rows the folder tells what their numbers were found to
// be.
func verified(t *testing.T, run *runs.Run) int {
	t.Helper()
	n := 0
	for _, err := range run.Verified(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// What nobody may write in a file, and the API tells, is put back as it was; of what the API does not take back only
// that row fails.
func TestRollbackOfDamagedCharacters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Spelling: sandbox.Spelling{TwoNames: true}}, "Number,CnamLastName\n"+
			number(0)+",Lee\n"+number(1)+",Lee\n"))
		damaged := []string{"Smi\uFFFDth", "A\x00B"}
		for i, name := range damaged {
			if err := b.fake.Set(number(i), func(r *sandbox.Record) { r.CnamLastName = name }); err != nil {
				t.Fatal(err)
			}
		}
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		_, results, err := b.rollback(run, batch.RollbackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 1, result.Failed: 1})
		if record, _ := b.fake.Number(number(0)); record.CnamLastName != damaged[0] {
			t.Errorf("%q, want %q", record.CnamLastName, damaged[0])
		}
	})
}

// An update that was under way when its run was killed may be carried out later: a rollback, a resume and another file
// wait for it before they read.
func TestALateAnswerIsWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		next func(b *bench, run *runs.Run) ([]result.Result, error)
		want result.Status
		back bool
	}{
		"rollback": {func(b *bench, run *runs.Run) ([]result.Result, error) {
			_, results, err := b.rollback(run, batch.RollbackOptions{})
			return results, err
		}, result.Updated, true},
		"resume": {func(b *bench, run *runs.Run) ([]result.Result, error) {
			_, results, err := b.resume(run, batch.ResumeOptions{})
			return results, err
		}, result.Updated, false},
		"another file": {func(b *bench, _ *runs.Run) ([]result.Result, error) {
			record, _ := b.fake.Number(number(0))
			b.again("Number,MessageRouteId\n" + number(0) + "," + record.MessageRouteId + "\n")
			b.config.Job = "another"
			_, results, err := b.apply()
			return results, err
		}, result.Updated, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{}, rows(1)))
				b.config.ReadLag = 30 * time.Second
				before := b.routes(1)
				b.config.Workers = 1
				run := b.crash(4) // its answer is lost, and it takes effect later
				b.setRoute(number(0), before)
				time.AfterFunc(50*time.Second, func() { b.setRoute(number(0), "MRID-0") })
				results, err := c.next(b, run)
				if err != nil {
					t.Fatal(err)
				}
				wantCounts(t, results, map[result.Status]int{c.want: 1})
				want := "MRID-0"
				if c.back {
					want = before
				}
				time.Sleep(time.Minute) // of synctest: takes no real time
				if is := b.routes(1); is != want {
					t.Errorf("it has %s in the end, want %s", is, want)
				}
			})
		})
	}
}

// A run that was cut off before its plan was made has a next step, which is told.
func TestRollbackOfARunWithoutAPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(3)))
		run := b.crash(1)
		b.onceMore()
		_, err := batch.PlanRollback(t.Context(), b.config, run.Identity.Name, batch.RollbackOptions{})
		if err == nil || !strings.Contains(err.Error(), "sent nothing: resume it, or apply its file anew") {
			t.Errorf("got %v", err)
		}
	})
}
