package batch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// resume goes on with a run.
func (b *bench) resume(run *runs.Run, o batch.ResumeOptions) (*runs.Run, []result.Result, error) {
	b.t.Helper()
	api, err := client.New(b.client)
	if err != nil {
		b.t.Fatal(err)
	}
	b.config.Client, b.config.Reader = api, api.Reader
	b.config.Control = control.New()
	again, err := batch.Resume(context.Background(), b.config, run.Identity.Name, o)
	if again == nil {
		return nil, nil, err
	}
	return again, results(b.t, again), err
}

// lost answers nothing, after the update took effect.
func lost(fake **sandbox.Sandbox) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		if err := (*fake).Set(number(0), func(rec *sandbox.Record) { rec.MessageRouteId = "MRID-0" }); err != nil {
			panic(err)
		}
		<-r.Context().Done()
	}
}

// At its end a run settles what is in doubt: its number is read.
func TestDoubtIsSettledAtTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		read    bool // current settings were read before
		answers func(fake **sandbox.Sandbox) []http.HandlerFunc
		want    result.Status
		text    string
		updates int
	}{
		"applied, then refused": {true, func(f **sandbox.Sandbox) []http.HandlerFunc {
			return []http.HandlerFunc{lost(f), status(400)}
		}, result.Updated, "found in sync, order id unknown", 0},
		"not applied, then refused": {true, func(**sandbox.Sandbox) []http.HandlerFunc {
			return []http.HandlerFunc{silence, status(400)}
		}, result.Updated, "", 1},
		"somebody else was there": {true, func(f **sandbox.Sandbox) []http.HandlerFunc {
			return []http.HandlerFunc{silence, func(w http.ResponseWriter, _ *http.Request) {
				if err := (*f).Set(number(0), func(r *sandbox.Record) { r.MessageRouteId = "MRID-other" }); err != nil {
					panic(err)
				}
				w.WriteHeader(http.StatusBadRequest)
			}}
		}, result.Unknown, `MessageRouteId is "MRID-other", neither as it was nor as asked`, 0},
		"what it was is not known": {false, func(**sandbox.Sandbox) []http.HandlerFunc {
			return []http.HandlerFunc{silence, status(400)}
		}, result.Updated, "", 1},
		"refused for ever": {false, func(**sandbox.Sandbox) []http.HandlerFunc {
			return []http.HandlerFunc{silence, status(400), status(400)}
		}, result.Unknown, "an earlier sending may have been applied", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var fake *sandbox.Sandbox
				b := newBench(t, sandbox.Config{Answer: answers(c.answers(&fake)...)}, rows(1))
				fake = b.fake
				if c.read {
					planned(b)
				}
				_, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				if r := results[0]; r.Status != c.want || !strings.Contains(r.Error, c.text) || fake.Stats().Updates != c.updates {
					t.Errorf("got %+v, %d updates", r, fake.Stats().Updates)
				}
			})
		})
	}
}

// A run that was cut off anywhere goes on to the same end: each row has one
// result, each number is in sync, and only rows in doubt are sent again.
func TestResumeAfterACrashAnywhere(t *testing.T) {
	const n = 6
	for _, all := range []bool{false, true} {
		for steps := 1; steps < 3+2*n; steps += testextent.Spaced(5) {
			t.Run(fmt.Sprintf("all=%v/%d steps", all, steps), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, sandbox.Config{}, rows(n))
					if !all {
						planned(b)
					}
					b.config.Workers = 1
					run := b.crash(steps)
					time.Sleep(time.Minute) // of synctest: takes no real time
					again, results, err := b.resume(run, batch.ResumeOptions{})
					if err != nil || again.Stop.Early() {
						t.Fatalf("error %v, stop %v", err, again.Stop)
					}
					// Where even the plan was lost, a new one finds all in sync.
					got := counts(results)
					if got[result.Updated]+got[result.Unchanged] != n {
						t.Fatalf("got %v: %+v", got, results)
					}
					for i := range n {
						if record, _ := b.fake.Number(number(i)); record.MessageRouteId != fmt.Sprintf("MRID-%d", i) {
							t.Errorf("%s has %s", number(i), record.MessageRouteId)
						}
					}
				})
			})
		}
	}
}

