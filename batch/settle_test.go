package batch_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// pendingOrders answers every update with an order that is still under way.
func pendingOrders(of sandbox.Orders) sandbox.Config {
	return sandbox.Config{Orders: of, Judge: func(_, _ sandbox.Record) sandbox.Verdict {
		return sandbox.Verdict{OrderStatus: "Pending"}
	}}
}

// lookups is how many requests of an endpoint there were so far.
func (b *bench) lookups(of client.Endpoint) int {
	n := 0
	for _, a := range told[event.Attempted](b) {
		if a.Endpoint == of {
			n++
		}
	}
	return n
}

// wantWave wants a wave's last end to have counted so.
func wantWave(t *testing.T, run *runs.Run, n int, passed bool, verified int, counts map[result.Status]int) {
	t.Helper()
	w, ended := run.WavesEnded[n]
	if !ended || w.Passed != passed || w.Verified != verified {
		t.Errorf("wave %d ended as %+v, want passed %v and %d verified", n, w, passed, verified)
	}
	for status, want := range counts {
		if w.Counts[status] != want {
			t.Errorf("wave %d: %d %s, want %d", n, w.Counts[status], status, want)
		}
	}
}

// A wave of pending orders is settled before the next one, by pages of the inventory rather than by its orders.
func TestAPendingWaveIsSettledBeforeTheNext(t *testing.T) {
	testextent.Variant(t) // of TestAWaveOfTooManyOrdersIsHeld
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, pendingOrders(sandbox.Orders{PendingFor: 90 * time.Second}), 200, 0, "20,100%")
		b.config.WaitFor = 10 * time.Minute
		on(b, func(w event.WaveStarted) {
			for i := range w.Upto - w.Rows {
				if got := b.route(b.inventory(i)); got != "MRID-new" {
					t.Errorf("wave %d began while number %d has %s", w.N, i, got)
				}
			}
		})
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 200})
		wantWave(t, run, 1, true, 20, nil)
		wantWave(t, run, 2, true, 180, nil)
		if r := results[0]; r.UpdateOrderId == "" || r.Error != "" && !strings.Contains(r.Error, `found in sync; its order was last told to be "Pending"`) {
			t.Errorf("a row says %+v", r)
		}
		if n := b.lookups(client.EndpointOrder); n >= 200 {
			t.Errorf("%d orders were asked for, beside %d pages", n, b.lookups(client.EndpointInventory))
		}
	})
}

// What is pending after --wait-for counts against the wave, and resume reads back what was not read back then: a
// number that is not as asked is found.
func TestAPendingWaveDoesNotPass(t *testing.T) {
	for name, waitFor := range map[string]time.Duration{"after a while": 10 * time.Minute, "at once": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newCutover(t, pendingOrders(sandbox.Orders{PendingFor: time.Hour}), 30, 0, "10,100%")
				b.config.WaitFor = waitFor
				run, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				wantStop(t, run, result.StoppedByWave, "wave 1 of 2: 10 pending of 10 rows, more than 0")
				wantCounts(t, results, map[result.Status]int{result.Pending: 10, result.NotAttempted: 20})

				time.Sleep(2 * time.Hour) // of synctest: takes no real time
				b.move(b.inventory(3), "MRID-theirs")
				b.config.WaitFor = 10 * time.Minute
				run, _, err = b.resume(run, batch.ResumeOptions{})
				if err != nil {
					t.Fatal(err)
				}
				wantStop(t, run, result.StoppedByWave, "wave 1 of 2: 1 drifted of 10 rows")
				wantWave(t, run, 1, false, 9, map[result.Status]int{result.Updated: 10})
			})
		})
	}
}

