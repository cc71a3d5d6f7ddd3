package log_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch"
	"github.com/bulknum/bulknum/report/watch/log"
	"github.com/bulknum/bulknum/report/watch/watchtest"
)

// everything is one event of each kind, with all that can be told in it.
func everything() []event.Event {
	at := time.Now()
	wave := plan.Wave{N: 1, Of: 3, Rows: 2, Upto: 2}
	counts := map[result.Status]int{}
	for _, status := range result.Statuses() {
		counts[status] = 1
	}
	return append([]event.Event{
		event.Began{At: at, Folder: "runs/night", Run: event.Run{Job: "night"}},
		event.PlanMade{Plan: &plan.Plan{Counts: counts, Budget: plan.Budget{TakesMs: 1, EndsAt: at}}},
		event.WaveStarted{Wave: wave, At: at},
		event.WaveEnded{Wave: wave, Counts: counts, Why: "2 rows failed"},
		event.Commanded{What: event.CommandRate, By: "Ada", Detail: "24/m"},
		event.Held{Since: at, Why: "the pause", Until: at.Add(time.Minute), Wave: 2},
		event.Held{Over: true},
	}, watchtest.Events()...)
}

// docs/watching.md lists the fields that are logged, all of them, and no others; people
// read them in an order.
func TestFieldsAreDocumented(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		w := watchtest.Watch(watch.Options{Stderr: &out, Format: log.JSON, Level: log.LevelDebug, Run: "night"})
		w.Listen(event.Started{At: time.Now(), Rows: 10})
		for n, status := range result.Statuses() {
			w.Listen(watchtest.Update(n, status))
		}
		w.Listen(event.Waiting{Wait: client.Wait{Reason: client.WaitThrottled, Since: time.Now(), Until: time.Now().Add(time.Minute)}})
		time.Sleep(31 * time.Second) // a line of the progress
		for _, e := range everything() {
			w.Listen(e)
		}
		w.Close()
		logged := map[string]bool{}
		for line := range bytes.Lines(out.Bytes()) {
			var fields map[string]any
			if err := json.Unmarshal(line, &fields); err != nil {
				t.Errorf("%v: %s", err, line)
			}
			for name := range fields {
				logged[name] = true
			}
		}
		if d := cmp.Diff(slices.Sorted(maps.Keys(logged)), watchtest.Documented(t, "**Log.**")); d != "" {
			t.Errorf("logged and documented: %s", d)
		}
		ordered := append(log.FieldOrder(), "time", "level", "message", "run")
		slices.Sort(ordered)
		if d := cmp.Diff(slices.Sorted(maps.Keys(logged)), ordered); d != "" {
			t.Errorf("logged and ordered: %s", d)
		}
	})
}
