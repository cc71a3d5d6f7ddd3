package watch_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch"
)

// documented are the names in the first column of the table that follows some
// words in the README, sorted.
func documented(t *testing.T, words string) []string {
	t.Helper()
	content, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(content), words)
	_, text, table := strings.Cut(text, "\n|---|---|\n")
	if !found || !table {
		t.Fatalf("the README has no table after %q", words)
	}
	var names []string
	for row := range strings.Lines(text) {
		if !strings.HasPrefix(row, "|") {
			break
		}
		for _, name := range regexp.MustCompile("`([a-z_]+)[^`]*`").FindAllStringSubmatch(strings.Split(row, "|")[1], -1) {
			names = append(names, name[1])
		}
	}
	slices.Sort(names)
	return names
}

// everything is one event of each kind, with all that can be told in it.
func everything() []batch.Event {
	at := time.Now()
	wave := batch.Wave{N: 1, Of: 3, Rows: 2, Upto: 2}
	counts := map[batch.Status]int{}
	for _, status := range batch.Statuses() {
		counts[status] = 1
	}
	return append([]batch.Event{
		batch.Began{At: at, Folder: "runs/night", Run: batch.Identity{Job: "night"}},
		batch.PlanMade{Plan: &batch.Plan{Counts: counts, Budget: batch.Budget{TakesMs: 1, EndsAt: at}}},
		batch.WaveStarted{Wave: wave, At: at},
		batch.WaveEnded{Wave: wave, Counts: counts, Why: "2 rows failed"},
		batch.Controlled{What: batch.CommandRate, By: "Ada", Detail: "24/m"},
		batch.Held{Since: at, Why: "paused", Until: at.Add(time.Minute)},
		batch.Held{Over: true},
	}, events()...)
}

// The README lists the fields that are logged, all of them, and no others; people
// read them in an order.
func TestFieldsAreDocumented(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		w := watch.Start(watch.Options{Stderr: &out, Format: watch.LogJSON, Level: watch.LevelDebug, Run: "night"})
		w.Listen(batch.Started{At: time.Now(), Rows: 10})
		for n, status := range batch.Statuses() {
			w.Listen(update(n, status))
		}
		w.Listen(batch.Waiting{Wait: client.Wait{Reason: client.WaitThrottled, Since: time.Now(), Until: time.Now().Add(time.Minute)}})
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
		if d := cmp.Diff(slices.Sorted(maps.Keys(logged)), documented(t, "**Log.**")); d != "" {
			t.Errorf("logged and documented: %s", d)
		}
		ordered := append(watch.FieldOrder(), "time", "level", "message", "run")
		slices.Sort(ordered)
		if d := cmp.Diff(slices.Sorted(maps.Keys(logged)), ordered); d != "" {
			t.Errorf("logged and ordered: %s", d)
		}
	})
}

// The README lists the metrics, all of them, and no others; each has a text that
// explains it, and labels of a few known values.
func TestMetricsAreDocumented(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := measured(t)
		m.End(watch.Outcome{At: time.Now()})
		registry, err := m.Registry()
		if err != nil {
			t.Fatal(err)
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		labels := map[string]bool{}
		for _, family := range families {
			names = append(names, family.GetName())
			if len(family.GetHelp()) < 10 {
				t.Errorf("%s is not explained", family.GetName())
			}
			for _, metric := range family.GetMetric() {
				for _, label := range metric.GetLabel() {
					labels[label.GetName()] = true
				}
			}
		}
		if d := cmp.Diff(names, documented(t, "**Metrics.**")); d != "" {
			t.Errorf("told and documented: %s", d)
		}
		want := []string{"bulknum_job", "code", "endpoint", "reason", "status", "version"}
		if d := cmp.Diff(want, slices.Sorted(maps.Keys(labels))); d != "" {
			t.Errorf("labels: %s", d)
		}
	})
}

// The body of a notification in the README is one that is posted.
func TestNotificationIsDocumented(t *testing.T) {
	content, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(content), "```json\n{\"version\":1,\"event\"")
	text, _, _ = strings.Cut(text, "\n```")
	var example bytes.Buffer
	if err := json.Compact(&example, []byte(`{"version":1,"event"`+text)); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var h hook
		n := h.notifier(t)
		n.End(watch.Outcome{
			At: time.Date(2026, 11, 24, 3, 31, 7, 8, time.FixedZone("CET", 3600)), ExitCode: 5, Summary: &batch.Summary{
				Run:        batch.Identity{Job: "nightly", Name: "20261124T020000Z-nightly", Host: "ops1", Account: "DID-1", API: "https://api.telegent.com"},
				Counts:     map[batch.Status]int{batch.Updated: 412, batch.Unchanged: 9587, batch.Failed: 1},
				DurationMs: 1867000,
			},
		})
		posted, err := json.Marshal(h.bodies[0])
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(example.String(), string(posted)); d != "" {
			t.Error(d)
		}
	})
}
