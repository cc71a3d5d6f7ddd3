package batch_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

const aDay = 24 * time.Hour

// pruned is what is to be done about the runs of a bench: the names of those
// that can go, and why the others are kept.
func (b *bench) pruned(cfg prune.Config) (old []string, kept map[string]string) {
	b.t.Helper()
	cfg.Folder = b.runs()
	p, err := prune.Find(context.Background(), cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, run := range p.Old {
		old = append(old, run.Name)
	}
	kept = map[string]string{}
	for _, run := range p.Kept {
		kept[run.Name] = strings.Join(run.Reasons, "; ")
	}
	return old, kept
}

// practising makes a run one of the sandbox, whose store is another one.
func (b *bench) practising(c *batch.Config) {
	c.Sandbox = true
	c.Store = storetest.OpenAs(b.t, sqlite.Options{Dir: c.RunsDir, Sandbox: true})
}

// nightly runs rows under a name, and waits a day.
func (b *bench) nightly(name, rows string) *runs.Run {
	b.t.Helper()
	b.again(rows)
	b.config.RunName = name
	run, _, err := b.apply()
	if err != nil {
		b.t.Fatal(err)
	}
	time.Sleep(aDay) // of synctest: takes no real time
	return run
}

const (
	forGuards = "it is the job's newest that was applied, which guards compare the next one with"
	product   = "Number,ProductType\n"
)

func TestOldRunsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		for _, name := range []string{"day-5", "day-4", "day-3", "day-2", "day-1"} {
			b.nightly(name, rows(2))
		}
		before := b.config
		b.practising(&b.config)
		b.nightly("practice", rows(2)) // now all others are a day older
		b.config = before
		for name, c := range map[string]struct {
			cfg  prune.Config
			old  []string
			kept map[string]string
		}{
			"none is so old":     {cfg: prune.Config{Keep: 90 * aDay}},
			"by age":             {cfg: prune.Config{Keep: 3*aDay + time.Hour}, old: []string{"day-3", "day-4", "day-5"}},
			"by number":          {cfg: prune.Config{KeepLast: 3}, old: []string{"day-4", "day-5"}},
			"old by both, first": {cfg: prune.Config{Keep: 5*aDay + time.Hour, KeepLast: 3}, old: []string{"day-5"}},
			"old by both, last":  {cfg: prune.Config{Keep: aDay, KeepLast: 4}, old: []string{"day-5"}},
			"all of them":        {cfg: prune.Config{}, old: []string{"day-2", "day-3", "day-4", "day-5"}, kept: map[string]string{"day-1": forGuards}},
			"of another job":     {cfg: prune.Config{Job: "other"}},
		} {
			old, kept := b.pruned(c.cfg)
			if c.kept == nil {
				c.kept = map[string]string{}
			}
			if diff := cmp.Diff(c.old, old); diff != "" {
				t.Errorf("%s: old: %s", name, diff)
			}
			if diff := cmp.Diff(c.kept, kept); diff != "" {
				t.Errorf("%s: kept: %s", name, diff)
			}
		}
	})
}

// What the API does not show is known from the newest run that sent it, answered
// or not: that run is kept as long as no newer one has sent the same.
func TestWhatOnlyOneRunTellsIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := false
		b := planned(newBench(t, sandbox.Config{Judge: func(_, _ sandbox.Record) (v sandbox.Verdict) {
			if refuse {
				v.Refuse = "not today"
			}
			return v
		}}, ""))
		b.nightly("first", product+number(1)+",Data-Only\n"+number(2)+",Data-Only\n")
		b.nightly("second", product+number(1)+",Sms-Only\n"+number(2)+",Data-Only\n")
		b.config.Job = "other"
		b.nightly("plain", rows(3))
		b.nightly("last", rows(3))
		old, kept := b.pruned(prune.Config{})
		want := map[string]string{
			"last":   forGuards,
			"second": forGuards + "; it has the last value of write-only fields: ProductType of 1 number",
			"first":  "it has the last value of write-only fields: ProductType of 1 number",
		}
		if diff := cmp.Diff(want, kept); diff != "" || len(old) != 1 || old[0] != "plain" {
			t.Errorf("old %v, kept %s", old, diff)
		}

		// A newer run that was refused makes the value unknown, and that must stay known.
		refuse, b.config.Job = true, "rows"
		b.nightly("refused", product+number(2)+",Sms-Only\n")
		refuse = false
		_, kept = b.pruned(prune.Config{Job: "rows"})
		if _, still := kept["first"]; still {
			t.Errorf("a run that tells nothing any more is kept: %v", kept)
		}
		_, kept = b.pruned(prune.Config{})
		if !strings.HasSuffix(kept["refused"], "ProductType of 1 number") {
			t.Errorf("the run that made a value unknown can go: %v", kept)
		}
	})
}

