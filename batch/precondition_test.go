package batch_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// setRoute changes a number's message route behind the run's back.
func (b *bench) setRoute(number, route string) {
	b.t.Helper()
	if err := b.fake.Set(number, func(r *sandbox.Record) { r.MessageRouteId = route }); err != nil {
		b.t.Fatal(err)
	}
}

// migration is an input that moves the first n numbers from route a to b, where
// they are before it.
func (b *bench) migration(n int) string {
	rows := "Number,MessageRouteId,If.MessageRouteId\n"
	for i := range n {
		b.setRoute(number(i), "MRID-a")
		rows += number(i) + ",MRID-b,MRID-a\n"
	}
	return rows
}

// A row whose number has another value is a conflict that says so; one that is
// in sync already has nothing to send.
func TestPreconditionsOfAPlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.again(b.migration(5) + number(5) + ",MRID-b,<empty>\n" + number(6) + ",MRID-b,<empty>\n")
		b.setRoute(number(1), "MRID-c")
		b.setRoute(number(2), "MRID-b")
		b.setRoute(number(3), "")
		b.setRoute(number(5), "")
		b.setRoute(number(6), "MRID-a")
		run, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		want := []string{
			"planned ", "conflict MessageRouteId is MRID-c, and If.MessageRouteId expects MRID-a", "unchanged ",
			"conflict MessageRouteId is (empty), and If.MessageRouteId expects MRID-a", "planned ", "planned ",
			"conflict MessageRouteId is MRID-a, and If.MessageRouteId expects (empty)",
		}
		for i, r := range results(t, run) {
			if got := fmt.Sprintf("%s %s", r.Status, r.Error); got != want[i] {
				t.Errorf("row %d: %s, want %s", i+1, got, want[i])
			}
		}
	})
}

// What nobody tells is not known to be so, unless an earlier run was told.
func TestPreconditionsOfWhatIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.config.Guards.AllowLostColumns = true
		apply := func(rows string) result.Result {
			time.Sleep(time.Hour) // of synctest: takes no real time
			b.again(rows)
			_, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			return results[0]
		}
		move := "Number,MessageRouteId,If.ProductType\n" + number(1) + ",%s,%s\n"
		r := apply(fmt.Sprintf(move, "MRID-b", "Data-Only"))
		if want := "ProductType is not shown by the API, and If.ProductType expects Data-Only"; r.Status != result.Conflict || r.Error != want {
			t.Errorf("nothing is known: %+v", r)
		}
		if r := apply(fmt.Sprintf(move, "MRID-b", "<empty>")); r.Status != result.Conflict {
			t.Errorf("nothing is known to be empty: %+v", r)
		}
		apply("Number,ProductType\n" + number(1) + ",Data-Only\n")
		if r := apply(fmt.Sprintf(move, "MRID-b", "data-only")); r.Status != result.Updated {
			t.Errorf("known from a run: %+v", r)
		}
		if r := apply(fmt.Sprintf(move, "MRID-c", "Sms-Only")); r.Status != result.Conflict {
			t.Errorf("known to be otherwise: %+v", r)
		}
		// It is asked for again before a plan is carried out.
		for _, between := range []string{"Sms+Data", "Data-Only"} {
			apply("Number,ProductType\n" + number(1) + ",Data-Only\n")
			time.Sleep(time.Hour) // of synctest: takes no real time
			b.again(fmt.Sprintf(move, "MRID-c", "Data-Only"))
			dry, err := b.dryRun()
			if err != nil || dry.Plan.Counts[result.Planned] != 1 {
				t.Fatalf("%v, %+v", err, dry.Plan)
			}
			apply("Number,ProductType\n" + number(1) + "," + between + "\n")
			applied, err := b.applyPlan(dry)
			if err != nil {
				t.Fatal(err)
			}
			if r := results(t, applied)[0]; (r.Status == result.Updated) != (between == "Data-Only") {
				t.Errorf("%s in between: %+v", between, r)
			}
		}
	})
}