// A wave that passed with orders pending, as was allowed, is read back once they have ended: at the end of the run, or
// by a resume.
func TestWhatWasLetPassPendingIsReadBackLater(t *testing.T) {
	testextent.Variant(t) // of TestAPendingWaveDoesNotPass
	for name, pendingFor := range map[string]time.Duration{"by the run": 8 * time.Minute, "by a resume": 3 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newCutover(t, pendingOrders(sandbox.Orders{PendingFor: pendingFor}), 30, 0, "10,100%")
				b.config.WaitFor, b.config.WaveFailures = 5*time.Minute, plan.Limit{Rows: 30}
				run, results, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				if name == "by a resume" {
					wantCounts(t, results, map[result.Status]int{result.Pending: 30})
					wantWave(t, run, 1, true, 0, map[result.Status]int{result.Pending: 10})
					time.Sleep(3 * time.Hour) // of synctest: takes no real time
					b.move(b.inventory(25), "MRID-theirs")
					if batch.Done(run, batch.ResumeOptions{}) {
						t.Error("there is nothing to be resumed")
					}
					if run, results, err = b.resume(run, batch.ResumeOptions{}); err != nil || run.Stop.Early() {
						t.Fatalf("error %v, stop %v", err, run.Stop)
					}
					if w := run.WavesEnded[2]; w.Drifted != 1 || w.Verified != 19 {
						t.Errorf("the second wave ended as %+v", w)
					}
				}
				if name == "by the run" {
					wantCounts(t, results, map[result.Status]int{result.Updated: 10, result.Pending: 20})
				} else {
					wantCounts(t, results, map[result.Status]int{result.Updated: 30})
				}
				wantWave(t, run, 1, true, 10, map[result.Status]int{result.Updated: 10})
			})
		})
	}
}

// Where not every order can be asked for within --wait-for, the wave does not fail: it is held, and goes on being
// settled, until that is done or somebody lets it go.
func TestAWaveOfTooManyOrdersIsHeld(t *testing.T) {
	testextent.Variant(t)
	for name, c := range map[string]struct {
		pendingFor time.Duration
		letGo      bool
		waves      string
	}{
		"until it is settled":          {10 * time.Minute, false, "100%"},
		"until it is let go":           {time.Hour, true, "100,100%"},
		"unless it is settled in time": {20 * time.Second, false, "20,40,100%"},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "until it is settled" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := newCutover(t, pendingOrders(sandbox.Orders{PendingFor: c.pendingFor}), 120, 0, c.waves)
				b.config.Read = plan.ReadEach
				b.config.WaitFor = time.Minute
				on(b, func(h event.Held) {
					if h.Over || !c.letGo {
						return
					}
					if !strings.Contains(h.Why, "orders are pending, and") || !strings.Contains(h.Why, "could not be asked for within 1m0s at 48/m") {
						t.Errorf("held by %q", h.Why)
					}
					time.AfterFunc(20*time.Minute, func() { _ = b.config.Control.Next("ada", 0) })
				})
				run, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				held := told[event.Held](b)
				if len(told[event.WaveEnded](b)) == 3 {
					if len(held) != 0 || run.Stop.Early() {
						t.Errorf("held %+v, stop %v", held, run.Stop)
					}
					return
				}
				if len(held) < 2 || !held[1].Over {
					t.Fatalf("held %+v", held)
				}
				if c.letGo {
					wantWave(t, run, 1, true, 0, map[result.Status]int{result.Pending: 100})
					wantStop(t, run, result.StoppedByWave, "wave 2 of 2: 20 pending of 20 rows")
					return
				}
				if run.Stop.Early() {
					t.Errorf("stop %v", run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 120})
				wantWave(t, run, 1, true, 120, nil)
			})
		})
	}
}

// A number that cannot be read back counts against its wave, and where that is allowed the run says so; resume reads it
// back.
func TestAnUnreadableNumberCountsAgainstItsWave(t *testing.T) {
	testextent.Variant(t)
	for _, allowed := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			var gone atomic.Bool
			var number string
			vanished := func(r *http.Request) http.Handler {
				if gone.Load() && r.URL.Query().Get("PhoneNumber") == number {
					return status(http.StatusNotFound)
				}
				return nil
			}
			b := newCutover(t, sandbox.Config{Answer: vanished}, 20, 0, "5,100%")
			number = b.inventory(3)
			b.config.Read, b.config.WaveFailures = plan.ReadEach, plan.Limit{Rows: allowed}
			on(b, func(event.Finished) { gone.Store(true) })
			run, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			if w := run.WavesEnded[1]; w.Unreadable != 1 || w.Verified != 4 || w.Passed != (allowed == 1) {
				t.Errorf("the wave ended as %+v", w)
			}
			if allowed == 0 {
				wantStop(t, run, result.StoppedByWave, "wave 1 of 2: 1 unreadable of 5 rows, more than 0")
				return
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: 20})
			summary, err := run.Summary(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if drifted, unreadable := summary.ReadBack(); drifted != 0 || unreadable != 1 {
				t.Errorf("the summary says %d drifted and %d unreadable", drifted, unreadable)
			}
			if batch.Done(run, batch.ResumeOptions{}) {
				t.Error("there is nothing to be resumed")
			}
			gone.Store(false)
			before := b.fake.Stats().Requests
			if run, _, err = b.resume(run, batch.ResumeOptions{}); err != nil || run.Stop.Early() {
				t.Fatalf("error %v, stop %v", err, run.Stop)
			}
			wantWave(t, run, 1, true, 5, nil)
			if n := b.fake.Stats().Requests - before; n != 2 { // a token, and the number
				t.Errorf("resume made %d requests", n)
			}
		})
	}
}