// Runs that somebody may go on with stay.
func TestUnfinishedRunsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.again(rows(2))
		b.config.RunName = "crashed"
		b.crash(4)
		time.Sleep(aDay) // of synctest: takes no real time
		b.config.Confirm = func(context.Context, batch.Question) error {
			b.config.Control.Stop(result.Stop{Reason: result.StoppedBySignal})
			return nil
		}
		b.again(rows(3))
		b.nightly("stopped", rows(4))
		b.config.Confirm = nil
		b.nightly("newest", rows(4))
		old, kept := b.pruned(prune.Config{})
		want := map[string]string{"newest": forGuards, "stopped": "it is stopped", "crashed": "it is crashed"}
		if diff := cmp.Diff(want, kept); diff != "" || len(old) > 0 {
			t.Errorf("old %v, kept %s", old, diff)
		}
	})
}

// A plan that somebody applies between the look and the removal is kept.
func TestARunThatWentOnIsNotRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(2)))
		plan, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		seen := b.listed()
		if _, err := b.applyPlan(plan); err != nil {
			t.Fatal(err)
		}
		if err := prune.Remove(t.Context(), b.runs(), seen); err == nil || !strings.Contains(err.Error(), "somebody has resumed it") {
			t.Errorf("got %v", err)
		}
		if _, err := prune.Archive(t.Context(), b.runs(), seen); err == nil {
			t.Error("it is archived")
		}
		if b.listed().State != runs.Finished {
			t.Error("it is gone")
		}
		seen = b.listed()
		path, err := prune.Archive(t.Context(), b.runs(), seen)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(seen.Folder); !errors.Is(err, os.ErrNotExist) || path != seen.Folder+runs.ArchiveSuffix {
			t.Errorf("%s, %v", path, err)
		}
		info := b.listed()
		if info.State != runs.Archived || info.Name != seen.Name || info.Job != seen.Job || !info.StartedAt.Equal(seen.StartedAt) {
			t.Errorf("the archive is listed as %+v", info)
		}
		_, err = b.runs().Find(t.Context(), seen.Name)
		if archived, ok := errors.AsType[*runs.ArchivedError](err); !ok || archived.Name != seen.Name || archived.Path != path {
			t.Errorf("got %+v", err)
		}
		if old, kept := b.pruned(prune.Config{}); len(old)+len(kept) > 0 {
			t.Errorf("archives are pruned: %v, %v", old, kept)
		}
	})
}

// A rollback is kept as long as the run that it rolled back, and that one as long as
// the rollback is not over: without it, the rest of the run would be sent.
func TestARollbackIsKeptWithItsOrigin(t *testing.T) {
	testextent.Variant(t)
	const rolledBack = "it rolled back rows of run origin, which is kept"
	for name, c := range map[string]struct {
		origin, rollback string // stopped, or run to its end
		old              []string
		kept             map[string]string
	}{
		"both are over": {
			old:  []string{"rollback", "origin"},
			kept: map[string]string{},
		},
		"the origin is stopped": {
			origin: "stopped",
			kept:   map[string]string{"origin": "it is stopped", "rollback": rolledBack},
		},
		"the rollback is stopped": {
			rollback: "stopped",
			kept:     map[string]string{"rollback": "it is stopped; " + rolledBack, "origin": "run rollback, which rolls it back, is stopped"},
		},
		"both are stopped": {
			origin: "stopped", rollback: "stopped",
			kept: map[string]string{
				"rollback": "it is stopped; " + rolledBack, "origin": "it is stopped; run rollback, which rolls it back, is stopped",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.origin != c.rollback {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{}, rows(20)))
				state, finished := c.origin, 0
				on(b, func(event.Finished) {
					if finished++; state == "stopped" && finished >= 10 { // enough to be rolled back
						b.config.Control.Stop(sigint)
					}
				})
				b.config.RunName = "origin"
				origin, _, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(aDay) // of synctest: takes no real time
				b.onceMore()
				back, err := batch.PlanRollback(t.Context(), b.config, origin.Identity.Name, batch.RollbackOptions{})
				if err != nil {
					t.Fatal(err)
				}
				b.config.RunName = "rollback"
				state = c.rollback
				if _, err := batch.Apply(t.Context(), back.Config(b.config)); err != nil {
					t.Fatal(err)
				}
				time.Sleep(aDay) // of synctest: takes no real time
				state = ""
				b.nightly("newest", rows(20))
				b.config.Job = "rows-rollback"
				b.nightly("newest-back", rows(20))
				old, kept := b.pruned(prune.Config{})
				for _, guarded := range []string{"newest", "newest-back"} {
					if kept[guarded] != forGuards {
						t.Errorf("%s is kept because %q", guarded, kept[guarded])
					}
					delete(kept, guarded)
				}
				if diff := cmp.Diff(c.kept, kept); diff != "" {
					t.Errorf("kept: %s", diff)
				}
				if diff := cmp.Diff(c.old, old); diff != "" {
					t.Errorf("old: %s", diff)
				}

				// Each of the jobs has two runs: what is kept for its job keeps the other's.
				if old, _ := b.pruned(prune.Config{Job: "rows-rollback"}); slices.Contains(old, "rollback") {
					t.Errorf("the rollback goes, and its origin stays: %v", old)
				}
				alone, err := prune.FindOne(t.Context(), b.runs(), "rollback")
				if err != nil || len(alone.Old) > 0 || len(alone.Kept) != 1 {
					t.Errorf("the rollback alone can be deleted: %+v, %v", alone, err)
				}
				if name == "both are over" {
					b.wantRemovedInOrder()
				}
			})
		})
	}
}

