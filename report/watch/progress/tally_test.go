package progress_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch/progress"
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

// began is the tally of a run of 100 rows.
func began() *progress.Tally {
	tally := progress.NewTally()
	tally.Tell(start, event.Started{At: start, Rows: 100})
	return tally
}

// steady finishes a row every period, n times, and returns when that was.
func steady(tally *progress.Tally, from time.Time, period time.Duration, n int) time.Time {
	for range n {
		from = from.Add(period)
		tally.Tell(from, finished(result.Updated))
	}
	return from
}

func near(got, want, off float64) bool { return math.Abs(got-want) <= off }

func TestTallyCounts(t *testing.T) {
	tally := began()
	for _, s := range []result.Status{result.Updated, result.Updated, result.Failed, result.NotAttempted} {
		tally.Tell(after(time.Second), finished(s))
	}
	v := tally.At(after(2 * time.Second))
	if v.Done != 3 || v.Total != 100 {
		t.Errorf("%d of %d: a row that the run stopped before is not done", v.Done, v.Total)
	}
	want := map[result.Status]int{result.Updated: 2, result.Failed: 1, result.NotAttempted: 1}
	if d := cmp.Diff(want, v.Counts); d != "" {
		t.Error(d)
	}
}

func TestTallyBeforeTheStartAndAtIt(t *testing.T) {
	if v := progress.NewTally().At(start); v.Rate != 0 || v.Left != 0 || !v.Ends.IsZero() {
		t.Errorf("a run that has not begun: %+v", v)
	}
	tally := began()
	tally.Tell(start, finished(result.Updated))
	if v := tally.At(start); v.Rate != 0 || v.Left != 0 {
		t.Errorf("in its first moment: %+v", v)
	}
}

func TestTallyRateAndTimeLeft(t *testing.T) {
	tally := began()
	now := steady(tally, start, 2*time.Second, 10)
	v := tally.At(now)
	if !near(v.Rate, 30, 0.1) || !near(v.Left.Minutes(), 3, 0.1) || !v.Ends.Equal(now.Add(v.Left)) {
		t.Errorf("after 20 s at 30 a minute: %.1f a minute, %s left until %s", v.Rate, v.Left, v.Ends)
	}
	now = steady(tally, now, time.Second, 70)
	v = tally.At(now)
	if !near(v.Rate, 60, 1.1) {
		t.Errorf("after 70 s at 60 a minute: %.1f a minute", v.Rate)
	}
	// 80 rows took 90 s, so 20 rows take 22.5 s.
	if !near(v.Left.Seconds(), 22.5, 1) {
		t.Errorf("%s left, want about 22.5 s", v.Left)
	}
}

func TestTallyForgetsWhatWasLongAgo(t *testing.T) {
	tally := began()
	now := steady(tally, start, time.Second, 50)
	quiet := tally.At(now.Add(2 * time.Minute))
	if quiet.Rate != 0 || quiet.Left == 0 {
		t.Errorf("two silent minutes: %.1f a minute, %s left", quiet.Rate, quiet.Left)
	}
	silent := tally.At(now.Add(time.Hour))
	if !near(silent.Left.Minutes(), 61, 1) {
		t.Errorf("a silent hour: %s left, want as long as the run until now", silent.Left)
	}
	// The pace after an outage counts, not the outage.
	again := steady(tally, now.Add(time.Hour), time.Second, 40)
	again = again.Add(10*time.Minute - 41*time.Second)
	if v := tally.At(again); !near(v.Left.Minutes(), 2.5, 0.1) {
		t.Errorf("40 rows in ten minutes: %s left for 10, want 2.5 minutes", v.Left)
	}
}

func TestTallyDoneHasNothingLeft(t *testing.T) {
	tally := began()
	now := steady(tally, start, time.Second, 100)
	if v := tally.At(now); v.Left != 0 || !v.Ends.IsZero() {
		t.Errorf("%s left until %s", v.Left, v.Ends)
	}
}

func TestTallyWaits(t *testing.T) {
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
			tally := began()
			for _, e := range test.events {
				tally.Tell(start, e)
			}
			if got := tally.At(after(test.at)).Wait.Reason; got != test.want {
				t.Errorf("waits for %q, want %q", got, test.want)
			}
		})
	}
}

// What is waited for comes on top of the time that the rest takes.
func TestTallyTimeLeftContainsTheWait(t *testing.T) {
	tally := began()
	now := steady(tally, start, time.Second, 60)
	plain := tally.At(now).Left
	tally.Tell(now, waiting(client.Wait{Reason: client.WaitThrottled, Since: now, Until: now.Add(5 * time.Minute)}))
	if got := tally.At(now).Left - plain; got != 5*time.Minute {
		t.Errorf("the wait adds %s", got)
	}
}

func TestTallyStopping(t *testing.T) {
	tally := began()
	now := steady(tally, start, time.Second, 60)
	tally.Tell(now, event.Stopping{InFlight: 3})
	if v := tally.At(now); !v.Stopping || v.InFlight != 3 || v.Left != 0 {
		t.Errorf("got %+v", v)
	}
}

// A clock that is set back must not count anything twice or panic.
func TestTallyWithAClockThatGoesBack(t *testing.T) {
	tally := began()
	steady(tally, start, time.Second, 30)
	tally.Tell(after(-time.Hour), finished(result.Updated))
	if v := tally.At(after(-time.Hour)); v.Done != 31 || v.Rate != 0 {
		t.Errorf("got %+v", v)
	}
	if v := tally.At(after(31 * time.Second)); !near(v.Rate, 60, 1) {
		t.Errorf("%.1f a minute", v.Rate)
	}
}
