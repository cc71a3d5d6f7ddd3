package control_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// start is when the runs of these tests begin.
var start = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// after is a moment of a run.
func after(d time.Duration) time.Time { return start.Add(d) }

func finished(s result.Status) event.Event { return event.Finished{Result: result.Result{Status: s}} }

func waiting(w client.Wait) event.Event { return event.Waiting{Wait: w} }

func attempted(at time.Time) event.Event {
	return event.Attempted{Attempt: client.Attempt{Start: at}}
}

// began is a run of 100 rows.
func began() *control.Control {
	run := control.New()
	run.Observe(start, event.Started{At: start, Rows: 100})
	return run
}

// steady finishes a row every period, n times, and returns when that was.
func steady(run *control.Control, from time.Time, period time.Duration, n int) time.Time {
	for range n {
		from = from.Add(period)
		run.Observe(from, finished(result.Updated))
	}
	return from
}

func near(got, want, off float64) bool { return math.Abs(got-want) <= off }

func TestStatusCounts(t *testing.T) {
	run := began()
	for _, s := range []result.Status{result.Updated, result.Updated, result.Failed, result.NotAttempted} {
		run.Observe(after(time.Second), finished(s))
	}
	v := run.Status(after(2 * time.Second))
	if v.Progress.Done != 3 || v.Progress.Total != 100 {
		t.Errorf("%d of %d: a row that the run stopped before is not done", v.Progress.Done, v.Progress.Total)
	}
	want := map[result.Status]int{result.Updated: 2, result.Failed: 1, result.NotAttempted: 1}
	if d := cmp.Diff(want, v.Finished); d != "" {
		t.Error(d)
	}
}

func TestStatusBeforeTheStartAndAtIt(t *testing.T) {
	if v := control.New().Status(start); v.Progress.Rate != 0 || v.Progress.Left != 0 || !v.Progress.Ends.IsZero() {
		t.Errorf("a run that has not begun: %+v", v)
	}
	run := began()
	run.Observe(start, finished(result.Updated))
	if v := run.Status(start); v.Progress.Rate != 0 || v.Progress.Left != 0 {
		t.Errorf("in its first moment: %+v", v)
	}
}

func TestStatusRateAndTimeLeft(t *testing.T) {
	run := began()
	now := steady(run, start, 2*time.Second, 10)
	v := run.Status(now)
	if !near(v.Progress.Rate, 30, 0.1) || !near(v.Progress.Left.Minutes(), 3, 0.1) || !v.Progress.Ends.Equal(now.Add(v.Progress.Left)) {
		t.Errorf("after 20 s at 30 a minute: %.1f a minute, %s left until %s", v.Progress.Rate, v.Progress.Left, v.Progress.Ends)
	}
	now = steady(run, now, time.Second, 70)
	v = run.Status(now)
	if !near(v.Progress.Rate, 60, 1.1) {
		t.Errorf("after 70 s at 60 a minute: %.1f a minute", v.Progress.Rate)
	}
	// 80 rows took 90 s, so 20 rows take 22.5 s.
	if !near(v.Progress.Left.Seconds(), 22.5, 1) {
		t.Errorf("%s left, want about 22.5 s", v.Progress.Left)
	}
}

func TestStatusForgetsWhatWasLongAgo(t *testing.T) {
	run := began()
	now := steady(run, start, time.Second, 50)
	quiet := run.Status(now.Add(2 * time.Minute))
	if quiet.Progress.Rate != 0 || quiet.Progress.Left == 0 {
		t.Errorf("two silent minutes: %.1f a minute, %s left", quiet.Progress.Rate, quiet.Progress.Left)
	}
	silent := run.Status(now.Add(time.Hour))
	if !near(silent.Progress.Left.Minutes(), 61, 1) {
		t.Errorf("a silent hour: %s left, want as long as the run until now", silent.Progress.Left)
	}
	// The rate after an outage counts, not the outage.
	again := steady(run, now.Add(time.Hour), time.Second, 40)
	again = again.Add(10*time.Minute - 41*time.Second)
	if v := run.Status(again); !near(v.Progress.Left.Minutes(), 2.5, 0.1) {
		t.Errorf("40 rows in ten minutes: %s left for 10, want 2.5 minutes", v.Progress.Left)
	}
}

func TestStatusDoneHasNothingLeft(t *testing.T) {
	run := began()
	now := steady(run, start, time.Second, 100)
	if v := run.Status(now); v.Progress.Left != 0 || !v.Progress.Ends.IsZero() {
		t.Errorf("%s left until %s", v.Progress.Left, v.Progress.Ends)
	}
}

