package batch_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// sim is the n-th SIM of the tests.
func sim(n int) string { return fmt.Sprintf("89012403971%08d", n) }

// swap is a bench whose numbers 0 to n-1 have SIMs, and whose rows give each number the SIM of the next one, and the last
// number SIM n, in the file's order.
func newSwap(t *testing.T, fake sandbox.Config, n int) *bench {
	t.Helper()
	fake.UniqueICCIDs = true
	b := planned(newBench(t, fake, ""))
	b.client.Rate, _ = client.ParseRate("20/s")
	b.config.Workers, b.config.WaitFor = 8, 10*time.Minute
	b.config.MaxFailures = plan.Limit{Share: 1}
	var rows strings.Builder
	rows.WriteString("Number,Iccid\n")
	for i := range n {
		b.setSIM(number(i), sim(i))
		fmt.Fprintf(&rows, "%s,%s\n", number(i), sim(i+1))
	}
	b.again(rows.String())
	return b
}

func (b *bench) setSIM(number, iccid string) {
	b.t.Helper()
	if err := b.fake.Set(number, func(r *sandbox.Record) { r.Iccid = iccid }); err != nil {
		b.t.Fatal(err)
	}
}

// wantSIMs wants the numbers to have these SIMs.
func (b *bench) wantSIMs(want ...int) {
	b.t.Helper()
	for i, n := range want {
		if is, _ := b.fake.Number(number(i)); strings.TrimSuffix(is.Iccid, "F") != sim(n) {
			b.t.Errorf("%s has the SIM %s, want %s", number(i), is.Iccid, sim(n))
		}
	}
}

// A chain of SIMs is applied from its end, one order after the other, by a server that has each SIM on one number.
func TestAChainOfSIMsIsAppliedInItsOrder(t *testing.T) {
	for name, fake := range map[string]sandbox.Config{
		"at once":           {},
		"with slow answers": {Latency: 3 * time.Second},
		"with slow orders":  pendingOrders(sandbox.Orders{PendingFor: 90 * time.Second}),
	} {
		for _, waves := range []string{"", "1,100%"} {
			synctest.Test(t, func(t *testing.T) {
				b := newSwap(t, fake, 3)
				if waves != "" {
					b.config.Waves, _ = plan.ParseWaves(waves)
				}
				run, results, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("%s: error %v, stop %v", name, err, run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 3})
				b.wantSIMs(1, 2, 3)
				if n := b.fake.Stats().Endpoints[sandbox.Update].Requests; n != 3 {
					t.Errorf("%s: %d updates were sent", name, n)
				}
				if waves != "" && (len(run.Plan.Waves) != 1 || run.Plan.Waves[0].Rows != 3) {
					t.Errorf("%s: the chain is in the waves %+v", name, run.Plan.Waves)
				}
			})
		}
	}
}

// A row that waits for the SIM of one that is pending does not make a run last longer than --wait-for, be it as short as the
// first pause between two questions: something is asked before that is over.
func TestAShortWaitForAPendingGiverAsksAndEnds(t *testing.T) {
	for _, hands := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b := newSwap(t, pendingOrders(sandbox.Orders{PendingFor: time.Hour}), 2)
			b.config.WaitFor = 5 * time.Second
			if !hands {
				b.again("Number,Iccid\n" + number(1) + "," + sim(2) + "\n")
			}
			run, results, err := b.apply()
			if err != nil || run.Stop.Early() {
				t.Fatalf("error %v, stop %v", err, run.Stop)
			}
			want := map[result.Status]int{result.Pending: 1}
			if hands {
				want[result.NotAttempted] = 1
			}
			wantCounts(t, results, want)
			if n := b.lookups(client.EndpointOrder); n == 0 {
				t.Errorf("hands on %v: no order was asked for", hands)
			}
			if took := run.EndedAt.Sub(run.StartedAt); took > b.config.WaitFor+time.Second {
				t.Errorf("hands on %v: the run took %s", hands, took)
			}
		})
	}
}

// A chain goes back as it came, from its beginning.
func TestARollbackOfAChainGoesBackwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSwap(t, pendingOrders(sandbox.Orders{PendingFor: 20 * time.Second}), 4)
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		_, results, err := b.rollback(run, batch.RollbackOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 4})
		b.wantSIMs(0, 1, 2, 3)
	})
}