// Stopped again and again, at any moment: nothing answered is sent twice.
func TestResumeAgainAndAgain(t *testing.T) {
	testextent.Variant(t) // of TestResumeAfterACrashAnywhere
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Latency: 700 * time.Millisecond}, rows(200)))
		random := rand.New(rand.NewPCG(1, 2))
		stop := func() {
			c := b.config.Control
			time.AfterFunc(time.Duration(random.IntN(60_000))*time.Millisecond, func() { c.Stop(sigint) })
		}
		stop()
		run, all, err := b.apply()
		rounds := 1
		for ; err == nil && run.Stop.Early() && rounds < 100; rounds++ {
			b.config.Listeners = []event.Listener{func(e event.Event) {
				if _, ok := e.(event.Started); ok {
					stop()
				}
			}}
			run, all, err = b.resume(run, batch.ResumeOptions{})
		}
		if err != nil || run.Stop.Early() || rounds < 5 {
			t.Fatalf("error %v, stop %v after %d rounds", err, run.Stop, rounds)
		}
		wantCounts(t, all, map[result.Status]int{result.Updated: 200})
		stats := b.fake.Stats()
		for i := range 200 {
			if got := stats.Numbers[number(i)].Updates; got != 1 {
				t.Errorf("%s was updated %d times", number(i), got)
			}
		}
	})
}

// What moved while a run stood still is not overwritten: Monday's run cannot
// undo Tuesday's.
func TestResumeReadsAgain(t *testing.T) {
	testextent.Variant(t)
	for name, c := range map[string]struct {
		wait time.Duration
		move func(b *bench)
	}{
		"the reading is old": {13 * time.Hour, func(b *bench) {
			if err := b.fake.Set(number(99), func(r *sandbox.Record) { r.MessageRouteId = "MRID-other" }); err != nil {
				b.t.Fatal(err)
			}
		}},
		"a later run was there": {time.Hour, func(b *bench) {
			b.again("Number,MessageRouteId\n" + number(99) + ",MRID-other\n")
			b.config.Job = "another"
			if _, _, err := b.apply(); err != nil {
				b.t.Fatal(err)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "the reading is old" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{}, rows(100)))
				time.AfterFunc(3*time.Minute, func() { b.config.Control.Stop(sigint) })
				run, _, err := b.apply()
				if err != nil || !run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				time.Sleep(c.wait) // of synctest: takes no real time
				c.move(b)
				_, results, err := b.resume(run, batch.ResumeOptions{})
				if err != nil {
					t.Fatal(err)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 99, result.Conflict: 1})
				if record, _ := b.fake.Number(number(99)); record.MessageRouteId != "MRID-other" {
					t.Errorf("it was overwritten: %s", record.MessageRouteId)
				}
			})
		})
	}
}

func TestResumeRetriesFailedRowsWhenAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := true
		judge := func(_, after sandbox.Record) (v sandbox.Verdict) {
			if refuse && after.Number == number(3) {
				v.Refuse = "not today"
			}
			return v
		}
		b := planned(newBench(t, sandbox.Config{Judge: judge}, rows(30)))
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		refuse = false
		_, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 29, result.Failed: 1})
		_, results, err = b.resume(run, batch.ResumeOptions{RetryFailed: true})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 30})
	})
}

