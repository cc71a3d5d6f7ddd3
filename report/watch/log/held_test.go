package log_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch"
	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

func TestWhatWasAskedForIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out watchtest.Screen
		w := watchtest.Watch(watch.Options{Stderr: &out, Format: log.Console})
		held := event.Held{Name: "pause by alice", Since: time.Now(), Why: "paused by alice"}
		w.Listen(event.Commanded{At: time.Now(), What: event.CommandPause, By: "alice"})
		w.Listen(held)
		w.Listen(event.Waiting{Wait: client.Wait{Reason: client.WaitHold, Since: time.Now(), Detail: "paused by alice"}})
		w.Listen(event.Commanded{At: time.Now(), What: event.CommandRate, By: "bob", Detail: "20/m"})
		held.Over = true
		w.Listen(held)
		w.Listen(event.Held{Since: time.Now(), Why: "wave 1 of 2 is done", Until: time.Now().Add(time.Minute)})
		w.Listen(event.Held{Since: time.Now(), Why: "the pause before the second pass", Until: time.Now().Add(time.Minute), Expected: true})
		want := []string{
			`INF asked for command=pause by=alice`,
			`WRN held: nothing is sent wait=hold reason="paused by alice"`,
			`INF asked for detail=20/m command=rate by=bob`,
			`INF no longer held wait=hold reason="paused by alice"`,
			`WRN held: nothing is sent wait=hold until=2000-01-01T00:01:00Z reason="wave 1 of 2 is done"`,
			`INF waiting wait=hold until=2000-01-01T00:01:00Z reason="the pause before the second pass"`,
		}
		got := strings.Split(strings.ReplaceAll(strings.TrimSpace(out.Raw()), "2000-01-01 00:00:00 UTC ", ""), "\n")
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

// The end of a run that failed or was refused is an error; one that was set up is none. People are told by
// the command, after its log.
func TestTheEndHasItsLevel(t *testing.T) {
	for reason, want := range map[result.Reason]string{
		result.Guarded: "error stopped early", result.Declined: "error did not start", result.StoppedByOutage: "error stopped early",
		result.StoppedBySignal: "warn stopped early", result.StoppedByDeadline: "warn stopped early", "": "info finished",
	} {
		for _, format := range []log.Format{log.JSON, log.Console} {
			var out watchtest.Screen
			w := watchtest.Watch(watch.Options{Stderr: &out, Format: format})
			w.Listen(event.Ended{Stop: result.Stop{Reason: reason}})
			w.Close()
			level, message, _ := strings.Cut(want, " ")
			if format == log.Console {
				if got := out.Raw(); strings.Contains(got, "finished") != (reason == "") || strings.Contains(got, " early") || strings.Contains(got, "start") {
					t.Errorf("%s: %q", reason, got)
				}
				continue
			}
			if got := out.Raw(); !strings.Contains(got, `"level":"`+level+`"`) || !strings.Contains(got, `"message":"`+message+`"`) {
				t.Errorf("%s: %q, want %s", reason, got, want)
			}
		}
	}
}
