package batch_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/client/sandbox"
)

// listed is what the list of runs has of the only run there is.
func (b *bench) listed() batch.RunInfo {
	b.t.Helper()
	runs, err := batch.Runs(context.Background(), b.config.RunsDir, "")
	if err != nil || len(runs) != 1 {
		b.t.Fatalf("%d runs, %v", len(runs), err)
	}
	return runs[0]
}

// The list counts as the report does, wherever a crash cut the journal, also
// where rows repeat others.
func TestTheListCountsAsTheReport(t *testing.T) {
	for name, repeated := range map[string]string{"": "", "with repeated rows": number(0) + ",MRID-0\n" + number(3) + ",MRID-3\n"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{Judge: func(_, after sandbox.Record) (v sandbox.Verdict) {
					if after.Number == number(2) {
						v.Refuse = "not this one"
					}
					return v
				}}, rows(5)+repeated))
				run, _, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				whole, err := os.ReadFile(run.Dir().File("journal.jsonl"))
				if err != nil {
					t.Fatal(err)
				}
				if state := b.listed().State; state != batch.Ran {
					t.Errorf("it is %s", state)
				}
				for n := bytes.Count(whole, []byte("\n")); n >= 2; n-- {
					cutJournal(t, run, n)
					info := b.listed()
					want := counts(results(t, run))
					if diff := cmp.Diff(want, info.Counts); diff != "" || info.Rows != len(results(t, run)) {
						t.Errorf("cut after %d records: %d rows, %s", n, info.Rows, diff)
					}
				}
				cutJournal(t, run, 1)
				if info := b.listed(); info.State != batch.Crashed || info.Counts != nil {
					t.Errorf("without a plan: %+v", info)
				}
			})
		})
	}
}

func TestStatesOfRuns(t *testing.T) {
	refused := func(context.Context, batch.Question) error { return batch.ErrDeclined }
	for name, c := range map[string]struct {
		setUp func(*bench)
		run   func(*bench) (*batch.Run, error)
		then  func(*testing.T, *batch.Run)
		want  batch.State
		why   string
	}{
		"finished": {want: batch.Ran},
		"a plan":   {run: (*bench).dryRun, want: batch.OnlyPlanned},
		"a plan that was applied": {run: func(b *bench) (*batch.Run, error) {
			run, err := b.dryRun()
			if err != nil {
				return nil, err
			}
			return b.applyPlan(run)
		}, want: batch.Ran},
		"declined": {setUp: func(b *bench) { b.config.Confirm = refused }, want: batch.Refused, why: "declined"},
		"stopped": {setUp: func(b *bench) {
			b.config.Confirm = func(context.Context, batch.Question) error {
				b.config.Control.Stop(batch.Stop{Reason: batch.StoppedBySignal, Signal: 15})
				return nil
			}
		}, want: batch.Halted, why: "signal"},
		"stopped, and not gone on with": {setUp: func(b *bench) {
			b.config.Confirm = func(context.Context, batch.Question) error {
				b.config.Control.Stop(batch.Stop{Reason: batch.StoppedBySignal, Signal: 15})
				return nil
			}
		}, run: func(b *bench) (*batch.Run, error) {
			run, _, err := b.apply()
			if err != nil {
				return nil, err
			}
			b.config.Confirm = refused
			again, _, err := b.resume(run, batch.ResumeOptions{})
			return again, err
		}, want: batch.Halted, why: "declined"},
		"crashed": {then: func(t *testing.T, run *batch.Run) { cutJournal(t, run, 4) }, want: batch.Crashed},
		"crashed before it was set up": {then: func(t *testing.T, run *batch.Run) { cutJournal(t, run, 0) },
			want: batch.Crashed, why: "before it was set up"},
		"damaged": {then: func(t *testing.T, run *batch.Run) {
			path := run.Dir().File("journal.jsonl")
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			content[60] ^= 1
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}, want: batch.Damaged, why: ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{}, rows(2)))
				if c.setUp != nil {
					c.setUp(b)
				}
				if c.run == nil {
					c.run = func(b *bench) (*batch.Run, error) {
						run, _, err := b.apply()
						return run, err
					}
				}
				run, err := c.run(b)
				if run == nil {
					t.Fatal(err)
				}
				if c.then != nil {
					c.then(t, run)
				}
				info := b.listed()
				if info.State != c.want || info.State != batch.Damaged && info.Why != c.why || info.State == batch.Damaged && info.Why == "" {
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
			if info.State != batch.Running || info.Holder == nil || info.Holder.PID != os.Getpid() || info.Holder.Run != info.Folder {
				t.Errorf("it is %s, held by %+v", info.State, info.Holder)
			}
			_, err := batch.Resume(ctx, b.config, info.Folder, batch.ResumeOptions{})
			wantLocked(t, err)
			_, err = batch.ApplyPlan(ctx, b.config, info.Folder, time.Hour)
			wantLocked(t, err)
			wantLocked(t, batch.Remove(ctx, info))
			p, err := batch.PlanPrune(ctx, batch.PruneConfig{RunsDir: b.config.RunsDir})
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
			runs, err := batch.Runs(t.Context(), b.config.RunsDir, job)
			if err != nil {
				t.Fatal(err)
			}
			for _, run := range runs {
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
		if runs, err := batch.Runs(t.Context(), filepath.Join(b.config.RunsDir, "none"), ""); err != nil || len(runs) > 0 {
			t.Errorf("a folder that does not exist: %v, %v", runs, err)
		}
	})
}
