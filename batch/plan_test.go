package batch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// planned turns a bench into one that reads first.
func planned(b *bench) *bench {
	b.config.All = false
	b.config.Read, b.config.WriteOnly = plan.ReadAuto, plan.WriteOnlyKnown
	b.config.Guards = guard.Limits{MaxShrink: plan.Limit{Share: 0.5}, MaxInvalid: plan.Limit{Share: 0.05}}
	return b
}

// again sets up another run of the same rows in the same runs folder.
func (b *bench) again(rows string) {
	b.config.Source = strings.NewReader(rows)
	b.config.Control = control.New()
	b.events = nil
}

// dryRun makes the plan.
func (b *bench) dryRun() (*runs.Run, error) {
	b.t.Helper()
	reader, err := client.NewReader(b.client)
	if err != nil {
		b.t.Fatal(err)
	}
	b.config.Reader = reader
	return batch.DryRun(context.Background(), b.config)
}

// inventoryRows is an input of the sandbox's first n inventory numbers; those
// before differ get another route, the others the one they have.
func (b *bench) inventoryRows(n, differ int) string {
	var rows strings.Builder
	rows.WriteString("Number,MessageRouteId\n")
	for i := range n {
		number, _ := b.fake.InventoryNumber(i)
		record, _ := b.fake.Number(number)
		route := record.MessageRouteId
		if i < differ {
			route = "MRID-new"
		}
		fmt.Fprintf(&rows, "%s,%s\n", number, route)
	}
	return rows.String()
}

// 10,000 rows of which 200 differ cost 100 pages and 200 updates, and the
// budget says so beforehand.
func TestOnlyWhatDiffersIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 1_000, PageSize: 25}, ""))
		b.again(b.inventoryRows(1_000, 200))
		var asked batch.Question
		b.config.Confirm = func(_ context.Context, q batch.Question) error {
			asked = q
			return nil
		}
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 200, result.Unchanged: 800})
		stats, budget := b.fake.Stats(), asked.Plan.Budget
		if stats.Requests > 244 || stats.Updates != 200 {
			t.Errorf("%d requests, %d updates", stats.Requests, stats.Updates)
		}
		if got := budget.Read + budget.ReadTokens + budget.Updates + budget.Tokens; got != stats.Requests {
			t.Errorf("the budget was %d requests (%+v), the server counted %d", got, budget, stats.Requests)
		}
		if r := asked.Plan.Reading; r.Way != plan.ReadInventory || r.Pages != 40 || r.Singles != 0 {
			t.Errorf("read %+v", r)
		}
		if naive := (1_000 * client.DefaultRate().Every()).Milliseconds(); budget.NaiveMs != naive {
			t.Errorf("the naive way takes %d ms, want %d", budget.NaiveMs, naive)
		}
	})
}

// A few numbers of a large inventory are asked for one by one.
func TestFewNumbersAreReadSingly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 10_000, PageSize: 100}, ""))
		b.again(b.inventoryRows(20, 5))
		run, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		// The first page told how large the inventory is.
		if r := run.Plan.Reading; r.Pages != 1 || r.PagesInAll != 100 || r.Found != 20 {
			t.Errorf("read %+v", r)
		}
	})
}