// When a giver is refused, or its order fails, who takes its SIM is not sent, nor who takes that one's; other rows are.
func TestWhoTakesFromAFailedGiverIsNotSent(t *testing.T) {
	for name, verdict := range map[string]sandbox.Verdict{
		"refused":          {Refuse: "not this one"},
		"its order fails":  {OrderStatus: "Failed"},
		"it stays pending": {OrderStatus: "Pending"},
	} {
		synctest.Test(t, func(t *testing.T) {
			judge := func(before, _ sandbox.Record) (v sandbox.Verdict) {
				if before.Number == number(1) {
					v = verdict
				}
				return v
			}
			b := newSwap(t, sandbox.Config{Judge: judge, Orders: sandbox.Orders{PendingFor: time.Hour}}, 3)
			run, results, err := b.apply()
			if err != nil || run.Stop.Early() {
				t.Fatalf("%s: error %v, stop %v", name, err, run.Stop)
			}
			if r := results[0]; r.Status != result.NotAttempted || r.Attempts != 0 ||
				!strings.Contains(r.Error, "it takes the SIM "+sim(1)+"F of "+number(1)+" (line 3), which has not given it up: that row is ") {
				t.Errorf("%s: %+v", name, r)
			}
			if results[2].Status != result.Updated {
				t.Errorf("%s: %+v", name, results[2])
			}
			b.wantSIMs(0, 1, 3)
			if n := b.fake.Stats().Numbers[number(0)].Requests; n > 1 { // its reading
				t.Errorf("%s: the taker had %d requests", name, n)
			}
			if _, results, err = b.resume(run, batch.ResumeOptions{}); err != nil {
				t.Fatal(err)
			}
			if r := results[0]; r.Status != result.NotAttempted {
				t.Errorf("%s, resumed: %+v", name, r)
			}
		})
	}
}

// Who takes the SIM of a number whose row is not sent, because the plan has it in conflict or as failed, is not sent either.
func TestWhoTakesFromARowThatIsNotSent(t *testing.T) {
	for status, more := range map[result.Status]string{
		result.Conflict: "If.MessageRouteId",
		result.Failed:   "MessageType",
	} {
		for _, waves := range []string{"", "1,100%"} {
			synctest.Test(t, func(t *testing.T) {
				b := newSwap(t, sandbox.Config{}, 2)
				if err := b.fake.Set(number(1), func(r *sandbox.Record) { r.Classification = "IoT" }); err != nil {
					t.Fatal(err)
				}
				cell := map[result.Status]string{result.Conflict: "MRID-elsewhere", result.Failed: "a2p"}[status]
				b.again(fmt.Sprintf("Number,Iccid,%s\n%s,%s,\n%s,%s,%s\n", more, number(0), sim(1), number(1), sim(2), cell))
				if waves != "" {
					b.config.Waves, _ = plan.ParseWaves(waves)
					b.config.WaveFailures = plan.Limit{Share: 1}
				}
				run, results, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("%s: error %v, stop %v", status, err, run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.NotAttempted: 1, status: 1})
				why := "it takes the SIM " + sim(1) + "F of " + number(1) + " (line 3), which has not given it up: that row is " + string(status)
				if results[0].Error != why {
					t.Errorf("%s: the taker says %q", status, results[0].Error)
				}
				b.wantSIMs(0, 1)
			})
		}
	}
}

// A run that was cut off in the middle of a chain goes on with it in its order.
func TestAResumedChainKeepsItsOrder(t *testing.T) {
	testextent.Variant(t)
	for steps := 2; steps < 14; steps += testextent.Spaced(3) {
		synctest.Test(t, func(t *testing.T) {
			b := newSwap(t, pendingOrders(sandbox.Orders{PendingFor: 30 * time.Second}), 4)
			var rows strings.Builder
			rows.WriteString("Number,Iccid\n")
			for i := range 4 {
				fmt.Fprintf(&rows, "%s,%s\n", number(i), sim(i+1))
			}
			b.again(rows.String())
			cut := b.crash(steps)
			_, results, err := b.resume(cut, batch.ResumeOptions{})
			if err != nil {
				t.Fatalf("after %d steps: %v", steps, err)
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: 4})
			b.wantSIMs(1, 2, 3, 4)
		})
	}
}

// A taker that is in the file before or after its giver, whatever it is called, and a number that has let its SIM go by
// the time at which it is read, need no order.
func TestAGiverThatWasReadWithoutItsSIM(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSwap(t, sandbox.Config{}, 2)
		b.config.Recheck = 1
		b.config.Confirm = func(context.Context, batch.Question) error {
			time.Sleep(2 * time.Minute)
			b.setSIM(number(1), sim(7)) // by somebody else: its row is a conflict
			return nil
		}
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		if results[0].Status != result.Updated || results[1].Status != result.Conflict {
			t.Errorf("%+v", results)
		}
		b.wantSIMs(1, 7)
	})
}