// The question before a resume counts the rows as the first one did, though the
// input is not checked again; nor does it matter that somebody has changed the
// folder's copy, which is put right.
func TestResumeAsksAsTheRunDid(t *testing.T) {
	text := rows(10) + number(3) + ",MRID-3\n" + number(4) + ",MRID-other\n" + number(20) + ",CRID-1\nnobody,MRID-1\n"
	for _, changed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{}, text))
			b.config.SkipInvalid, b.config.Guards.MaxInvalid = true, plan.Limit{Share: 1}
			var asked []batch.Question
			b.config.Confirm = func(_ context.Context, q batch.Question) error {
				asked = append(asked, q)
				return result.ErrDeclined
			}
			run, _, err := b.apply()
			if !errors.Is(err, result.ErrDeclined) {
				t.Fatal(err)
			}
			if changed {
				edit(t, run.Dir().File("input.csv"), "nobody", "nowhere")
			}
			b.events = nil
			if _, _, err := b.resume(run, batch.ResumeOptions{}); !errors.Is(err, result.ErrDeclined) {
				t.Fatal(err)
			}
			first, second := asked[0].Counts, asked[1].Counts
			first.Warnings = 0
			if want := (input.Counts{Rows: 14, Valid: 9, Invalid: 4, Duplicate: 1}); first != want || second != want {
				t.Errorf("asked with %+v, and then with %+v, want %+v", first, second, want)
			}
			checked := slices.ContainsFunc(b.events, func(e event.Event) bool { _, found := e.(event.ProblemFound); return found })
			if checked {
				t.Error("checked again")
			}
			for row, err := range reopened(t, run).Rows(t.Context()) {
				if err != nil || strings.Contains(row.Row.Error, "nowhere") {
					t.Errorf("%+v, %v", row, err)
				}
			}
			if content, err := os.ReadFile(run.Dir().File("input.csv")); err != nil || string(content) != text {
				t.Errorf("the copy is %q, %v", content, err)
			}
		})
	}
}

// With a token that reads nothing the rows go on that are not in doubt.
func TestResumeWithATokenOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(6))
		b.config.Workers, b.config.TokenOnly = 1, true
		run := b.crash(6) // the second row has its intent only
		again, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil || again.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, again.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 5, result.Unknown: 1})
	})
}

// The rate that is told is the one that the run went on at.
func TestResumeAtAnotherRate(t *testing.T) {
	testextent.Variant(t)
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(100)))
		run := b.half()
		b.config.Rate, _ = client.ParseRate("24/m")
		again, _, err := b.resume(run, batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		summary, err := again.Summary(t.Context())
		if err != nil || summary.Run.Rate != b.config.Rate.String() {
			t.Errorf("told %q, %v", summary.Run.Rate, err)
		}
	})
}

func TestResumeRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(3)))
		made, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.resume(made, batch.ResumeOptions{}); err == nil || !strings.Contains(err.Error(), "is a plan that was not applied") {
			t.Errorf("a plan: %v", err)
		}
		b.config.Account = "DID-2"
		if _, _, err := b.resume(made, batch.ResumeOptions{}); err == nil || !strings.Contains(err.Error(), "account AID-1, not AID-") {
			t.Errorf("another account: %v", err)
		}
	})
}