// After an apply nothing differs any more, in whatever spelling the server
// answers, and whichever way it is read.
func TestPlanAfterApplyIsEmpty(t *testing.T) {
	rows := "Number,MessageEnabled,MessageType,MessageRouteId,VoiceRouteId,AssignedSubscriberId,Iccid,CnamFirstName,CnamLastName,ProductType\n"
	for i := range 12 {
		rows += fmt.Sprintf("%s,yes,p2p,MRID-%d,CRID-%d,TSUID-%d,8901240397190556%03d,Mary Ann,Lee %d,Data-Only\n", number(i), i, i, i, i, i)
	}
	for _, spelling := range []string{"current", "older", "spec", "older,empty-absent"} {
		for _, way := range []plan.ReadWay{plan.ReadAuto, plan.ReadInventory, plan.ReadEach} {
			t.Run(spelling+"/"+string(way), func(t *testing.T) {
				if spelling != "current" && (way != plan.ReadAuto || spelling != "older") {
					testextent.Variant(t)
				}
				synctest.Test(t, func(t *testing.T) {
					spelled, err := sandbox.ParseSpelling(spelling)
					if err != nil {
						t.Fatal(err)
					}
					b := planned(newBench(t, sandbox.Config{Numbers: 250, Spelling: spelled}, rows))
					b.config.Read = way
					run, results, err := b.apply()
					if err != nil || run.Stop.Early() {
						t.Fatalf("error %v, stop %v", err, run.Stop)
					}
					wantCounts(t, results, map[result.Status]int{result.Updated: 12})
					b.again(rows)
					again, err := b.dryRun()
					if err != nil {
						t.Fatal(err)
					}
					for p, err := range again.PlanRows() {
						if err != nil || p.Status != result.Unchanged {
							t.Errorf("%+v, %v", p, err)
						}
					}
				})
			})
		}
	}
}

// What the API does not show is sent once, and not every night: the earlier
// run's answer tells it.
func TestWriteOnlyFieldsAreSentOnce(t *testing.T) {
	rows := "Number,ProductType\n" + number(1) + ",Data-Only\n" + number(2) + ",Sms-Only\n"
	for mode, want := range map[plan.WriteOnlyMode]map[result.Status]int{
		plan.WriteOnlyKnown: {result.Unchanged: 2},
		plan.WriteOnlySend:  {result.Updated: 2},
		plan.WriteOnlySkip:  {result.Unchanged: 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{}, rows))
			_, first, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			wantCounts(t, first, map[result.Status]int{result.Updated: 2})
			time.Sleep(time.Hour) // of synctest: takes no real time
			b.again(rows)
			b.config.WriteOnly = mode
			_, second, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			wantCounts(t, second, want)
		})
	}
}

// What a run did that cannot be read nobody knows: what older ones tell of a
// write-only field does not count, and nothing is sent.
func TestADamagedRunHidesWhatOlderOnesTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		apply := func(value string) (*runs.Run, []result.Result, error) {
			time.Sleep(time.Hour) // of synctest: takes no real time
			b.again("Number,ProductType\n" + number(1) + "," + value + "\n")
			return b.apply()
		}
		if _, _, err := apply("Data-Only"); err != nil {
			t.Fatal(err)
		}
		second, _, err := apply("Sms-Only")
		if err != nil {
			t.Fatal(err)
		}
		updates := b.fake.Stats().Updates
		b.config.Store = storetest.Damaged{Store: b.config.Store, Name: second.Identity.Name}
		_, results, err := apply("Data-Only")
		wantDamage(t, err, second)
		if results[0].Status != result.NotAttempted || b.fake.Stats().Updates != updates {
			t.Errorf("it is %s, though another run may have changed it", results[0].Status)
		}
	})
}

// wantDamage wants an error that names a damaged run.
func wantDamage(t *testing.T, err error, of *runs.Run) {
	t.Helper()
	damaged, ok := errors.AsType[*store.DamagedError](err)
	if !ok || damaged.Run != of.Identity.Name {
		t.Errorf("got error %v, want the damage of run %s", err, of.Identity.Name)
	}
}

// The newest run that touched a write-only field decides, and only with an answer.
func TestWriteOnlyFieldsAreKnownFromTheNewestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := false
		judge := func(_, _ sandbox.Record) (v sandbox.Verdict) {
			if refuse {
				v.Refuse = "not today"
			}
			return v
		}
		b := planned(newBench(t, sandbox.Config{Judge: judge}, ""))
		apply := func(value string) result.Result {
			time.Sleep(time.Hour) // of synctest: takes no real time
			b.again("Number,ProductType\n" + number(1) + "," + value + "\n")
			_, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			return results[0]
		}
		for i, step := range []struct {
			value  string
			refuse bool
			want   result.Status
		}{
			{"Data-Only", false, result.Updated},
			{"Sms-Only", false, result.Updated},
			{"Data-Only", false, result.Updated}, // the older run's answer does not count
			{"Data-Only", false, result.Unchanged},
			{"Sms-Only", true, result.Failed},
			{"Data-Only", false, result.Updated}, // the newest run has no answer
		} {
			refuse = step.refuse
			if got := apply(step.value); got.Status != step.want {
				t.Errorf("step %d: got %+v, want %s", i+1, got, step.want)
			}
		}
	})
}

