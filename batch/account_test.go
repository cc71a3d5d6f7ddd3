package batch_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// named is a sandbox whose account is the one that the store of a bench knows.
var named = sandbox.Config{AccountId: "AID-1"}

// pagesRead is how many pages of the inventory were asked for.
func (b *bench) pagesRead() int { return b.fake.Stats().Endpoints[sandbox.Inventory].Requests }

// What a cutover moved is protected from another key of the same account too.
func TestAnotherKeyOfTheAccountKeepsWhatTheCutoverMoved(t *testing.T) {
	testextent.Variant(t) // of TestACutoverIsNotUndoneByAnotherJob
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, named, ""))
		anotherKey := func(c *batch.Config) { c.Account = "DID-2" }
		for n, s := range []step{
			{job: "first", route: "MRID-old", want: result.Updated},
			{job: "cutover", route: "MRID-new", with: withWaves, want: result.Updated},
			{job: "nightly", route: "MRID-old", with: anotherKey, want: result.Conflict},
			{job: "nightly", route: "MRID-old", with: func(c *batch.Config) { anotherKey(c); readNothing(c) }, want: result.Conflict},
		} {
			if _, got, err := b.take(n, s); err != nil || got.Status != s.want {
				t.Errorf("step %d: got %+v, %v, want %s", n+1, got, err, s.want)
			}
		}
	})
}

// Runs of an old key go on, are verified and rolled back with a new one.
func TestANewKeyGoesOnWithTheRunsOfTheOldOne(t *testing.T) {
	testextent.Variant(t)
	pages := map[string]int{}
	for _, c := range []struct{ key, first string }{
		{"DID-1", "resume"}, {"DID-2", "resume"},
		{"DID-1", "verify"}, {"DID-2", "verify"},
		{"DID-1", "rollback"}, {"DID-2", "rollback"},
	} {
		if testextent.Plain() && c.first != "resume" {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, named, rows(100)))
			before := b.routes(100)
			run := b.half()
			b.config.Account = c.key
			b.onceMore()
			switch c.first {
			case "resume":
				_, results, err := b.resume(run, batch.ResumeOptions{})
				if err != nil {
					t.Fatal(err)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 100})
			case "verify":
				v, err := batch.Verify(context.Background(), b.config, run.Identity.Name)
				if err != nil || v.Counts[result.Drifted] != 0 {
					t.Fatalf("%+v, %v", v, err)
				}
			case "rollback":
				if _, _, err := b.rollback(run, batch.RollbackOptions{}); err != nil || b.routes(100) != before {
					t.Fatalf("the routes are %s, %v", b.routes(100), err)
				}
			}
			if pages[c.key+c.first] = b.pagesRead(); c.key == "DID-2" && pages["DID-2"+c.first] != pages["DID-1"+c.first]+1 {
				t.Errorf("%s: of %v pages one tells the account", c.first, pages)
			}
		})
	}
}

// An account is locked under its name as soon as that is known, so that two of
// its keys do not work at a time.
func TestTwoKeysOfAnAccountDoNotWorkAtATime(t *testing.T) {
	for name, known := range map[string]bool{"known before": true, "known by asking": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, named, rows(1)))
				account, err := b.config.Store.Account(t.Context(), b.config.API, "DID-2")
				if err == nil && known {
					account, err = b.config.Store.NameAccount(t.Context(), account, "AID-1")
				}
				if err != nil {
					t.Fatal(err)
				}
				first, err := b.config.Store.Account(t.Context(), b.config.API, "DID-1")
				if err != nil {
					t.Fatal(err)
				}
				held, err := batch.LockAccount(t.Context(), b.config.Store, first, "bulknum apply", 0)
				if err != nil {
					t.Fatal(err)
				}
				second, err := batch.LockAccount(t.Context(), b.config.Store, account, "bulknum apply", 0)
				if known {
					wantLocked(t, err)
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				b.config.Account, b.config.Lock = "DID-2", second
				_, _, err = b.apply()
				wantLocked(t, err)
				if n := b.fake.Stats().Endpoints[sandbox.Update].Requests; n != 0 {
					t.Errorf("%d updates left", n)
				}
				held.Release()
				b.again(rows(1))
				if _, results, err := b.apply(); err != nil || results[0].Status != result.Updated {
					t.Errorf("%+v, %v", results, err)
				}
				if _, err := batch.LockAccount(t.Context(), b.config.Store, first, "bulknum apply", 0); err == nil {
					t.Error("the name of the account is not locked")
				}
				second.Release()
			})
		})
	}
}

// The page of the inventory that tells whose the key is, is not read again for
// the plan, and is counted.
func TestThePageThatTellsTheAccountIsReadOnce(t *testing.T) {
	testextent.Variant(t)
	for _, way := range []plan.ReadWay{plan.ReadAuto, plan.ReadInventory} {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{AccountId: "AID-1", Numbers: 300, PageSize: 20}, ""))
			b.config.Account, b.config.Read = "DID-2", way
			b.again(b.inventoryRows(300, 10))
			var asked batch.Question
			b.config.Confirm = func(_ context.Context, q batch.Question) error {
				asked = q
				return nil
			}
			if _, _, err := b.apply(); err != nil {
				t.Fatal(err)
			}
			if n := b.pagesRead(); n != 15 {
				t.Errorf("%s: %d pages were read", way, n)
			}
			budget := asked.Plan.Budget
			if got, want := budget.Read+budget.ReadTokens+budget.Updates+budget.Tokens, b.fake.Stats().Requests; got != want {
				t.Errorf("%s: the budget was %d requests (%+v), the server counted %d", way, got, budget, want)
			}
		})
	}
}

// A run that reads nothing asks whose its key is, once; one that has a token only
// cannot, and its account is its key.
func TestWhoseTheKeyIsIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, named, "")
		for n, c := range []struct {
			account   string
			tokenOnly bool
			pages     int
		}{
			{"DID-1", false, 0}, // the store knows it
			{"DID-2", true, 0},
			{"DID-2", false, 1},
			{"DID-2", false, 1},
			{"DID-2", true, 1},
			{"DID-3", true, 1},
		} {
			time.Sleep(time.Hour) // of synctest: takes no real time
			b.again(rows(1))
			b.config.Account, b.config.TokenOnly = c.account, c.tokenOnly
			if _, _, err := b.apply(); err != nil {
				t.Fatal(err)
			}
			if got := b.pagesRead(); got != c.pages {
				t.Errorf("step %d: %d pages were read, want %d", n+1, got, c.pages)
			}
		}
		for key, name := range map[string]string{"DID-1": "AID-1", "DID-2": "AID-1", "DID-3": ""} {
			if a, err := b.config.Store.Account(t.Context(), "HTTP://LocalHost:80/v1.0/", key); err != nil || a.Name != name {
				t.Errorf("%s is %+v, %v", key, a, err)
			}
		}
	})
}
