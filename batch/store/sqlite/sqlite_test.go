package sqlite_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

const api = "https://api.example.com"

// inFolder are options of a store in a folder of its own.
func inFolder(t testing.TB) sqlite.Options {
	t.Helper()
	return sqlite.Options{Dir: t.TempDir(), State: t.TempDir(), Program: "test"}
}

// open opens a store until the end of the test.
func open(t testing.TB, o sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// failing is a test, of Go or of rapid.
type failing interface {
	Helper()
	Fatal(args ...any)
}

func must(t failing, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// account is one of a key, held until the end of the test.
func account(t testing.TB, s *sqlite.Store, key string) store.Account {
	t.Helper()
	a, err := s.Account(t.Context(), api, key)
	must(t, err)
	lock, err := s.Lock(t.Context(), a, store.Myself("", "test"), 0)
	must(t, err)
	t.Cleanup(lock.Release)
	return a
}

// newRun enters a run of an account.
func newRun(t testing.TB, s *sqlite.Store, a store.Account, name string) store.Run {
	t.Helper()
	run, err := s.NewRun(t.Context(), store.NewRun{Name: name, Job: "nightly", Account: a.ID, StartedAt: at(0), Identity: json.RawMessage(`{"v":1}`),
		Input: store.Input{File: "input.csv"}, Source: strings.NewReader("Number\n+12025550100\n")})
	must(t, err)
	return run
}

// at is a moment, some seconds after the first.
func at(seconds int) time.Time {
	return time.Date(2026, 11, 23, 2, 0, seconds, 0, time.UTC)
}

func number(n int) string { return fmt.Sprintf("+1202%07d", n) }

func changes(to string) []settings.Change {
	return []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: to}}
}

// sent appends an intent and its result.
func sent(t testing.TB, s *sqlite.Store, run store.RunID, line int, status result.Status) {
	t.Helper()
	must(t, s.Append(run, intent(line)))
	must(t, s.Append(run, done(line, status)))
}

func intent(line int) *store.Intent {
	return &store.Intent{At: at(line), Line: line, Number: number(line), Changes: changes("MRID-b")}
}

func done(line int, status result.Status) *store.Result {
	return &store.Result{At: at(line + 1), Settings: "hash", Result: result.Result{Row: line - 1, Line: line, Number: number(line), Status: status, Attempts: 1, HTTPStatus: 200, StartedAt: at(line)}}
}

// list reads all there is.
func list[T any](t failing, all iter.Seq2[T, error]) []T {
	t.Helper()
	var items []T
	for item, err := range all {
		must(t, err)
		items = append(items, item)
	}
	return items
}

func texts(docs [][]byte) (all []string) {
	for _, doc := range docs {
		all = append(all, string(doc))
	}
	return all
}