// The listing's unknowns: none makes an endless loop or a wrong "not found".
func TestListingsThatMisbehave(t *testing.T) {
	testextent.Variant(t)
	for name, pages := range map[string]sandbox.Pages{
		"ignores the page":  {Ignore: true},
		"another parameter": {Parameter: "page"},
		"numbers twice":     {Shift: 7},
		"numbers missed":    {Shift: -7},
		"no total":          {NoTotal: true},
		"total grows":       {TotalStep: 13},
		"total shrinks":     {TotalStep: -40},
	} {
		for _, way := range []plan.ReadWay{plan.ReadAuto, plan.ReadInventory} {
			t.Run(name+"/"+string(way), func(t *testing.T) {
				if way != plan.ReadAuto {
					testextent.Variant(t)
				}
				synctest.Test(t, func(t *testing.T) {
					b := planned(newBench(t, sandbox.Config{Numbers: 500, PageSize: 50, OnlyInventory: true, Pages: pages}, ""))
					b.config.Read = way
					b.again(b.inventoryRows(400, 10) + "+18015550199,MRID-x\n")
					run, err := b.dryRun()
					if err != nil {
						t.Fatal(err)
					}
					want := map[result.Status]int{result.Planned: 10, result.Unchanged: 390, result.Failed: 1}
					if diff := cmp.Diff(want, run.Plan.Counts); diff != "" {
						t.Error(diff)
					}
					if n := b.fake.Stats().Requests; n > 520 {
						t.Errorf("%d requests", n)
					}
				})
			})
		}
	}
}

// A number that the account does not have is failed in the plan, with the API's
// reason.
func TestUnknownNumberIsFailedInThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 10, OnlyInventory: true}, rows(1)))
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		if r := results[0]; r.Status != result.Failed || !strings.Contains(r.Error, "404") || b.fake.Stats().Updates != 0 {
			t.Errorf("got %+v", r)
		}
	})
}

// A dry run sends no POST but for tokens, and its rows are planned.
func TestDryRunOnlyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		onlyTokens := func(r *http.Request) http.Handler {
			if r.Method == http.MethodPost && !strings.HasSuffix(r.URL.Path, "/tokens") {
				t.Errorf("%s %s", r.Method, r.URL)
			}
			return nil
		}
		b := planned(newBench(t, sandbox.Config{Numbers: 300, Answer: onlyTokens}, ""))
		b.again(b.inventoryRows(100, 30))
		run, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results(t, run), map[result.Status]int{result.Planned: 30, result.Unchanged: 70})
	})
}