// Orders that are not complete are asked for until they are.
func TestPendingOrdersAreAwaited(t *testing.T) {
	for word, want := range map[string]result.Status{"Complete": result.Updated, "Failed": result.Failed} {
		synctest.Test(t, func(t *testing.T) {
			judge := func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: "Processing"} }
			orders := sandbox.Orders{PendingFor: 90 * time.Second, End: word}
			b := newBench(t, sandbox.Config{Judge: judge, Orders: orders}, rows(5))
			b.config.WaitFor = time.Minute
			run, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			wantCounts(t, results, map[result.Status]int{result.Pending: 5})
			b.config.WaitFor = 10 * time.Minute
			_, results, err = b.resume(run, batch.ResumeOptions{})
			if err != nil {
				t.Fatal(err)
			}
			wantCounts(t, results, map[result.Status]int{want: 5})
			if r := results[0]; r.UpdateOrderId == "" || r.UpdateOrderStatus != word || b.fake.Stats().Endpoints[sandbox.Update].Requests != 5 {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// Time in which nothing could be asked is no time of waiting for orders.
func TestAPauseDoesNotCountAgainstTheWaitForOrders(t *testing.T) {
	testextent.Variant(t) // of TestAPauseDoesNotCountAgainstTheOutageWait
	synctest.Test(t, func(t *testing.T) {
		judge := func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: "Processing"} }
		b := newBench(t, sandbox.Config{Judge: judge, Orders: sandbox.Orders{PendingFor: 3 * time.Hour, End: "Complete"}}, rows(5))
		b.config.WaitFor = 90 * time.Minute
		over, outcome := b.start()
		time.Sleep(time.Hour) // of synctest: takes no real time
		if err := b.config.Control.Pause(t.Context(), "alice"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(110 * time.Minute) // past the time that is waited
		if !running(over) {
			t.Fatal("the pause counted")
		}
		if err := b.config.Control.Continue("alice", ""); err != nil {
			t.Fatal(err)
		}
		<-over
		wantCounts(t, outcome.results, map[result.Status]int{result.Updated: 5})
	})
}

// What is paused at the end of the time that is waited for orders ends after it.
func TestTheWaitForOrdersEndsAfterAPause(t *testing.T) {
	testextent.Variant(t) // of TestAPauseDoesNotCountAgainstTheOutageWait
	synctest.Test(t, func(t *testing.T) {
		judge := func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: "Processing"} }
		b := newBench(t, sandbox.Config{Judge: judge, Orders: sandbox.Orders{PendingFor: 9 * time.Hour, End: "Complete"}}, rows(5))
		b.config.WaitFor = time.Hour
		began := time.Now()
		over, outcome := b.start()
		time.Sleep(59 * time.Minute) // of synctest: takes no real time
		_ = b.config.Control.Pause(t.Context(), "alice")
		time.Sleep(time.Hour) // of synctest: takes no real time
		_ = b.config.Control.Continue("alice", "")
		<-over
		if took := time.Since(began).Round(time.Minute); took != 2*time.Hour {
			t.Errorf("it ended after %v", took)
		}
		wantCounts(t, outcome.results, map[result.Status]int{result.Pending: 5})
	})
}

// No row starts after the deadline, and whether the plan fits is said before.
func TestDeadline(t *testing.T) {
	for name, c := range map[string]struct {
		after time.Duration
		fit   bool
		want  map[result.Status]int
		said  string
	}{
		"fits":     {10 * time.Minute, true, map[result.Status]int{result.Updated: 96}, "before the deadline"},
		"too late": {time.Minute, false, map[result.Status]int{result.Updated: 48, result.NotAttempted: 48}, "after the deadline"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sandbox.Config{}, rows(96))
				// The token goes first.
				b.config.Deadline = time.Now().Add(c.after + 500*time.Millisecond)
				b.config.RequireFit = c.fit
				run, results, err := b.apply()
				if err != nil || c.fit == run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				wantCounts(t, results, c.want)
				said := false
				for _, e := range b.events {
					if n, ok := e.(event.Noticed); ok {
						said = said || strings.Contains(n.Detail, c.said)
					}
				}
				if !said || !c.fit && run.Stop.Reason != result.StoppedByDeadline {
					t.Errorf("said %v, stop %v", said, run.Stop)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(96))
		b.config.Deadline, b.config.RequireFit = time.Now().Add(time.Minute), true
		_, _, err := b.apply()
		if text := refused(t, b, err); !strings.Contains(text, "after the deadline") {
			t.Errorf("got %q", text)
		}
	})
}