func TestARunIsReadAsItWasEntered(t *testing.T) {
	o := inFolder(t)
	s := open(t, o)
	a := account(t, s, "key")
	run := newRun(t, s, a, "one")
	if run.Account.Key != "key" || run.Account.API != api || run.Input.SHA256 == "" || run.Input.Bytes != 20 || run.StartedAt != at(0) {
		t.Errorf("got %+v", run)
	}
	var input bytes.Buffer
	must(t, s.Input(t.Context(), run.ID, &input))
	if input.String() != "Number\n+12025550100\n" {
		t.Errorf("the input is %q", input.String())
	}
	_, err := s.NewRun(t.Context(), store.NewRun{Name: "one", Account: a.ID, Source: strings.NewReader("")})
	if !errors.Is(err, store.ErrExists) {
		t.Errorf("a second run of the name: %v", err)
	}
	for _, name := range []string{"", ".", "..", "../one", "/one", "a/b"} {
		if _, err := s.NewRun(t.Context(), store.NewRun{Name: name, Account: a.ID, Source: strings.NewReader("")}); err == nil {
			t.Errorf("%q was taken for the name of a folder", name)
		}
	}
	must(t, s.Append(run.ID, &store.Readings{Readings: []store.Reading{{At: at(1), Number: number(2), State: &settings.State{}}}}))
	plan := &store.PlanBlock{First: true, Rows: []store.PlanLine{{Line: 2, Number: number(2), Doc: []byte(`{"a":1}`)}, {Line: 3, Number: "bad", Doc: []byte(`{"a":2}`)}}}
	must(t, s.Append(run.ID, plan, &store.Milestone{Kind: store.Planned, At: at(2), Doc: json.RawMessage(`{"rows":2}`), Waves: map[int]int{2: 1, 3: 2}}))
	sent(t, s, run.ID, 2, result.Updated)
	must(t, s.Append(run.ID, intent(3), &store.Requests{Requests: []store.Request{{At: at(3), Doc: json.RawMessage(`{"x":1}`)}}},
		&store.Verified{Line: 2, Number: number(2), Status: "in_sync", Doc: json.RawMessage(`{}`)}, &store.Skipped{Line: 9, Number: number(9)}))
	must(t, s.Close())

	s = open(t, o)
	again, err := s.Run(t.Context(), "one")
	must(t, err)
	if diff := cmp.Diff(run, again); diff != "" {
		t.Error(diff)
	}
	if got := texts(list(t, s.PlanRows(t.Context(), run.ID))); !cmp.Equal(got, []string{`{"a":1}`, `{"a":2}`}) {
		t.Errorf("the plan is %v", got)
	}
	if of := list(t, s.PlanRowsOf(t.Context(), store.RunFilter{Account: a.ID}, "bad")); len(of) != 1 || string(of[0].Row) != `{"a":2}` || of[0].Run.Name != "one" {
		t.Errorf("rows of the number: %v", of)
	}
	if waves, err := s.WaveOf(t.Context(), run.ID); err != nil || !cmp.Equal(waves, map[int]int{2: 1, 3: 2}) {
		t.Errorf("waves %v, %v", waves, err)
	}
	if kept := list(t, s.Readings(t.Context(), run.ID, nil)); len(kept) != 1 {
		t.Errorf("readings of a finished plan: %v", kept)
	}
	outcomes := list(t, s.Outcomes(t.Context(), run.ID))
	if want := []store.Outcome{{Line: 2, Status: result.Updated}, {Line: 3, Status: result.Unknown, Open: true}}; !cmp.Equal(outcomes, want) {
		t.Errorf("outcomes %v", outcomes)
	}
	writes := list(t, s.Writes(t.Context(), store.WriteFilter{Account: a.ID}))
	if len(writes) != 2 || writes[0].Status != result.Updated || writes[1].Status != result.Unknown || !cmp.Equal(writes[0].Changes, changes("MRID-b")) {
		t.Errorf("writes %+v", writes)
	}
	if results, err := s.Results(t.Context(), run.ID, 0, 100); err != nil || len(results) != 1 || results[0].Result != done(2, result.Updated).Result {
		t.Errorf("results %+v, %v", results, err)
	}
	if v := list(t, s.Verified(t.Context(), run.ID)); len(v) != 1 || v[0].Status != "in_sync" {
		t.Errorf("verified %v", v)
	}
	if k, err := s.Skipped(t.Context(), run.ID); err != nil || len(k) != 1 || k[0].Line != 9 {
		t.Errorf("skipped %v, %v", k, err)
	}
	if r := list(t, s.Requests(t.Context(), run.ID)); len(r) != 1 || string(r[0].Doc) != `{"x":1}` {
		t.Errorf("requests %v", r)
	}
	if m, err := s.Milestones(t.Context(), run.ID); err != nil || len(m) != 1 || m[0].Kind != store.Planned {
		t.Errorf("milestones %v, %v", m, err)
	}
	report, err := s.Check(t.Context())
	must(t, err)
	if len(report.Faults) > 0 || report.Runs != 1 {
		t.Errorf("the check says %+v", report)
	}
	must(t, s.Delete(t.Context(), run.ID))
	if _, err := s.Run(t.Context(), "one"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a deleted run: %v", err)
	}
}