// refused returns the texts of the guards that refused, and wants nothing sent.
func refused(t *testing.T, b *bench, err error) string {
	t.Helper()
	if _, ok := errors.AsType[*guard.RefusedError](err); !ok {
		t.Errorf("got error %v, want a refusal", err)
	}
	if n := b.fake.Stats().Endpoints[sandbox.Update].Requests; n != 0 {
		t.Errorf("%d updates were sent", n)
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

// applyPlan applies the plan of a run.
func (b *bench) applyPlan(run *runs.Run) (*runs.Run, error) {
	b.t.Helper()
	api, err := client.New(b.client)
	if err != nil {
		b.t.Fatal(err)
	}
	b.config.Client, b.config.Reader = api, api.Reader
	b.config.Control = control.New()
	return batch.ApplyPlan(context.Background(), b.config, run.Identity.Name, 7*24*time.Hour)
}

// A plan is applied as it was agreed: what moved since is a conflict, what is
// in sync by now is unchanged.
func TestApplyPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 300}, ""))
		b.again(b.inventoryRows(100, 30))
		run, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour) // of synctest: takes no real time
		for i, route := range map[int]string{3: "MRID-other", 4: "MRID-new"} {
			number, _ := b.fake.InventoryNumber(i)
			if err := b.fake.Set(number, func(r *sandbox.Record) { r.MessageRouteId = route }); err != nil {
				t.Fatal(err)
			}
		}
		run, err = b.applyPlan(run)
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		got := results(t, run)
		wantCounts(t, got, map[result.Status]int{result.Updated: 28, result.Unchanged: 71, result.Conflict: 1})
		if r := got[3]; r.Status != result.Conflict || !strings.Contains(r.Error, "MRID-other") {
			t.Errorf("got %+v", r)
		}
		if n := b.fake.Stats().Updates; n != 28 {
			t.Errorf("%d updates", n)
		}
		// Once is enough.
		if _, err := b.applyPlan(run); err == nil || !strings.Contains(err.Error(), "applied already") {
			t.Errorf("a second time: %v", err)
		}
		if n := b.fake.Stats().Updates; n != 28 {
			t.Errorf("%d updates after the second time", n)
		}
	})
}

// Requests are the scarce thing: a plan that is applied reads again only the numbers of which a reading no longer
// counts, or that another run has sent since.
func TestApplyPlanReadsWhatItMust(t *testing.T) {
	otherJob := func(b *bench) {
		kept := b.config.Job
		b.config.Job = "another"
		b.again(b.inventoryRows(1, 1))
		if _, _, err := b.apply(); err != nil {
			b.t.Fatal(err)
		}
		b.config.Job = kept
		number, _ := b.fake.InventoryNumber(0)
		b.setRoute(number, "MRID-other")
	}
	for name, c := range map[string]struct {
		wait     time.Duration
		set      func(b *bench)
		meantime func(b *bench)
		reads    int
		conflict int
	}{
		"just now":            {wait: 9 * time.Minute},
		"longer ago":          {wait: 11 * time.Minute, reads: 3},
		"long ago":            {wait: 13 * time.Hour, reads: 10}, // those in sync too
		"believed for longer": {wait: 2 * time.Hour, set: func(b *bench) { b.config.Recheck = 3 * time.Hour }},
		"never believed":      {wait: time.Second, set: func(b *bench) { b.config.Recheck = 1 }, reads: 10},
		"sent by another":     {wait: time.Minute, meantime: otherJob, reads: 1, conflict: 1},
		"in waves":            {wait: 11 * time.Minute, set: func(b *bench) { b.config.Waves = plan.Waves{{Rows: 1}, {Share: 1}} }, reads: 10}, // each once
	} {
		t.Run(name, func(t *testing.T) {
			if name != "just now" && name != "longer ago" && name != "sent by another" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{Numbers: 3000}, ""))
				b.config.Read, b.config.Verify = plan.ReadEach, 0
				if c.set != nil {
					c.set(b)
				}
				b.again(b.inventoryRows(10, 3))
				run, err := b.dryRun()
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.wait) // of synctest: takes no real time
				if c.meantime != nil {
					c.meantime(b)
				}
				before := b.fake.Stats()
				if run, err = b.applyPlan(run); err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				want := map[result.Status]int{result.Updated: 3 - c.conflict, result.Unchanged: 7}
				if c.conflict > 0 {
					want[result.Conflict] = c.conflict
				}
				wantCounts(t, results(t, run), want)
				after := b.fake.Stats()
				reads := func(s sandbox.Stats) int {
					return s.Endpoints[sandbox.Number].Requests + s.Endpoints[sandbox.Inventory].Requests
				}
				if n := reads(after) - reads(before); n != c.reads {
					t.Errorf("%d readings, want %d", n, c.reads)
				}
				if n := after.Updates - before.Updates; n != 3-c.conflict {
					t.Errorf("%d updates", n)
				}
			})
		})
	}
}