// A field that the API does not show counts for nothing in a wave, and is told.
func TestAFieldThatIsNotShownIsToldOfAWave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 10, 0, "100%")
		rows := "Number,MessageRouteId,ProductType\n"
		for i := range 10 {
			rows += b.inventory(i) + ",MRID-new"
			if i < 4 {
				rows += ",Sms-Only"
			} else {
				rows += ","
			}
			rows += "\n"
		}
		b.again(rows)
		b.config.WriteOnly = plan.WriteOnlySend
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 10})
		wantWave(t, run, 1, true, 10, nil)
		if w := run.WavesEnded[1]; w.NotShown != 4 || w.Unreadable != 0 {
			t.Errorf("the wave ended as %+v", w)
		}
	})
}

// An order that ends in failure counts against --max-failures and brings its message; one that goes on under another
// word is told with that.
func TestTheEndOfAnOrderCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := pendingOrders(sandbox.Orders{PendingFor: 30 * time.Second, End: "Error", Message: "the carrier is closed"})
		b := newBench(t, of, rows(40))
		b.config.WaitFor, b.config.MaxFailures = 10*time.Minute, plan.Limit{Rows: 3}
		run, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantStop(t, run, result.StoppedByFailures, "4 of 40 rows failed or are unknown, more than 3")
		wantCounts(t, results, map[result.Status]int{result.Failed: 4, result.Pending: 36})
		if r := results[0]; r.Error != "the order is Error: the carrier is closed" || r.UpdateOrderStatus != "Error" {
			t.Errorf("the row says %+v", r)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, pendingOrders(sandbox.Orders{PendingFor: 30 * time.Second, End: "InProgress", Message: "since noon"}), rows(5))
		b.config.WaitFor = 10 * time.Minute
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Pending: 5})
		if r := results[0]; r.Error != "the order is InProgress: since noon" || r.UpdateOrderStatus != "InProgress" {
			t.Errorf("the row says %+v", r)
		}
	})
}

// Look-ups of orders that are refused, or meet an outage, end the run for that reason, in waves and without.
func TestTroubleOfLookUpsEndsTheRun(t *testing.T) {
	testextent.Variant(t) // of TestRoutesThatCannotBeRead
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   result.Reason
	}{
		"401": {status(http.StatusUnauthorized), result.StoppedByCredentials},
		"403": {status(http.StatusForbidden), result.StoppedByCredentials},
		"503": {status(http.StatusServiceUnavailable), result.StoppedByOutage},
	} {
		for _, waves := range []string{"", "100%"} {
			t.Run(name+" "+waves, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					of := pendingOrders(sandbox.Orders{PendingFor: time.Hour})
					of.Answer = func(r *http.Request) http.Handler {
						if strings.HasSuffix(r.URL.Path, "/numbers/order") {
							return c.answer
						}
						return nil
					}
					b := newCutover(t, of, 5, 0, "100%")
					if waves == "" {
						b.config.Waves = nil
					}
					b.config.WaitFor = 10 * time.Minute
					run, results, err := b.apply()
					if err != nil {
						t.Fatal(err)
					}
					wantStop(t, run, c.want, "")
					wantCounts(t, results, map[result.Status]int{result.Pending: 5})
				})
			})
		}
	}
}

