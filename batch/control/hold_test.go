package control_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/client"
)

// Each pause is somebody's: it ends when its owner continues, or somebody who names the owner, and
// then the others still hold.
func TestEachPauseHasItsOwner(t *testing.T) {
	run, ctx := control.New(), t.Context()
	want := func(phase control.Phase, why string) {
		t.Helper()
		if s := run.Status(time.Now()); s.Phase != phase || s.Why != why {
			t.Errorf("got %s: %s, want %s: %s", s.Phase, s.Why, phase, why)
		}
	}
	for _, by := range []string{"alice", "alice", "bob (root)"} {
		if err := run.Pause(ctx, by); err != nil {
			t.Fatal(err)
		}
	}
	want(control.PhasePaused, "paused by alice; paused by bob (root)")
	ofAlice := control.Way{Do: event.CommandContinue, Whose: "alice"}
	refused, _ := errors.AsType[*control.RefusedError](run.Continue("carol", ""))
	if refused == nil || refused.Why != "the run is paused by alice and by bob (root)" || refused.Way != ofAlice {
		t.Errorf("got %+v", refused)
	}
	if d := cmp.Diff([]control.Way{ofAlice, {Do: event.CommandContinue, Whose: "bob"}}, run.Status(time.Now()).Ways); d != "" {
		t.Errorf("the ways on: %s", d)
	}
	if err := run.Continue("carol", "dan"); err == nil {
		t.Error("somebody who did not pause had a pause")
	}
	if err := run.Continue("alice", ""); err != nil {
		t.Error(err)
	}
	want(control.PhasePaused, "paused by bob (root)")
	if err := run.Continue("alice", ""); err == nil {
		t.Error("a pause was lifted that was another's")
	}
	if err := run.Continue("alice", "bob"); err != nil {
		t.Error(err)
	}
	want(control.PhaseStarting, "")
}

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
	pause, file := event.Held{Name: "pause by alice", Since: now, Why: "paused by alice"}, event.Held{Name: "hold file", Since: now, Why: "frozen"}
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