func TestApplyPlanRefuses(t *testing.T) {
	for name, spoil := range map[string]struct {
		change func(b *bench, run *runs.Run)
		want   string
	}{
		"another account": {func(b *bench, _ *runs.Run) { b.config.Account = "DID-2" }, "account AID-1, not AID-"},
		"another address": {func(b *bench, _ *runs.Run) { b.config.API = "http://elsewhere" }, "http://elsewhere"},
		"too old":         {func(*bench, *runs.Run) { time.Sleep(8 * 24 * time.Hour) }, "8d ago, more than 7d"},
		"changed": {func(b *bench, _ *runs.Run) {
			b.config.Store = storetest.Forged{Store: b.config.Store, Old: "MRID-new", New: "MRID-mew"}
		}, "its hash is"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{Numbers: 300}, ""))
				b.again(b.inventoryRows(10, 3))
				run, err := b.dryRun()
				if err != nil {
					t.Fatal(err)
				}
				spoil.change(b, run)
				_, err = b.applyPlan(run)
				if text := refused(t, b, err); !strings.Contains(text, spoil.want) {
					t.Errorf("got %q, want %q in it", text, spoil.want)
				}
			})
		})
	}
}

// A fresh plan goes on only with changes that were approved.
func TestApproved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 300}, ""))
		b.again(b.inventoryRows(10, 3))
		made, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.config.Approved = made.Identity.Name
		b.again(b.inventoryRows(10, 4))
		_, _, err = b.apply()
		fourth, _ := b.fake.InventoryNumber(3)
		if text := refused(t, b, err); !strings.Contains(text, fourth) || strings.Count(text, "approved") != 1 {
			t.Errorf("got %q", text)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.again(b.inventoryRows(10, 2))
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 2, result.Unchanged: 8})
	})
}

func TestGuards(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(b *bench)
		want string
	}{
		"max changes":       {func(b *bench) { b.config.Guards.MaxChanges = []guard.FieldLimit{{Limit: plan.Limit{Rows: 9}}} }, "10 of 200 rows would change, more than 9"},
		"max changes field": {func(b *bench) { b.config.Guards.MaxChanges = []guard.FieldLimit{{Field: "MessageRouteId"}} }, "10 of 200 rows would change MessageRouteId, more than 0"},
		"unattended": {func(b *bench) {
			b.config.Guards.Unattended = true
			b.again(b.inventoryRows(200, 61))
		}, "61 of 200 rows would change, more than 30%"},
		"rows that repeat others": {func(b *bench) {
			b.config.Guards.Unattended = true
			changing := b.inventoryRows(30, 30)
			_, again, _ := strings.Cut(changing, "\n")
			b.again(changing + strings.Repeat(again, 3))
		}, "30 of 30 different rows would change, more than 30%"},
		"29 of 100 are 29%": {func(b *bench) {
			b.config.Guards.MaxChanges = []guard.FieldLimit{{Limit: plan.Limit{Share: 0.29}}, {Limit: plan.Limit{Share: 0.28}}}
			b.again(b.inventoryRows(100, 29))
		}, "29 of 100 rows would change, more than 28%"},
		"protected": {func(b *bench) {
			number, _ := b.fake.InventoryNumber(4)
			b.config.Guards.Protect = map[string]struct{}{number: {}}
		}, "is protected"},
		"account": {func(b *bench) { b.config.Guards.ExpectAccount = "AID-9" }, "not AID-9"},
		"input age": {func(b *bench) {
			b.config.Guards.InputAt, b.config.Guards.MaxInputAge = time.Now().Add(-25*time.Hour), 24*time.Hour
		}, "25h1m old, more than 1d"},
		"invalid": {func(b *bench) {
			b.config.SkipInvalid = true
			b.again(b.inventoryRows(19, 1) + "+1,MRID-x\n+2,MRID-x\n")
		}, "2 of 21 rows are invalid, more than 5%"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{Numbers: 300, AccountId: "AID-1"}, ""))
				b.again(b.inventoryRows(200, 10))
				c.set(b)
				run, _, err := b.apply()
				if text := refused(t, b, err); !strings.Contains(text, c.want) {
					t.Errorf("got %q, want %q in it", text, c.want)
				}
				if run.Stop.Reason != result.Guarded {
					t.Errorf("stop %v", run.Stop)
				}
			})
		})
	}
}