// wantRemovedInOrder wants a rollback to stay until its origin is gone, also where
// the removal was cut off between the two, and to come back before it.
func (b *bench) wantRemovedInOrder() {
	b.t.Helper()
	p, err := prune.Find(b.t.Context(), prune.Config{Folder: b.runs()})
	if err != nil || len(p.Old) != 2 {
		b.t.Fatalf("%+v, %v", p, err)
	}
	rollback, origin := p.Old[0], p.Old[1]
	if _, err := prune.Archive(b.t.Context(), b.runs(), rollback); err == nil || !strings.Contains(err.Error(), "is kept: run origin, which it rolled back, is there") {
		b.t.Errorf("the rollback went first: %v", err)
	}
	for _, run := range []runs.Info{origin, rollback} {
		if _, err := prune.Archive(b.t.Context(), b.runs(), run); err != nil {
			b.t.Error(err)
		}
	}
	_, err = prune.Restore(b.t.Context(), b.runs(), "origin")
	if taken, ok := errors.AsType[*store.RolledBackError](err); !ok || taken.Rollback != "rollback" {
		b.t.Errorf("the origin came back alone: %v", err)
	}
	for _, name := range []string{"rollback", "origin"} {
		if _, err := prune.Restore(b.t.Context(), b.runs(), name); err != nil {
			b.t.Error(err)
		}
	}
}

// While a rollback goes on, its origin is kept.
func TestARunningRollbackKeepsItsOrigin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(3)))
		b.config.RunName = "origin"
		origin, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		b.nightly("newest", rows(4))
		b.config.RunName = "rollback"
		b.config.Confirm = func(context.Context, batch.Question) error {
			_, kept := b.pruned(prune.Config{})
			want := map[string]string{
				"newest":   forGuards,
				"rollback": "it is running; it rolled back rows of run origin, which is kept",
				"origin":   "run rollback, which rolls it back, is running",
			}
			if diff := cmp.Diff(want, kept); diff != "" {
				t.Error(diff)
			}
			return nil
		}
		if _, _, err := b.rollback(origin, batch.RollbackOptions{}); err != nil {
			t.Fatal(err)
		}
	})
}

// A damaged run is kept, and so are all of its account: what it needs is not known.
// It is no reason to prune nothing at all.
func TestADamagedRunIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		for _, name := range []string{"day-3", "day-2", "day-1"} {
			b.nightly(name, rows(2))
		}
		in := b.runs()
		in.Store = storetest.Damaged{Store: in.Store, Name: "day-2"}
		p, err := prune.Find(t.Context(), prune.Config{Folder: in})
		if err != nil || len(p.Old) > 0 || len(p.Kept) != 3 {
			t.Fatalf("%+v, %v", p, err)
		}
		for _, run := range p.Kept {
			if reasons := strings.Join(run.Reasons, "; "); !strings.Contains(reasons, "damaged") {
				t.Errorf("%s is kept because %s", run.Name, reasons)
			}
		}
	})
}

// A removed run leaves neither its folder nor anything in the store.
func TestARemovedRunIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		run := b.nightly("gone", rows(3))
		if err := prune.Remove(t.Context(), b.runs(), b.listed()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(run.Folder()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder is there: %v", err)
		}
		if _, err := b.runs().Open(t.Context(), "gone"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the store has it: %v", err)
		}
		if h := b.history(); len(h.Entries) > 0 {
			t.Errorf("its numbers tell of it: %+v", h.Entries)
		}
	})
}
