package prune

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Of each write-only field the newest run that sent it is kept, and only that: without
// the others nothing of a number is forgotten.
func TestTheLastValueOfWriteOnlyFieldsIsKept(t *testing.T) {
	fields := []string{"SubscriberId", "SimSerial", "MessageRouteId"}
	writeOnly := map[string]bool{"SubscriberId": true, "SimSerial": true}
	rapid.Check(t, func(t *rapid.T) {
		sources := map[store.RunID]*soleSource{}
		want := map[store.RunID]map[string]struct{}{}
		numbers := map[store.RunID]int{}
		for range rapid.IntRange(1, 3).Draw(t, "numbers") {
			var attempts []runs.Write
			last := map[string]store.RunID{}
			for range rapid.IntRange(0, 6).Draw(t, "writes") {
				id := store.RunID(rapid.IntRange(1, 4).Draw(t, "run"))
				field := rapid.SampledFrom(fields).Draw(t, "field")
				attempts = append(attempts, runs.Write{
					By: &runs.Run{Stored: store.Run{ID: id}}, Write: store.Write{Changes: []settings.Change{{Field: field}}},
				})
				if writeOnly[field] {
					last[field] = id
				}
			}
			noteLastSenders(attempts, writeOnly, sources)
			having := map[store.RunID]bool{}
			for field, id := range last {
				if want[id] == nil {
					want[id] = map[string]struct{}{}
				}
				want[id][field], having[id] = struct{}{}, true
			}
			for id := range having {
				numbers[id]++
			}
		}
		got := map[store.RunID]map[string]struct{}{}
		for id, has := range sources {
			if got[id] = has.fields; has.numbers != numbers[id] {
				t.Fatalf("run %d: %d numbers are counted, of %d", id, has.numbers, numbers[id])
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A run is old by each limit that is given, and by all of them.
func TestOld(t *testing.T) {
	began := func(ago time.Duration) store.Run {
		return store.Run{ID: 7, Job: "nightly", Account: store.Account{ID: 3}, StartedAt: time.Now().Add(-ago)}
	}
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		config Config
		ago    time.Duration
		newer  int
		want   bool
	}{
		"nothing is kept":            {Config{}, 0, 1, true},
		"old enough":                 {Config{Keep: 90 * day}, 91 * day, 1, true},
		"too young":                  {Config{Keep: 90 * day}, 89 * day, 1, false},
		"one of the last":            {Config{KeepLast: 3}, 91 * day, 3, false},
		"before the last":            {Config{KeepLast: 3}, 91 * day, 4, true},
		"old, and one of the last":   {Config{KeepLast: 3, Keep: 90 * day}, 91 * day, 3, false},
		"young, and before the last": {Config{KeepLast: 3, Keep: 90 * day}, 89 * day, 4, false},
		"of the job":                 {Config{Job: "nightly"}, day, 1, true},
		"of another job":             {Config{Job: "weekly"}, day, 1, false},
		"of the account":             {Config{Account: 3}, day, 1, true},
		"of another account":         {Config{Account: 4}, day, 1, false},
		"the one that is asked for":  {Config{only: 7}, day, 1, true},
		"another one":                {Config{only: 8}, day, 1, false},
	} {
		if got := c.config.old(began(c.ago), c.newer); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// A run goes if it is over and no run needs it; otherwise each reason is named.
func TestPlanKeepsWithReasons(t *testing.T) {
	var p Plan
	for name, c := range map[string]struct {
		state   runs.State
		reasons []string
	}{
		"gone":         {runs.Finished, nil},
		"planned":      {runs.OnlyPlanned, nil},
		"refused":      {runs.Refused, nil},
		"stopped":      {runs.Stopped, nil},
		"crashed":      {runs.Crashed, nil},
		"running":      {runs.Running, []string{"it protects"}},
		"damaged":      {runs.Damaged, nil},
		"needed":       {runs.Finished, []string{"it protects"}},
		"needed twice": {runs.Finished, []string{"it protects", "it is the newest"}},
	} {
		p.add(runs.Info{Name: name, State: c.state}, c.reasons)
	}
	kept := map[string][]string{}
	for _, k := range p.Kept {
		kept[k.Name] = k.Reasons
	}
	if diff := cmp.Diff(map[string][]string{
		"stopped": {"it is stopped"}, "crashed": {"it is crashed"}, "damaged": {"it is damaged"},
		"running": {"it is running", "it protects"}, "needed": {"it protects"}, "needed twice": {"it protects", "it is the newest"},
	}, kept); diff != "" {
		t.Error(diff)
	}
	var old []string
	for _, run := range p.Old {
		old = append(old, run.Name)
	}
	slices.Sort(old)
	if diff := cmp.Diff([]string{"gone", "planned", "refused"}, old); diff != "" {
		t.Error(diff)
	}
}