// The guards that let a plan pass.
func TestGuardsThatHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 300, AccountId: "AID-1"}, ""))
		b.again(b.inventoryRows(200, 60))
		number, _ := b.fake.InventoryNumber(100) // it does not change
		b.config.Guards.Protect = map[string]struct{}{number: {}}
		b.config.Guards.Unattended = true
		b.config.Guards.ExpectAccount = "AID-1"
		b.config.Guards.MaxChanges = []guard.FieldLimit{{Field: "VoiceRouteId"}, {Field: "MessageRouteId", Limit: plan.Limit{Rows: 60}}}
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 60, result.Unchanged: 140})
	})
}

// The job's previous run is what a file is compared with.
func TestGuardsAgainstThePreviousRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 300}, ""))
		first := b.inventoryRows(100, 1)
		b.again(first)
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		sent := b.fake.Stats().Updates
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.again(b.inventoryRows(49, 1))
		if _, _, err := b.apply(); err == nil || !strings.Contains(err.Error(), "the input has 49 rows, and had 100") {
			t.Errorf("a loss of rows: %v", err)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.again("Number,VoiceEnabled\n" + lotsOf(100))
		if _, _, err := b.apply(); err == nil || !strings.Contains(err.Error(), "no row sets MessageRouteId") {
			t.Errorf("a lost column: %v", err)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.again(first)
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		noticed := false
		for _, e := range b.events {
			if n, ok := e.(event.Noticed); ok {
				noticed = strings.Contains(n.Detail, "byte for byte")
			}
		}
		if !noticed {
			t.Error("nobody was told that the input is the same")
		}
		if got := b.fake.Stats().Updates; got != sent {
			t.Errorf("%d updates, want %d", got, sent)
		}
	})
}

// lotsOf is n rows without a header.
func lotsOf(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s,yes\n", number(i))
	}
	return b.String()
}

// --fields limits what may be written.
func TestFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, "Number,MessageRouteId,VoiceRouteId\n"+number(1)+",MRID-1,CRID-1\n"+number(2)+",,CRID-2\n"))
		b.config.Fields = []string{"MessageRouteId"}
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		record, _ := b.fake.Number(number(1))
		if record.MessageRouteId != "MRID-1" || record.VoiceRouteId == "CRID-1" || results[1].Status != result.Unchanged {
			t.Errorf("record %+v, results %+v", record, results)
		}
	})
}

// A number that is IoT cannot become a2p: that is judged on the state that
// would result.
func TestIoTIsJudgedOnTheResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, "Number,MessageType\n"+number(1)+",a2p\n"))
		if err := b.fake.Set(number(1), func(r *sandbox.Record) { r.Classification, r.MessageType = "IoT", "p2p" }); err != nil {
			t.Fatal(err)
		}
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		if r := results[0]; r.Status != result.Failed || !strings.Contains(r.Error, "IoT") {
			t.Errorf("got %+v", r)
		}
	})
}

// A signal ends a reading; every row is told as not attempted.
func TestReadingStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 1000, PageSize: 20}, ""))
		b.again(b.inventoryRows(900, 10))
		time.AfterFunc(30*time.Second, func() { b.config.Control.Stop(sigint) })
		run, results, err := b.apply()
		if err != nil || run.Stop != sigint {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.NotAttempted: 900})
	})
}

// With --all nobody knows what changes: the guard for unattended runs does not
// hold it up.
func TestUnattendedAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(120))
		b.config.Guards.Unattended = true
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 120})
	})
}