func TestStatusWaits(t *testing.T) {
	throttled := client.Wait{Reason: client.WaitThrottled, Since: start, Until: after(20 * time.Second)}
	backoff := client.Wait{Reason: client.WaitBackoff, Since: start, Until: after(time.Minute)}
	outage := client.Wait{Reason: client.WaitOutage, Since: start, Until: after(5 * time.Second)}
	over := client.Wait{Reason: client.WaitOutage, Since: start, Until: after(9 * time.Second), Over: true}
	hold := client.Wait{Reason: client.WaitHold, Since: start}
	for name, test := range map[string]struct {
		events []event.Event
		at     time.Duration
		want   client.WaitReason
	}{
		"none":                         {nil, 0, ""},
		"throttled":                    {[]event.Event{waiting(throttled)}, 10 * time.Second, client.WaitThrottled},
		"throttled until then":         {[]event.Event{waiting(throttled)}, 20 * time.Second, ""},
		"a row's wait counts least":    {[]event.Event{waiting(backoff), waiting(throttled)}, time.Second, client.WaitThrottled},
		"a row's wait":                 {[]event.Event{waiting(backoff), waiting(throttled)}, 30 * time.Second, client.WaitBackoff},
		"an outage lasts on":           {[]event.Event{waiting(outage), attempted(after(5 * time.Second))}, time.Minute, client.WaitOutage},
		"an outage that is over":       {[]event.Event{waiting(outage), waiting(over)}, 9 * time.Second, ""},
		"a hold lasts until a request": {[]event.Event{waiting(hold)}, time.Hour, client.WaitHold},
		"a hold that is over":          {[]event.Event{waiting(hold), attempted(after(time.Minute))}, time.Hour, ""},
		"an answer that was under way": {[]event.Event{waiting(throttled), attempted(after(-time.Second))}, time.Second, client.WaitThrottled},
	} {
		t.Run(name, func(t *testing.T) {
			run := began()
			for _, e := range test.events {
				run.Observe(start, e)
			}
			if got := run.Status(after(test.at)).Wait.Reason; got != test.want {
				t.Errorf("waits for %q, want %q", got, test.want)
			}
		})
	}
}

// What is waited for comes on top of the time that the rest takes.
func TestStatusTimeLeftContainsTheWait(t *testing.T) {
	run := began()
	now := steady(run, start, time.Second, 60)
	plain := run.Status(now).Progress.Left
	run.Observe(now, waiting(client.Wait{Reason: client.WaitThrottled, Since: now, Until: now.Add(5 * time.Minute)}))
	if got := run.Status(now).Progress.Left - plain; got != 5*time.Minute {
		t.Errorf("the wait adds %s", got)
	}
}

func TestStatusStopping(t *testing.T) {
	run := began()
	now := steady(run, start, time.Second, 60)
	run.Observe(now, event.Stopping{InFlight: 3})
	if v := run.Status(now); !v.Draining || v.Drained != 3 || v.Progress.Left != 0 {
		t.Errorf("got %+v", v)
	}
}

// A clock that is set back must not count anything twice or panic.
func TestStatusWithAClockThatGoesBack(t *testing.T) {
	run := began()
	steady(run, start, time.Second, 30)
	run.Observe(after(-time.Hour), finished(result.Updated))
	if v := run.Status(after(-time.Hour)); v.Progress.Done != 31 || v.Progress.Rate != 0 {
		t.Errorf("got %+v", v)
	}
	if v := run.Status(after(31 * time.Second)); !near(v.Progress.Rate, 60, 1) {
		t.Errorf("%.1f a minute", v.Progress.Rate)
	}
}