// A run goes on under the guards that it began with, and under those that are
// given then.
func TestResumeKeepsTheGuards(t *testing.T) {
	testextent.Variant(t)
	protect := map[string]struct{}{number(70): {}}
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(100)))
		b.config.Guards.Protect = protect
		run, _, err := b.apply()
		if text := refused(t, b, err); !strings.Contains(text, number(70)) {
			t.Errorf("got %q", text)
		}
		b.config.Guards = guard.Limits{}
		_, _, err = b.resume(run, batch.ResumeOptions{})
		if text := refused(t, b, err); !strings.Contains(text, number(70)) {
			t.Errorf("resumed without the guard: %q", text)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(100)))
		time.AfterFunc(3*time.Minute, func() { b.config.Control.Stop(sigint) })
		run, _, err := b.apply()
		if err != nil || !run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		sent := b.fake.Stats().Updates
		b.config.Guards.Protect = protect
		_, _, err = b.resume(run, batch.ResumeOptions{})
		if err == nil || !strings.Contains(err.Error(), number(70)) || b.fake.Stats().Updates != sent {
			t.Errorf("error %v, %d updates more", err, b.fake.Stats().Updates-sent)
		}
	})
}

// What was not approved is not sent by going on either.
func TestResumeKeepsTheApproval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 300}, ""))
		b.again(b.inventoryRows(10, 3))
		made, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.config.Approved, b.config.ApprovedMaxAge = made.Identity.Name, 24*time.Hour
		b.again(b.inventoryRows(10, 4))
		run, _, err := b.apply()
		refused(t, b, err)
		b.config.Approved = ""
		_, _, err = b.resume(run, batch.ResumeOptions{})
		if text := refused(t, b, err); !strings.Contains(text, "was not approved") {
			t.Errorf("got %q", text)
		}
		time.Sleep(48 * time.Hour) // of synctest: takes no real time
		b.config.Approved = made.Identity.Name
		b.again(b.inventoryRows(10, 3))
		_, _, err = b.apply()
		if text := refused(t, b, err); !strings.Contains(text, "was made 2d 2h ago, more than 1d") {
			t.Errorf("an old approval: %q", text)
		}
	})
}

// A plan says which guards would refuse it, and they hold when it is applied.
func TestPlanForetellsItsGuards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{Numbers: 300}, ""))
		b.again(b.inventoryRows(10, 3))
		b.config.Guards.MaxChanges = []guard.FieldLimit{{Limit: plan.Limit{Rows: 2}}}
		made, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		told := ""
		for _, e := range b.events {
			if n, ok := e.(event.Noticed); ok {
				told += n.Detail
			}
		}
		if !strings.Contains(told, "apply would refuse it: 3 of 10 rows would change, more than 2") {
			t.Errorf("told %q", told)
		}
		b.config.Guards.MaxChanges = nil
		_, err = b.applyPlan(made)
		if text := refused(t, b, err); !strings.Contains(text, "more than 2") {
			t.Errorf("got %q", text)
		}
	})
}

// A plan that was applied and stopped is an unfinished run of its file too.
func TestFindUnfinishedFindsAnAppliedPlan(t *testing.T) {
	testextent.Variant(t)
	synctest.Test(t, func(t *testing.T) {
		text := rows(100)
		b := planned(newBench(t, sandbox.Config{}, text))
		made, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		if folder, err := batch.FindUnfinished(t.Context(), b.config, strings.NewReader(text)); err != nil || folder != "" {
			t.Errorf("a plan alone: %q, %v", folder, err)
		}
		b.config.Listeners = []event.Listener{func(e event.Event) {
			if _, ok := e.(event.Started); ok {
				c := b.config.Control
				time.AfterFunc(30*time.Second, func() { c.Stop(sigint) })
			}
		}}
		run, err := b.applyPlan(made)
		if err != nil || !run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		if folder, err := batch.FindUnfinished(t.Context(), b.config, strings.NewReader(text)); err != nil || folder != run.Identity.Name {
			t.Errorf("got %q, %v, want %s", folder, err, run.Identity.Name)
		}
	})
}

