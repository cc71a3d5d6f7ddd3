package batch_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// listed is what the list of runs has of the only run there is.
func (b *bench) listed() runs.Info {
	b.t.Helper()
	all, err := b.runs().Runs(context.Background(), "")
	if err != nil || len(all) != 1 {
		b.t.Fatalf("%d runs, %v", len(all), err)
	}
	return all[0]
}

// The list counts as the report does, wherever a run has crashed, also where rows
// repeat others.
func TestTheListCountsAsTheReport(t *testing.T) {
	for name, repeated := range map[string]string{"": "", "with repeated rows": number(0) + ",MRID-0\n" + number(3) + ",MRID-3\n"} {
		t.Run(name, func(t *testing.T) {
			if name == "" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{Judge: func(_, after sandbox.Record) (v sandbox.Verdict) {
					if after.Number == number(2) {
						v.Refuse = "not this one"
					}
					return v
				}}, ""))
				b.config.Workers = 1
				b.config.Guards.MaxShrink = plan.Limit{Share: 1}
				for steps := 14; steps > 0; steps -= testextent.Spaced(3) { // run, plan, beginning, two a row: 14 is whole
					b.again(rows(5) + repeated)
					b.config.Job, b.config.RunName = fmt.Sprint("after-", steps), fmt.Sprint("after-", steps)
					for i := range 5 {
						b.setRoute(number(i), "MRID-before")
					}
					run := b.crash(steps)
					infos, err := b.runs().Runs(t.Context(), b.config.Job)
					if err != nil || len(infos) != 1 {
						t.Fatalf("%v, %v", infos, err)
					}
					info, want := infos[0], counts(results(t, run))
					state := runs.Crashed
					if steps == 14 {
						state = runs.Finished
					}
					if steps == 1 {
						want = nil // it has no plan
					} else if info.Rows != len(results(t, run)) {
						t.Errorf("after %d steps: %d rows", steps, info.Rows)
					}
					if diff := cmp.Diff(want, info.Counts); diff != "" || info.State != state {
						t.Errorf("after %d steps: %s, %s", steps, info.State, diff)
					}
				}
			})
		})
	}
}

func TestStatesOfRuns(t *testing.T) {
	refused := func(context.Context, batch.Question) error { return result.ErrDeclined }
	for name, c := range map[string]struct {
		setUp func(*bench)
		run   func(*bench) (*runs.Run, error)
		then  func(*bench, *runs.Run)
		want  runs.State
		why   string
	}{
		"finished": {want: runs.Finished},
		"a plan":   {run: (*bench).dryRun, want: runs.OnlyPlanned},
		"a plan that was applied": {run: func(b *bench) (*runs.Run, error) {
			run, err := b.dryRun()
			if err != nil {
				return nil, err
			}
			return b.applyPlan(run)
		}, want: runs.Finished},
		"declined": {setUp: func(b *bench) { b.config.Confirm = refused }, want: runs.Refused, why: "declined"},
		"stopped": {setUp: func(b *bench) {
			b.config.Confirm = func(context.Context, batch.Question) error {
				b.config.Control.Stop(result.Stop{Reason: result.StoppedBySignal, Signal: 15})
				return nil
			}
		}, want: runs.Stopped, why: "signal"},
		"stopped, and not gone on with": {setUp: func(b *bench) {
			b.config.Confirm = func(context.Context, batch.Question) error {
				b.config.Control.Stop(result.Stop{Reason: result.StoppedBySignal, Signal: 15})
				return nil
			}
		}, run: func(b *bench) (*runs.Run, error) {
			run, _, err := b.apply()
			if err != nil {
				return nil, err
			}
			b.config.Confirm = refused
			again, _, err := b.resume(run, batch.ResumeOptions{})
			return again, err
		}, want: runs.Stopped, why: "declined"},
		"crashed":                   {run: func(b *bench) (*runs.Run, error) { return b.crash(4), nil }, want: runs.Crashed},
		"crashed before it planned": {run: func(b *bench) (*runs.Run, error) { return b.crash(1), nil }, want: runs.Crashed},
		"damaged": {then: func(b *bench, run *runs.Run) {
			b.config.Store = storetest.Damaged{Store: b.config.Store, Name: run.Identity.Name}
		}, want: runs.Damaged},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{}, rows(2)))
				if c.setUp != nil {
					c.setUp(b)
				}
				if c.run == nil {
					c.run = func(b *bench) (*runs.Run, error) {
						run, _, err := b.apply()
						return run, err
					}
				}
				run, err := c.run(b)
				if run == nil {
					t.Fatal(err)
				}
				if c.then != nil {
					c.then(b, run)
				}
				info := b.listed()
				if info.State != c.want || info.State != runs.Damaged && info.Why != c.why || info.State == runs.Damaged && info.Why == "" {
					t.Errorf("it is %s (%s), want %s (%s)", info.State, info.Why, c.want, c.why)
				}
				if info.Holder != nil {
					t.Errorf("held by %+v", info.Holder)
				}
			})
		})
	}
}