// Two numbers that swap their SIMs are refused before anything is sent, with the way out, or sent if that is allowed.
func TestACycleOfSIMs(t *testing.T) {
	for _, allowed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := newSwap(t, sandbox.Config{}, 2)
			b.setSIM(number(2), sim(5))
			b.again(fmt.Sprintf("Number,Iccid\n%s,%s\n%s,%sF\n%s,%s\n", number(0), sim(1), number(1), sim(0), number(2), sim(6)))
			b.config.Input.AllowSharedICCID = allowed
			_, results, err := b.apply()
			refused, is := errors.AsType[*guard.RefusedError](err)
			updates := b.fake.Stats().Endpoints[sandbox.Update].Requests
			switch {
			case !allowed && (!is || updates != 0):
				t.Fatalf("%v, and %d updates", err, updates)
			case !allowed:
				for _, want := range []string{number(0) + " (line 2)", number(1) + " (line 3)", "SIMs go round", "or <clear>"} {
					if !strings.Contains(refused.Error(), want) || refused.Refusals[0].Guard != guard.SharedICCID {
						t.Errorf("the refusal says %v, not %q", refused.Refusals, want)
					}
				}
			case err != nil || updates == 0:
				t.Errorf("%v, %d updates, %v", err, updates, counts(results))
			}
		})
	}
}

// The plan warns of a SIM that the inventory shows on another number, unless that number's row gives it up.
func TestASIMOnAnotherNumber(t *testing.T) {
	for name, c := range map[string]struct {
		rows string
		want bool
	}{
		"not in the file":   {"", true},
		"another change":    {"%s,,MRID-x\n", true},
		"the same SIM":      {"%s," + sim(9) + "F,MRID-x\n", true},
		"gives it up":       {"%s," + sim(8) + ",\n", false},
		"gives it up, bare": {"%s,<clear>,\n", false},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newSwap(t, sandbox.Config{Numbers: 4}, 3)
			b.setSIM(number(5), sim(9)+"F")
			if strings.Contains(c.rows, "%s") {
				c.rows = fmt.Sprintf(c.rows, number(5))
			}
			rows := fmt.Sprintf("Number,Iccid,MessageRouteId\n%s,,MRID-1\n%s,%s,\n%s,,MRID-1\n%s,,MRID-1\n", number(2), number(0), sim(9), number(1), number(3))
			b.again(rows + c.rows)
			b.config.Input.AllowClear, b.config.Read = true, plan.ReadInventory
			b.config.Input.AllowSharedICCID = true
			run, err := b.dryRun()
			if err != nil {
				t.Fatal(err)
			}
			want := "warning: Iccid: the SIM is on " + number(5) + ", and no row takes it away from there: line 3"
			if got := strings.Contains(fmt.Sprint(notesOf(run)), want); got != c.want {
				t.Errorf("%s: the plan says %v", name, notesOf(run))
			}
		})
	}
}

// A run that was cut off while its plan was made knows, when it goes on, of the SIMs that pages read before had on numbers
// which the file does not name; and it does not say of a route that no number has it, of pages that it has not seen.
func TestAPlanThatWasCutOffKnowsWhoHasASIM(t *testing.T) {
	testextent.Variant(t) // of TestWhoTakesFromAFailedGiverIsNotSent
	const far = 60
	read := 0 // crashes after the page with the SIM, and before the plan
	for steps := 1; ; steps++ {
		done := false
		synctest.Test(t, func(t *testing.T) {
			b := newSwap(t, sandbox.Config{PageSize: 10}, 3)
			for i := range far {
				b.setSIM(number(i), sim(100+i))
			}
			if err := b.fake.Set(number(1), func(r *sandbox.Record) { r.MessageRouteId = "MRID-known" }); err != nil {
				t.Fatal(err)
			}
			var rows strings.Builder
			rows.WriteString("Number,Iccid,MessageRouteId\n")
			fmt.Fprintf(&rows, "%s,%s,\n", number(0), sim(101))
			for i := range 20 {
				fmt.Fprintf(&rows, "%s,,MRID-known\n", number(far-1-i))
			}
			b.again(rows.String())
			b.config.Read, b.config.RunName = plan.ReadInventory, "cut"
			whole := b.config.Store
			b.config.Store = &storetest.Full{Store: whole, Left: steps}
			_, _ = b.applyOnly()
			b.config.Store = whole
			run, err := b.runs().Open(t.Context(), "cut")
			if err != nil {
				return // it did not begin
			}
			if run.Plan != nil {
				done = true
				return
			}
			before := b.fake.Stats().Endpoints[sandbox.Inventory].Requests
			if run, _, err = b.resume(run, batch.ResumeOptions{}); err != nil {
				t.Fatalf("after %d steps: %v", steps, err)
			}
			if before > 1 && b.fake.Stats().Endpoints[sandbox.Inventory].Requests-before < 6 {
				read++
			}
			notes := fmt.Sprint(notesOf(run))
			if !strings.Contains(notes, "warning: Iccid: the SIM is on "+number(1)+", and no row takes it away from there: line 2") {
				t.Errorf("after %d steps the plan says %v", steps, notes)
			}
			if strings.Contains(notes, "are on no number of the inventory") {
				t.Errorf("after %d steps the plan says of a route that it has not seen: %v", steps, notes)
			}
		})
		if done || steps > 99 {
			break
		}
	}
	if read == 0 {
		t.Error("no crash came between the pages")
	}
}