// A row of two fields that was applied unnoticed, and of which somebody else changed one since, is unknown, each field
// named; a rollback takes the other one back.
func TestMixedDoubtIsUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fake *sandbox.Sandbox
		unnoticed := func(_ http.ResponseWriter, r *http.Request) {
			err := fake.Set(number(0), func(rec *sandbox.Record) {
				rec.MessageRouteId, rec.VoiceRouteId = "MRID-new", "CRID-theirs"
			})
			if err != nil {
				panic(err)
			}
			<-r.Context().Done()
		}
		rows := "Number,MessageRouteId,VoiceRouteId\n" + number(0) + ",MRID-new,CRID-new\n"
		b := planned(newBench(t, sandbox.Config{Answer: answers(unnoticed, status(400))}, rows))
		fake = b.fake
		before, _ := b.fake.Number(number(0))
		run, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		want := `it may have been applied: MessageRouteId is "MRID-new", as asked, ` +
			`VoiceRouteId is "CRID-theirs", neither as it was nor as asked`
		if results[0].Status != result.Unknown || results[0].Error != want {
			t.Errorf("%+v", results[0])
		}
		_, results, err = b.rollback(run, batch.RollbackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want = `note: left as it is: VoiceRouteId is CRID-theirs, and If.VoiceRouteId expects CRID-new`
		if results[0].Status != result.Updated || results[0].Error != want {
			t.Errorf("%+v", results[0])
		}
		if is, _ := b.fake.Number(number(0)); is.MessageRouteId != before.MessageRouteId || is.VoiceRouteId != "CRID-theirs" {
			t.Errorf("%s and %s", is.MessageRouteId, is.VoiceRouteId)
		}
	})
}

// Rows that failed in reading are read again when failed rows are retried, in the last
// wave, and what is still unknown counts before the first update.
func TestRetryFailedReadsAgain(t *testing.T) {
	for _, waves := range []string{"", "5,50%,100%"} {
		t.Run(waves, func(t *testing.T) {
			if waves == "" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				unreadable := true
				answer := func(r *http.Request) http.Handler {
					for i := range 3 {
						if unreadable && strings.Contains(r.URL.String(), strings.TrimPrefix(number(i), "+")) {
							return status(http.StatusBadRequest)
						}
					}
					return nil
				}
				b := planned(newBench(t, sandbox.Config{Answer: answer}, routed(30, "MRID-x")+number(1)+",MRID-x\n"))
				b.config.Read, b.config.MaxFailures = plan.ReadEach, plan.Limit{Rows: 3}
				b.config.Waves, _ = plan.ParseWaves(waves)
				run, results, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 27, result.Failed: 4})
				if o := (batch.ResumeOptions{}); !batch.Done(reopened(t, run), o) {
					t.Error("there is something to resume")
				}
				again := batch.ResumeOptions{RetryFailed: true}
				if batch.Done(reopened(t, run), again) {
					t.Error("there is nothing to resume")
				}
				sent := b.fake.Stats().Updates
				b.config.MaxFailures = plan.Limit{Rows: 2}
				if run, _, err = b.resume(run, again); err != nil || run.Stop.Reason != result.StoppedByFailures || b.fake.Stats().Updates != sent {
					t.Errorf("still unreadable: error %v, stop %v", err, run.Stop)
				}
				unreadable = false
				run, results, err = b.resume(run, again)
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 31})
				if n := b.fake.Stats().Updates - sent; n != 3 {
					t.Errorf("%d updates, want 3", n)
				}
				if waves == "" {
					return
				}
				summary, err := run.Summary(t.Context())
				if last := summary.Waves[len(summary.Waves)-1]; err != nil || len(summary.Waves) != 3 || last.Upto != 30 || !last.Passed {
					t.Errorf("waves %+v, %v", summary.Waves, err)
				}
			})
		})
	}
}