// While it goes on, a run is listed as running, with who works on it; nobody else
// can go on with it, and it is not pruned.
func TestARunningRunIsLockedAndListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(2)))
		asked := false
		b.config.Confirm = func(ctx context.Context, _ batch.Question) error {
			asked = true
			info := b.listed()
			if info.State != runs.Running || info.Holder == nil || info.Holder.PID != os.Getpid() || info.Holder.Run != info.Folder {
				t.Errorf("it is %s, held by %+v", info.State, info.Holder)
			}
			_, err := batch.Resume(ctx, b.config, info.Name, batch.ResumeOptions{})
			wantLocked(t, err)
			_, err = batch.ApplyPlan(ctx, b.config, info.Name, time.Hour)
			wantLocked(t, err)
			_, err = batch.PlanRollback(ctx, b.config, info.Name, batch.RollbackOptions{})
			wantLocked(t, err)
			_, err = batch.Verify(ctx, b.config, info.Name)
			wantLocked(t, err)
			wantLocked(t, prune.Remove(ctx, b.runs(), info))
			p, err := prune.Find(ctx, prune.Config{Folder: b.runs()})
			if err != nil || len(p.Old) > 0 || len(p.Kept) != 1 || p.Kept[0].Reasons[0] != "it is running" {
				t.Errorf("pruned: %+v, %v", p, err)
			}
			return nil
		}
		if _, _, err := b.apply(); err != nil || !asked {
			t.Fatal(err)
		}
	})
}

// The newest comes first, of one job if it is asked for, and what is no run is
// passed over.
func TestTheListIsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(1)))
		var want []string
		for _, name := range []string{"b", "a", "c"} {
			b.again(rows(1))
			b.config.RunName, b.config.Job = name, map[bool]string{true: "odd", false: "rows"}[name == "a"]
			if _, _, err := b.apply(); err != nil {
				t.Fatal(err)
			}
			want = append([]string{name}, want...)
			time.Sleep(time.Second) // of synctest: takes no real time
		}
		if err := os.Mkdir(filepath.Join(b.config.RunsDir, "notes"), 0o700); err != nil {
			t.Fatal(err)
		}
		names := func(job string) (names []string) {
			all, err := b.runs().Runs(t.Context(), job)
			if err != nil {
				t.Fatal(err)
			}
			for _, run := range all {
				names = append(names, run.Name)
			}
			return names
		}
		if diff := cmp.Diff(want, names("")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"a"}, names("odd")); diff != "" {
			t.Error(diff)
		}
		none := runs.Folder{Store: b.config.Store, Dir: filepath.Join(b.config.RunsDir, "none")}
		if all, err := none.Runs(t.Context(), "of-nobody"); err != nil || len(all) > 0 {
			t.Errorf("a folder that does not exist: %v, %v", all, err)
		}
	})
}