// An order that failed, at once or later, says nothing of an earlier sending that is in doubt.
func TestAFailedOrderDoesNotEndTheDoubtBeforeIt(t *testing.T) {
	for _, word := range []string{"Error", "Pending"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, sandbox.Config{
				Answer: answers(silence), Orders: sandbox.Orders{PendingFor: time.Minute, End: "Error"},
				Judge: func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: word} },
			}, rows(1))
			b.config.WaitFor, b.config.TokenOnly = 10*time.Minute, word == "Error" // where nothing can be read, it stays in doubt
			_, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			if r := results[0]; r.Status != result.Unknown || r.Error != "the order is Error (an earlier sending may have been applied)" {
				t.Errorf("%s: the row says %+v", word, r)
			}
		})
	}
}

// An order that is complete says nothing of a number that is not in it, or that is not done in it, nor of an update when it is
// none.
func TestACompleteOrderIsOfItsNumber(t *testing.T) {
	for numbers, want := range map[string]result.Result{
		`[{"Number":"+18005550199","Status":"Ready"}]`:             {Status: result.Pending, Error: "the order is about other numbers"},
		`[{"Number":"18015550000","Status":"Not Available"}]`:      {Status: result.Pending, Error: `the order is Complete, but its number is "Not Available"`},
		`[{"Number":"18015550000","Status":"In Progress"}]`:        {Status: result.Pending, Error: `the order is Complete, but its number is "In Progress"`},
		`[{"Number":"18005550199"},{"PhoneNumber":"18015550000"}]`: {Status: result.Updated},
		`[{"Number":"18015550000","Status":"Ready"}]`:              {Status: result.Updated},
		`[]`:   {Status: result.Pending, Error: "the order is about no number"},
		`null`: {Status: result.Updated},
		`[{"Number":"18015550000"}],"OrderType":"Release"`: {Status: result.Pending, Error: `the order is of another kind: "Release"`},
		`null,"OrderType":"Port In"`:                       {Status: result.Pending, Error: `the order is of another kind: "Port In"`},
		`null,"OrderType":"Number Change"`:                 {Status: result.Updated},
	} {
		synctest.Test(t, func(t *testing.T) {
			of := pendingOrders(sandbox.Orders{PendingFor: time.Hour})
			of.Answer = func(r *http.Request) http.Handler {
				if !strings.HasSuffix(r.URL.Path, "/numbers/order") {
					return nil
				}
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					fmt.Fprintf(w, `{"OrderId":%q,"OrderStatus":"Complete","PhoneNumbersOrdered":%s}`, r.URL.Query().Get("OrderId"), numbers)
				})
			}
			b := newBench(t, of, rows(1))
			b.config.WaitFor = time.Minute
			_, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			if r := results[0]; r.Number != "+18015550000" || r.Status != want.Status || r.Error != want.Error {
				t.Errorf("%s: the row says %+v", numbers, r)
			}
		})
	}
}

// While orders are waited for, the run says so, and does not send any more.
func TestTheStatusOfARunThatWaitsForOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, pendingOrders(sandbox.Orders{PendingFor: 5 * time.Minute}), rows(3))
		b.config.WaitFor = 10 * time.Minute
		time.AfterFunc(2*time.Minute, func() {
			s := b.config.Control.Status(time.Now())
			if s.Phase != control.PhaseWaiting || s.Why != "for the orders of pending rows: 3" || !s.Progress.Ends.IsZero() {
				t.Errorf("%s: %q, ends %v", s.Phase, s.Why, s.Progress.Ends)
			}
		})
		if run, _, err := b.apply(); err != nil || run.EndedAt.Sub(run.StartedAt) < 5*time.Minute {
			t.Errorf("%v, %v", run.EndedAt, err)
		}
	})
}

// Look-ups that are refused with answered ones between them are not in a row: the run goes on.
func TestForbiddenLookUpsApartEndNoRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		of := pendingOrders(sandbox.Orders{PendingFor: 10 * time.Second})
		asked := map[string]int{}
		var mu sync.Mutex
		of.Answer = func(r *http.Request) http.Handler {
			if !strings.HasSuffix(r.URL.Path, "/numbers/order") {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			id := r.URL.Query().Get("OrderId")
			if asked[id]++; asked[id] == 1 && len(asked)%2 == 1 { // the first look-up of every other order
				return status(http.StatusForbidden)
			}
			return nil
		}
		b := newBench(t, of, rows(10))
		b.config.WaitFor = 10 * time.Minute
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 10})
		if len(asked) < 6 {
			t.Errorf("only %d orders were asked for: the test shows nothing", len(asked))
		}
	})
}