// What a plan found in sync is read again when that was too long ago: what drifted since is told as that, and not sent;
// what need not be read again is told with its age.
func TestUnchangedIsReadAgain(t *testing.T) {
	for name, c := range map[string]struct {
		wait    time.Duration
		again   func(b *bench, run *runs.Run) (*runs.Run, error)
		drifted int
		age     time.Duration
	}{
		"a plan of three days ago": {72 * time.Hour, (*bench).applyPlan, 1, 0},
		"a plan of just now":       {time.Hour, (*bench).applyPlan, 0, time.Hour},
		"a plan of just now, of which nothing is believed": {time.Hour, func(b *bench, run *runs.Run) (*runs.Run, error) {
			b.config.Recheck = 1
			return b.applyPlan(run)
		}, 1, 0},
		"a run of three days ago": {72 * time.Hour, func(b *bench, run *runs.Run) (*runs.Run, error) {
			time.AfterFunc(20*time.Second, func() { b.config.Control.Stop(sigint) })
			run, err := b.applyPlan(run)
			if err != nil || !run.Stop.Early() {
				b.t.Fatalf("error %v, stop %v", err, run.Stop)
			}
			time.Sleep(72 * time.Hour) // of synctest: takes no real time
			b.setInventory(51, "MRID-other")
			run, _, err = b.resume(run, batch.ResumeOptions{})
			return run, err
		}, 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "a plan of three days ago" && name != "a plan of just now" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{Numbers: 300}, ""))
				b.again(b.inventoryRows(100, 30))
				run, err := b.dryRun()
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.wait) // of synctest: takes no real time
				b.setInventory(50, "MRID-other")
				began := time.Now()
				if run, err = c.again(b, run); err != nil {
					t.Fatal(err)
				}
				got := results(t, run)
				want := map[result.Status]int{result.Updated: 30, result.Unchanged: 70 - c.drifted}
				if c.drifted > 0 {
					want[result.Conflict] = c.drifted
				}
				wantCounts(t, got, want)
				if r := got[50]; c.drifted > 0 && r.Error != `MessageRouteId is "MRID-other" now, and was as asked when the plan was made` {
					t.Errorf("%+v", r)
				}
				counted := b.counted()
				if counted[result.Conflict] != c.drifted || counted[result.Unchanged] != 70-c.drifted {
					t.Errorf("told %v", counted)
				}
				if age := began.Sub(run.UnchangedAsOf); age > c.age+time.Minute || age < c.age-time.Minute && c.age > 0 {
					t.Errorf("as of %s before", age)
				}
				if n := b.fake.Stats().Updates; n != 30 {
					t.Errorf("%d updates", n)
				}
			})
		})
	}
}

// setInventory gives a number of the inventory a route.
func (b *bench) setInventory(n int, route string) {
	b.t.Helper()
	number, _ := b.fake.InventoryNumber(n)
	b.setRoute(number, route)
}

// counted are the rows as the newest execution told them last.
func (b *bench) counted() map[result.Status]int {
	return b.config.Control.Status(time.Now()).Counts
}

// A run that was cut off while it read goes on with what it has read only as long as that is fresh.
func TestWhatWasReadLongAgoIsReadAgain(t *testing.T) {
	for wait, conflicts := range map[time.Duration]int{time.Hour: 0, 72 * time.Hour: 1} {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{Numbers: 300, PageSize: 20}, ""))
			b.again(b.inventoryRows(100, 30))
			time.AfterFunc(4*time.Second, func() { b.config.Control.Stop(sigint) })
			run, _, err := b.apply()
			if err != nil || !run.Stop.Early() || run.Plan != nil {
				t.Fatalf("error %v, %+v", err, run)
			}
			time.Sleep(wait) // of synctest: takes no real time
			b.setInventory(31, "MRID-other")
			before := b.fake.Stats().Updates
			_, got, err := b.resume(run, batch.ResumeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if n := b.fake.Stats().Updates - before; n != 30+conflicts {
				t.Errorf("after %s: %d updates, %v", wait, n, counts(got))
			}
		})
	}
}
