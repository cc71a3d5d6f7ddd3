package control_test

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/client"
)

// Holds that overlap are shown until each is over; requests that were under way
// do not end them.
func TestHoldsAreShown(t *testing.T) {
	run, now := control.New(), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	want := func(why string) {
		t.Helper()
		if w := run.Status(now).Wait; w.Detail != why || why != "" && w.Reason != client.WaitHold {
			t.Errorf("got %+v, want %q", w, why)
		}
	}
	pause, file := event.Held{Name: "pause", Since: now, Why: "paused by alice"}, event.Held{Name: "hold file", Since: now, Why: "frozen"}
	run.Observe(now, pause)
	want("paused by alice")
	run.Observe(now, event.Attempted{Attempt: client.Attempt{Start: now.Add(time.Second)}})
	want("paused by alice")
	run.Observe(now, file)
	pause.Over, file.Over = true, true
	run.Observe(now, pause)
	want("frozen")
	run.Observe(now, file)
	want("")
}