// A question that is answered late has its numbers read again, of rows with
// preconditions sooner than of others.
func TestPreconditionsAfterALongQuestion(t *testing.T) {
	testextent.Variant(t) // of TestNoRowIsSentAgainstItsPrecondition
	for _, test := range []struct {
		wait, recheck time.Duration
		want          map[result.Status]int
	}{
		{wait: 5 * time.Minute, want: map[result.Status]int{result.Updated: 4}},
		{wait: 11 * time.Minute, want: map[result.Status]int{result.Updated: 2, result.Conflict: 1, result.Unchanged: 1}},
		{wait: 11 * time.Minute, recheck: time.Hour, want: map[result.Status]int{result.Updated: 4}},
		{wait: time.Minute, recheck: 1, want: map[result.Status]int{result.Updated: 2, result.Conflict: 1, result.Unchanged: 1}},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{}, ""))
			b.again(b.migration(3) + number(3) + ",MRID-b,\n")
			b.config.Recheck = test.recheck
			b.config.Confirm = func(context.Context, batch.Question) error {
				time.Sleep(test.wait) // of synctest: takes no real time
				b.setRoute(number(1), "MRID-c")
				b.setRoute(number(2), "MRID-b")
				return nil
			}
			_, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			wantCounts(t, results, test.want)
			if n := b.fake.Stats().Updates; n != test.want[result.Updated] {
				t.Errorf("%d updates", n)
			}
		})
	}
}

// What one reading found to have moved stays found, also when only some of the
// numbers are read once more.
func TestWhatMovedStaysFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.again(b.migration(2) + number(3) + ",MRID-b,\n")
		b.setRoute(number(3), "MRID-a")
		dry, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		b.setRoute(number(3), "MRID-c")
		b.config.Confirm = func(context.Context, batch.Question) error {
			time.Sleep(11 * time.Minute) // of synctest: takes no real time
			b.setRoute(number(1), "MRID-c")
			return nil
		}
		run, err := b.applyPlan(dry)
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results(t, run), map[result.Status]int{result.Updated: 1, result.Conflict: 2})
	})
}

func TestAllHasNothingToComparePreconditionsWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, "Number,MessageRouteId,If.MessageRouteId\n"+number(1)+",MRID-b,MRID-a\n")
		if _, _, err := b.apply(); !errors.Is(err, batch.ErrNothingRead) {
			t.Errorf("got %v", err)
		}
		if n := b.fake.Stats().Requests; n != 0 {
			t.Errorf("%d requests", n)
		}
	})
}

// The law: a row whose precondition does not hold is never sent, whenever and
// however its number changes before the run reads it last, and whether or not it
// is about the field that the row sets.
func TestNoRowIsSentAgainstItsPrecondition(t *testing.T) {
	if err := testextent.Checks(300 / testextent.Spaced(3)); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(rt, label) }
		field := pick("field", "MessageRouteId", "VoiceRouteId")
		type routes struct{ message, voice string }
		somewhere := func(label string) routes {
			return routes{pick(label, "", "ID1", "ID2", "ID3"), pick(label, "", "ID1", "ID2", "ID3")}
		}
		n := rapid.IntRange(1, 6).Draw(rt, "rows")
		expected, first, then := make([]string, n), make([]routes, n), make([]routes, n)
		rows := "Number,MessageRouteId,If." + field + "\n"
		for i := range n {
			expected[i] = pick("If", "", "ID1", "ID2")
			rows += fmt.Sprintf("%s,ID2,%s\n", number(i), cmp.Or(expected[i], "<empty>"))
			first[i] = somewhere("first")
			if then[i] = first[i]; rapid.Bool().Draw(rt, "moves") {
				then[i] = somewhere("then")
			}
		}
		synctest.Test(t, func(t *testing.T) {
			sent := map[string]string{}
			judge := func(before, _ sandbox.Record) (v sandbox.Verdict) {
				sent[before.Number] = before.MessageRouteId
				if field == "VoiceRouteId" {
					sent[before.Number] = before.VoiceRouteId
				}
				return v
			}
			b := planned(newBench(t, sandbox.Config{Judge: judge}, rows))
			b.client.Rate = client.Unlimited
			are := func(all []routes) {
				for i, now := range all {
					if err := b.fake.Set(number(i), func(r *sandbox.Record) { r.MessageRouteId, r.VoiceRouteId = now.message, now.voice }); err != nil {
						t.Fatal(err)
					}
				}
			}
			are(first)
			b.config.Confirm = func(context.Context, batch.Question) error {
				time.Sleep(time.Hour) // of synctest: takes no real time
				are(then)
				return nil
			}
			_, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range results {
				was, away := sent[number(i)]
				if away && was != expected[i] {
					rt.Errorf("row %d was sent over %q, expected %q: %+v", i+1, was, expected[i], r)
				}
				if away != (r.Status == result.Updated) {
					rt.Errorf("row %d: sent %v, %+v", i+1, away, r)
				}
			}
		})
	})
}