// A row whose number could not be read is sent with the rows of its chain by --retry-failed: in the wave that those are in.
func TestARowThatIsDecidedAnewJoinsItsChain(t *testing.T) {
	for name, unread := range map[string]int{"who gives to the first": 1, "who links two": 2} {
		synctest.Test(t, func(t *testing.T) {
			hidden := true
			answer := func(r *http.Request) http.Handler {
				if asked := cmp.Or(r.URL.Query().Get("Number"), r.URL.Query().Get("PhoneNumber")); !hidden || asked != number(unread) {
					return nil
				}
				return http.NotFoundHandler()
			}
			b := newSwap(t, sandbox.Config{Answer: answer}, 4)
			b.config.Read = plan.ReadEach
			var rows strings.Builder
			rows.WriteString("Number,Iccid,MessageRouteId\n")
			for i := range 4 {
				fmt.Fprintf(&rows, "%s,%s,\n%s,,MRID-1\n", number(i), sim(i+1), number(100+i))
				if err := b.fake.Set(number(100+i), func(r *sandbox.Record) { r.MessageRouteId = "MRID-0" }); err != nil {
					t.Fatal(err)
				}
			}
			b.again(rows.String())
			b.config.Waves, _ = plan.ParseWaves("1,50%,100%")
			b.config.WaveFailures = plan.Limit{Share: 1}
			run, results, err := b.apply()
			if err != nil || run.Stop.Early() {
				t.Fatalf("%s: error %v, stop %v", name, err, run.Stop)
			}
			if results[2*unread].Status != result.Failed || results[2*unread-2].Status == result.Updated {
				t.Fatalf("%s: %+v", name, results)
			}
			hidden = false
			run, results, err = b.resume(run, batch.ResumeOptions{RetryFailed: true})
			if err != nil || run.Stop.Early() {
				t.Fatalf("%s: error %v, stop %v", name, err, run.Stop)
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: 8})
			b.wantSIMs(1, 2, 3, 4)
			waveOf, err := run.In.Store.WaveOf(t.Context(), run.Stored.ID)
			if err != nil {
				t.Fatal(err)
			}
			rowsOf := map[int]int{}
			for _, wave := range waveOf {
				rowsOf[wave]++
			}
			upto := 0
			for _, w := range run.Plan.Waves {
				if upto += w.Rows; w.Rows != rowsOf[w.N] || w.Upto != upto {
					t.Errorf("%s: wave %+v has %d rows", name, w, rowsOf[w.N])
				}
			}
			if taker, giver := waveOf[results[2*unread-2].Line], waveOf[results[2*unread].Line]; taker != giver {
				t.Errorf("%s: the taker is in wave %d, its giver in wave %d", name, taker, giver)
			}
		})
	}
}

// notesOf are the notes of a run's plan, in words.
func notesOf(run *runs.Run) []string {
	var texts []string
	for _, n := range run.Plan.Notes {
		texts = append(texts, n.String())
	}
	return texts
}

// The takers of many chains are sent by eight workers, among rows of no chain, and no taker leaves before its giver.
func TestManyChainsAmongOtherRows(t *testing.T) {
	testextent.Variant(t) // of TestAChainOfSIMsIsAppliedInItsOrder
	synctest.Test(t, func(t *testing.T) {
		const n = 40
		var mu sync.Mutex
		var order []string
		observe := func(s sandbox.Seen) {
			mu.Lock()
			defer mu.Unlock()
			if s.Endpoint == sandbox.Update && s.Applied {
				order = append(order, s.Number)
			}
		}
		b := newSwap(t, sandbox.Config{Observe: observe, Latency: 700 * time.Millisecond}, n)
		var rows strings.Builder
		rows.WriteString("Number,Iccid,MessageRouteId\n")
		for i := range n {
			b.setSIM(number(i), sim(i))
			fmt.Fprintf(&rows, "%s,%s,\n%s,,MRID-1\n", number(i), sim(map[bool]int{true: 100 + i, false: i + 1}[i%4 == 3]), number(1000+i))
		}
		b.again(rows.String())
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 2 * n})
		if len(order) != 2*n {
			t.Errorf("%d updates", len(order))
		}
	})
}

