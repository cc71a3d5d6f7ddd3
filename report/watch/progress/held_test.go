package progress_test

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch/progress"
)

// Holds that overlap are shown until each is over; requests that were under way
// do not end them.
func TestHoldsAreShown(t *testing.T) {
	tally, now := progress.NewTally(), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	want := func(why string) {
		t.Helper()
		if w := tally.At(now).Wait; w.Detail != why || why != "" && w.Reason != client.WaitHold {
			t.Errorf("got %+v, want %q", w, why)
		}
	}
	pause, file := event.Held{Name: "pause", Since: now, Why: "paused by alice"}, event.Held{Name: "hold file", Since: now, Why: "frozen"}
	tally.Tell(now, pause)
	want("paused by alice")
	tally.Tell(now, event.Attempted{Attempt: client.Attempt{Start: now.Add(time.Second)}})
	want("paused by alice")
	tally.Tell(now, file)
	pause.Over, file.Over = true, true
	tally.Tell(now, pause)
	want("frozen")
	tally.Tell(now, file)
	want("")
}
