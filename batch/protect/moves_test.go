package protect

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

const (
	number = "+18018018011"
	route  = "MessageRouteId"
)

// cutover is a run in waves; job is one without, and rollback one of another run.
func cutover(id store.RunID) *runs.Run {
	r := job(id)
	r.Identity.Waves = plan.Waves{{Share: 1}}
	return r
}

func job(id store.RunID) *runs.Run {
	return &runs.Run{Stored: store.Run{ID: id, Name: "run"}, Identity: runs.Identity{Name: "run"}}
}

func rollback(id, of store.RunID) *runs.Run {
	r := job(id)
	r.Stored.RollbackOf, r.Identity.RollbackOf = of, "run"
	return r
}

// wrote is what a run did to the number, at a place in the order.
func wrote(by *runs.Run, done store.Sequence, from, to string, status result.Status) runs.Write {
	return runs.Write{By: by, Write: store.Write{
		Number: number, Changes: []settings.Change{{Field: route, Old: from, New: to}}, Status: status, Done: done, At: time.Unix(int64(done), 0),
	}}
}

// standing are the values to which the number may not go back.
func standing(t *Track) string {
	var back []string
	for _, m := range t.Moves(number, func(_, _ *runs.Run) {}) {
		if m.stands() {
			back = append(back, m.Old)
		}
	}
	return strings.Join(back, " ")
}

// What a cutover did stands until its number has been moved back.
func TestMoves(t *testing.T) {
	const updated, unknown, failed = result.Updated, result.Unknown, result.Failed
	first := wrote(cutover(1), 1, "a", "b", updated)
	back := wrote(rollback(2, 1), 2, "b", "a", updated)
	for name, c := range map[string]struct {
		gap    store.Sequence
		writes []runs.Write
		want   string
	}{
		"a cutover":                             {0, []runs.Write{first}, "a"},
		"another job moves a number":            {0, []runs.Write{wrote(job(1), 1, "a", "b", updated)}, ""},
		"a rollback in waves":                   {0, []runs.Write{wrote(rollback(1, 9), 1, "a", "b", updated)}, ""},
		"a cutover may have moved it":           {0, []runs.Write{wrote(cutover(1), 1, "a", "b", unknown)}, "a"},
		"a cutover that changed nothing":        {0, []runs.Write{wrote(cutover(1), 1, "b", "b", updated)}, ""},
		"it was rolled back":                    {0, []runs.Write{first, back}, ""},
		"another job moved it back":             {0, []runs.Write{first, wrote(job(2), 2, "b", "a", updated)}, ""},
		"moving it back failed":                 {0, []runs.Write{first, wrote(job(2), 2, "b", "a", failed)}, "a"},
		"it may have been moved back":           {0, []runs.Write{first, wrote(job(2), 2, "b", "a", unknown)}, "a"},
		"another job moved it elsewhere":        {0, []runs.Write{first, wrote(job(2), 2, "b", "c", updated)}, "a"},
		"the rollback was rolled back":          {0, []runs.Write{first, back, wrote(rollback(3, 2), 3, "a", "b", updated)}, "a"},
		"another run was rolled back":           {0, []runs.Write{first, back, wrote(rollback(3, 7), 3, "a", "b", updated)}, ""},
		"it was rolled back before a gap":       {5, []runs.Write{first, back}, "a"},
		"two cutovers":                          {0, []runs.Write{first, wrote(cutover(2), 2, "b", "c", updated)}, "a b"},
		"the second one back to where it began": {0, []runs.Write{first, wrote(cutover(2), 2, "b", "a", updated)}, "b"},
		"the same move twice":                   {0, []runs.Write{first, wrote(cutover(2), 2, "a", "c", updated)}, "a"},
	} {
		track := Track{gap: c.gap}
		for _, w := range c.writes {
			track.Take(w)
		}
		if got := standing(&track); got != c.want {
			t.Errorf("%s: it may not go back to %q, want %q", name, got, c.want)
		}
	}
}