// A run that goes on reads again what it had read long ago, with preconditions
// sooner than without.
func TestPreconditionsOfARunThatGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.again(b.migration(3) + number(3) + ",MRID-b,\n")
		b.config.Confirm = func(context.Context, batch.Question) error {
			b.config.Control.Stop(result.Stop{Reason: result.StoppedBySignal, Signal: 2})
			return nil
		}
		run, _, err := b.apply()
		if err != nil || run.Stop.Reason != result.StoppedBySignal {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		time.Sleep(11 * time.Minute) // of synctest: takes no real time
		b.setRoute(number(1), "MRID-c")
		b.setRoute(number(3), "MRID-c") // its reading is fresh enough
		b.config.Confirm = nil
		_, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 3, result.Conflict: 1})
		if r := results[1]; r.Status != result.Conflict {
			t.Errorf("got %+v", r)
		}
	})
}

// What others changed while a run was paused for longer than a reading may be old is not overwritten.
func TestReadingsAgeDuringAPause(t *testing.T) {
	testextent.Variant(t) // of TestReadingsAgeBetweenTheRequestsOfARow
	for name, file := range map[string]func(b *bench) string{
		"plain rows":         func(*bench) string { return rows(60) },
		"with preconditions": func(b *bench) string { return b.migration(60) },
	} {
		t.Run(name, func(t *testing.T) {
			if name == "plain rows" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := planned(newBench(t, sandbox.Config{}, ""))
				b.again(file(b))
				b.config.Workers, b.config.Recheck = 1, 10*time.Minute
				b.config.Read = plan.ReadEach
				reading := 60 * client.DefaultRate().Every()
				time.AfterFunc(reading+10*time.Second, func() {
					if err := b.config.Control.Pause(t.Context(), "alice"); err != nil {
						t.Error(err)
					}
					time.AfterFunc(20*time.Minute, func() {
						for i := 40; i < 60; i++ {
							b.setRoute(number(i), "MRID-theirs")
						}
						if err := b.config.Control.Continue("bob", "alice"); err != nil {
							t.Error(err)
						}
					})
				})
				_, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 40, result.Conflict: 20})
			})
		})
	}
}

// What others changed while the machine was suspended for longer than a reading may be old is
// not overwritten.
func TestReadingsAgeWhileTheMachineSleeps(t *testing.T) {
	testextent.Variant(t) // of TestReadingsAgeBetweenTheRequestsOfARow
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(60)))
		b.config.Workers, b.config.Recheck = 1, 10*time.Minute
		var suspended time.Duration
		b.config.Now = func() time.Time { return time.Now().Add(suspended) }
		finished := 0
		on(b, func(event.Finished) {
			if finished++; finished == 40 {
				suspended = 2 * time.Hour
				for i := 40; i < 60; i++ {
					b.setRoute(number(i), "MRID-theirs")
				}
			}
		})
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 40, result.Conflict: 20})
	})
}

// So is what they changed between two requests for the same row: one that was refused makes a
// conflict, and one that is in doubt stays in doubt.
func TestReadingsAgeBetweenTheRequestsOfARow(t *testing.T) {
	for fault, want := range map[sandbox.Fault]result.Status{
		sandbox.Fault429: result.Conflict, sandbox.FaultLocked: result.Unknown, sandbox.Fault503: result.Unknown,
	} {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{Faults: sandbox.Faults{At: map[int]sandbox.Fault{2: fault}}}, rows(3)))
			b.config.Workers, b.config.Recheck = 1, 10*time.Minute
			var suspended time.Duration
			b.config.Now = func() time.Time { return time.Now().Add(suspended) }
			updates := 0
			on(b, func(e event.Attempted) {
				if e.Endpoint != client.EndpointUpdate {
					return
				}
				if updates++; updates == 2 {
					suspended = 2 * time.Hour
					b.setRoute(number(1), "MRID-theirs")
				}
			})
			_, results, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			if wantCounts(t, results, map[result.Status]int{result.Updated: 2, want: 1}); results[1].Status != want {
				t.Errorf("after %s: %+v", fault, results[1])
			}
			if is := b.route(number(1)); is != "MRID-theirs" {
				t.Errorf("after %s: it is %s", fault, is)
			}
		})
	}
}