// When the second pass heals a giver, its takers leave after it, in the chain's order; when it does not, they say what
// became of their giver in the end, and which one of the chain is to blame.
func TestTheSecondPassOfAChain(t *testing.T) {
	testextent.Variant(t) // of TestTheSecondPassTriesFailedRowsOnceMore
	for name, c := range map[string]struct {
		times int
		want  map[result.Status]int
		sims  []int
	}{
		"healed":     {1, map[result.Status]int{result.Updated: 3}, []int{1, 2, 3}},
		"not healed": {2, map[result.Status]int{result.Failed: 1, result.NotAttempted: 2}, []int{0, 1, 2}},
	} {
		for _, waves := range []string{"", "1,100%"} {
			t.Run(name+" "+waves, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := newRefusing()
					r.refuse(2, 400, c.times)
					b := newSwap(t, sandbox.Config{Answer: r.answer}, 3)
					b.config.SecondPass = 3 * time.Second
					if waves != "" {
						b.config.Waves, _ = plan.ParseWaves(waves)
						b.config.WaveFailures = plan.Limit{Rows: 3}
					}
					run, results, err := b.apply()
					if err != nil || run.Stop.Early() {
						t.Fatalf("error %v, stop %v", err, run.Stop)
					}
					wantCounts(t, results, c.want)
					b.wantSIMs(c.sims...)
					for n, w := range run.WavesEnded {
						if w.Counts[result.Updated] != c.want[result.Updated] {
							t.Errorf("wave %d ended as %+v", n, w)
						}
					}
					if told := b.config.Control.Status(time.Now()).Counts; !maps.Equal(told, c.want) {
						t.Errorf("the status counts %v", told)
					}
					if c.times == 1 {
						if results[0].Error != "" || results[0].Attempts != 1 {
							t.Errorf("the taker is %+v", results[0])
						}
						return
					}
					why := "(line 3), which has not given it up: that row is not_attempted, because " + number(2) + " (line 4) is failed"
					if !strings.HasSuffix(results[0].Error, why) {
						t.Errorf("the last taker says %q", results[0].Error)
					}
				})
			})
		}
	}
}

// A taker that a stop keeps from leaving in the second pass does not go on blaming its giver.
func TestAStopInTheSecondPassOfAChain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRefusing()
		r.refuse(2, 400, 1)
		b := newSwap(t, sandbox.Config{Answer: r.answer}, 3)
		b.config.SecondPass = 3 * time.Second
		on(b, func(e event.Finished) {
			if e.Line == 4 && e.Status == result.Updated {
				b.config.Control.Stop(result.Stop{Reason: result.StoppedBySignal, Signal: 15})
			}
		})
		run, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantStop(t, run, result.StoppedBySignal, "")
		for line, r := range results {
			if r.Status != result.Updated && strings.Contains(r.Error, "is failed") {
				t.Errorf("row %d says %q", line, r.Error)
			}
		}
		if _, results, err = b.resume(run, batch.ResumeOptions{}); err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 3})
		b.wantSIMs(1, 2, 3)
	})
}

// Who is left without a SIM counts against a wave, as the giver does that keeps it.
func TestTakersCountAgainstTheirWave(t *testing.T) {
	for _, allowed := range []int{2, 3} {
		synctest.Test(t, func(t *testing.T) {
			r := newRefusing()
			r.refuse(2, 400, 9)
			b := newSwap(t, sandbox.Config{Answer: r.answer}, 3)
			b.config.Waves, _ = plan.ParseWaves("100%")
			b.config.WaveFailures = plan.Limit{Rows: allowed}
			run, _, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			w := run.WavesEnded[1]
			if w.HeldBack != 2 || w.Bad() != 3 || w.Passed != (allowed == 3) || run.Stop.Early() == w.Passed {
				t.Errorf("the wave ended as %+v, %+v", w, run.Stop)
			}
			if want := "1 failed, 2 not sent for want of a SIM of 3 rows, more than 2"; !w.Passed && w.Why != want {
				t.Errorf("it did not pass for %q, want %q", w.Why, want)
			}
		})
	}
}