// What stands was the start of a cutover's change, and after it nobody is known to have
// brought the number back, but who was rolled back.
func TestMovesThatStandWereNotEnded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SampledFrom([]string{"a", "b", "c"})
		var track Track
		var writes []runs.Write
		rolledBack := map[store.RunID]bool{}
		for id := range store.RunID(rapid.IntRange(1, 8).Draw(t, "writes")) {
			of := store.RunID(rapid.IntRange(0, int(id)).Draw(t, "of"))
			by := []*runs.Run{cutover(id + 1), job(id + 1), rollback(id+1, of)}[rapid.IntRange(0, 2).Draw(t, "by")]
			status := rapid.SampledFrom([]result.Status{result.Updated, result.Unknown, result.Failed}).Draw(t, "status")
			w := wrote(by, store.Sequence(id+1), values.Draw(t, "from"), values.Draw(t, "to"), status)
			writes = append(writes, w)
			track.Take(w)
			if status == result.Updated {
				rolledBack[by.Stored.RollbackOf] = true
			}
		}
		for _, m := range track.Moves(number, func(_, _ *runs.Run) {}) {
			if !m.Cutover.Identity.IsCutover() || m.Old == m.New {
				t.Fatalf("%s of run %d counts as a cutover's", m.Change, m.Cutover.Stored.ID)
			}
			back := false
			for _, w := range writes {
				if w.Done > m.done && w.Status == result.Updated && w.Changes[0].New == m.Old && !rolledBack[w.By.Stored.ID] {
					back = true
				}
			}
			if back && m.stands() {
				t.Fatalf("%s of run %d stands, and was undone", m.Change, m.Cutover.Stored.ID)
			}
			for _, by := range m.ended {
				if !broughtBack(writes, m, by) {
					t.Fatalf("%s of run %d was ended by run %d, which did not move it back", m.Change, m.Cutover.Stored.ID, by.Stored.ID)
				}
			}
		}
	})
}

// broughtBack reports whether a run that ended a move brought back what was before.
func broughtBack(writes []runs.Write, m *Move, by *runs.Run) bool {
	for _, w := range writes {
		if w.By == by && w.Done > m.done && w.Status == result.Updated && w.Changes[0].New == m.Old {
			return true
		}
	}
	return false
}

// A run of another job is against a protection only where it would bring back what was
// before.
func TestAgainst(t *testing.T) {
	moved := Move{Change: settings.Change{Field: route, Old: "MRID-a", New: "MRID-b"}, Cutover: cutover(1)}
	name := Move{Change: settings.Change{Field: "CnamFirstName", Old: "Bob", New: "Rob"}, Cutover: cutover(1)}
	p := Protection{number: {moved, name}}
	for text, c := range map[string]struct {
		number string
		change settings.Change
		want   bool
	}{
		"back":                 {number, settings.Change{Field: route, Old: "MRID-b", New: "MRID-a"}, true},
		"onward":               {number, settings.Change{Field: route, Old: "MRID-b", New: "MRID-c"}, false},
		"another field":        {number, settings.Change{Field: "VoiceRouteId", Old: "MRID-b", New: "MRID-a"}, false},
		"another number":       {"+18018018012", settings.Change{Field: route, Old: "MRID-b", New: "MRID-a"}, false},
		"a part that is kept":  {number, settings.Change{Field: "CnamFirstName", Old: "Bob", New: "Bob"}, false},
		"as it was, along":     {number, settings.Change{Field: route, Old: "MRID-a", New: "MRID-a", Companion: settings.AsRead}, true},
		"as it is, along":      {number, settings.Change{Field: route, Old: "MRID-b", New: "MRID-b", Companion: settings.AsRead}, false},
		"not shown, as before": {number, settings.Change{Field: route, New: "MRID-a", WriteOnly: true}, true},
	} {
		if why := p.Against(c.number, []settings.Change{c.change}); (why != "") != c.want {
			t.Errorf("%s: %q", text, why)
		}
	}
}

// What may go along with a capability that a row turns on is looked up as if the row asked for it.
func TestAnAskMayWantACompanion(t *testing.T) {
	field, _ := settings.Lookup(route)
	for text, c := range map[string]struct {
		sets map[string]string
		want bool
	}{
		"the capability is turned on":     {map[string]string{"MessageEnabled": "true"}, true},
		"with another route":              {map[string]string{"MessageEnabled": "true", route: "MRID-c"}, false},
		"with the route":                  {map[string]string{"MessageEnabled": "true", route: "MRID-a"}, true},
		"the capability is turned off":    {map[string]string{"MessageEnabled": "false"}, false},
		"another capability is turned on": {map[string]string{"VoiceEnabled": "true"}, false},
	} {
		ask := Ask{Number: number}
		for name, value := range c.sets {
			ask.Want.Set(name, value)
		}
		if got := ask.wants(field, "MRID-a"); got != c.want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