// What a run is at follows from its events, in their order.
func TestPhases(t *testing.T) {
	run := control.New()
	want := func(step, phase control.Phase) {
		t.Helper()
		if s := run.Status(after(time.Hour)); s.Step != step || s.Phase != phase {
			t.Errorf("%s, shown as %s, want %s and %s", s.Step, s.Phase, step, phase)
		}
	}
	want(control.PhaseStarting, control.PhaseStarting)
	outage := client.Wait{Reason: client.WaitOutage, Since: start, Until: after(time.Minute)}
	over := outage
	over.Over = true
	stopping := event.Stopping{Stop: result.Stop{Reason: result.StoppedByFailures}}
	for _, c := range []struct {
		told        event.Event
		step, phase control.Phase
	}{
		{event.ReadingTold{}, control.PhaseReading, control.PhaseReading},
		{event.PlanMade{Plan: &plan.Plan{}}, control.PhaseReading, control.PhaseReading},
		{event.Asking{}, control.PhaseAsking, control.PhaseAsking},
		{event.Started{}, control.PhaseSending, control.PhaseSending},
		{event.ReadingTold{}, control.PhaseReading, control.PhaseReading},
		{finished(result.Updated), control.PhaseSending, control.PhaseSending},
		{event.WaveStarted{}, control.PhaseSending, control.PhaseSending},
		{event.ReadingBack{}, control.PhaseVerifying, control.PhaseVerifying},
		{event.ReadingTold{}, control.PhaseVerifying, control.PhaseVerifying},
		{event.ReadingBack{Over: true}, control.PhaseSending, control.PhaseSending},
		{event.ReadingTold{}, control.PhaseVerifying, control.PhaseVerifying},
		{event.WaveEnded{}, control.PhaseBetween, control.PhaseBetween},
		{event.Held{Why: "the gate", Since: start}, control.PhaseBetween, control.PhaseHeld},
		{event.Held{Over: true}, control.PhaseBetween, control.PhaseBetween},
		{event.Asking{}, control.PhaseAsking, control.PhaseAsking},
		{event.WaveStarted{}, control.PhaseSending, control.PhaseSending},
		{event.Waiting{Wait: outage}, control.PhaseSending, control.PhaseWaiting},
		{event.Held{Name: "hold file", Since: start}, control.PhaseSending, control.PhaseHeld},
		{event.Held{Name: "pause by alice", Since: start}, control.PhaseSending, control.PhasePaused},
		{event.Held{Name: "pause by alice", Over: true}, control.PhaseSending, control.PhaseHeld},
		{event.Held{Name: "hold file", Over: true}, control.PhaseSending, control.PhaseWaiting},
		{event.Waiting{Wait: over}, control.PhaseSending, control.PhaseSending},
		{stopping, control.PhaseStopping, control.PhaseStopping},
		{finished(result.Updated), control.PhaseStopping, control.PhaseStopping},
		{event.Ended{}, control.PhaseEnded, control.PhaseEnded},
	} {
		run.Observe(start, c.told)
		want(c.step, c.phase)
	}
}

// Rows that an earlier execution left in doubt, or failed, are planned, and are what
// they were until they are sent again.
func TestRowsThatAreSentAgain(t *testing.T) {
	run := control.New()
	run.Observe(start, event.Started{
		Rows: 3, Counts: map[result.Status]int{result.Updated: 2, result.Planned: 3},
		Again: map[int]result.Status{7: result.Unknown, 8: result.Failed},
	})
	want := func(of string, got, want map[result.Status]int) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", of, d)
		}
	}
	s := run.Status(start)
	want("counts", s.Counts, map[result.Status]int{result.Updated: 2, result.Planned: 3})
	want("outcomes", s.Outcomes(), map[result.Status]int{result.Updated: 2, result.Unknown: 1, result.Failed: 1})
	run.Observe(start, event.Finished{Result: result.Result{Line: 7, Status: result.Updated}, Was: result.Planned})
	s = run.Status(start)
	want("counts", s.Counts, map[result.Status]int{result.Updated: 3, result.Planned: 2})
	want("outcomes", s.Outcomes(), map[result.Status]int{result.Updated: 3, result.Failed: 1})
	want("finished", s.Finished, map[result.Status]int{result.Updated: 1})
	run.Observe(start, event.Ended{At: start})
	s = run.Status(start)
	want("counts at the end", s.Counts, map[result.Status]int{result.Updated: 3, result.Failed: 1, result.NotAttempted: 1})
	want("finished at the end", s.Finished, map[result.Status]int{result.Updated: 1})
}

// A dry run ends with its rows planned.
func TestRowsOfADryRun(t *testing.T) {
	run := control.New()
	run.Observe(start, event.Began{At: start, Run: event.Run{DryRun: true}})
	run.Observe(start, event.PlanMade{Plan: &plan.Plan{Counts: map[result.Status]int{result.Planned: 2, result.Unchanged: 1}}})
	run.Observe(start, event.Ended{At: start})
	if s := run.Status(start); s.Counts[result.Planned] != 2 || s.Counts[result.NotAttempted] != 0 {
		t.Errorf("got %v", s.Counts)
	}
}
