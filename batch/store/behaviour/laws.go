package behaviour

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/internal/testextent"
)

// history is a store and its model.
type history struct {
	t     *rapid.T
	p     Place
	s     Store
	lock  store.Lock
	a     store.Account
	model model
}

func (h *history) open() {
	var err error
	if h.s, err = h.p(h.t.Context(), false); err != nil {
		h.t.Fatal(err)
	}
	if h.a, err = h.s.Account(h.t.Context(), api, "key"); err != nil {
		h.t.Fatal(err)
	}
	if h.lock, err = h.s.Lock(h.t.Context(), h.a, store.Myself("", ""), 0); err != nil {
		h.t.Fatal(err)
	}
}

func (h *history) close() {
	h.lock.Release()
	if err := h.s.Close(); err != nil {
		h.t.Fatal(err)
	}
}

// run draws a run, and makes the first.
func (h *history) run() *modelRun {
	if len(h.model.runs) == 0 {
		h.newRun()
	}
	return h.model.runs[rapid.IntRange(0, len(h.model.runs)-1).Draw(h.t, "run")]
}

func (h *history) newRun() {
	h.model.next++
	n := store.NewRun{Name: fmt.Sprintf("run-%d", h.model.next), Job: "nightly", Account: h.a.ID, StartedAt: At(int(h.model.next)), Cutover: rapid.Bool().Draw(h.t, "cutover"),
		Input: store.Input{File: "input.csv"}, Source: strings.NewReader(rapid.SampledFrom([]string{"", "a", "b"}).Draw(h.t, "input"))}
	run, err := h.s.NewRun(h.t.Context(), n)
	if err != nil {
		h.t.Fatal(err)
	}
	if run.Sequence != h.model.next {
		h.t.Fatalf("the run has number %d, want %d", run.Sequence, h.model.next)
	}
	h.model.runs = append(h.model.runs, &modelRun{run: run})
}

// someNumber and someLine are few, so that they meet again.
func (h *history) someNumber() string {
	return rapid.SampledFrom([]string{Number(1), Number(2), Number(3), "12025550100", "bad", ""}).Draw(h.t, "number")
}

func (h *history) someLine() int { return rapid.IntRange(2, 6).Draw(h.t, "line") }

// append appends records to both.
func (h *history) append() {
	r := h.run()
	var records []store.Record
	var numbered []*store.Sequence
	for range rapid.IntRange(1, 4).Draw(h.t, "records") {
		record, sequence := h.record(r)
		records = append(records, record)
		if sequence != nil {
			numbered = append(numbered, sequence)
		}
	}
	if err := h.s.Append(r.run.ID, records...); err != nil {
		h.t.Fatal(err)
	}
	for _, sequence := range numbered {
		h.model.next++
		if *sequence != h.model.next {
			h.t.Fatalf("a record has number %d, want %d", *sequence, h.model.next)
		}
	}
	for _, record := range records {
		r.take(record)
	}
}

// record draws a record; sequence is where its number will be.
func (h *history) record(r *modelRun) (record store.Record, sequence *store.Sequence) {
	line := h.someLine()
	switch rapid.IntRange(0, 8).Draw(h.t, "kind") {
	case 0:
		m := &store.Milestone{Kind: rapid.SampledFrom([]store.MilestoneKind{store.Began, store.Planned, store.Ended}).Draw(h.t, "milestone"), At: At(line), Doc: json.RawMessage(`{"a":1}`)}
		if m.Kind == store.Planned {
			m.Waves = rapid.MapOfN(rapid.IntRange(2, 100), rapid.IntRange(1, 9), 1, 5).Draw(h.t, "waves")
		}
		return m, &m.Sequence
	case 1:
		b := &store.PlanBlock{First: rapid.Bool().Draw(h.t, "first")}
		for n := range rapid.IntRange(0, 5).Draw(h.t, "rows") {
			b.Rows = append(b.Rows, store.PlanLine{Line: n + 2, Number: h.someNumber(), Doc: fmt.Appendf(nil, `{"n":%d}`, rapid.IntRange(0, 999).Draw(h.t, "doc"))})
		}
		return b, nil
	case 2:
		read := store.Reading{Phase: store.ReadingPhase(rapid.IntRange(0, 1).Draw(h.t, "phase")), At: At(line), Number: h.someNumber(), Error: "no such number"}
		return &store.Readings{Anew: rapid.Bool().Draw(h.t, "anew"), Readings: []store.Reading{read, {At: At(line), Page: 2}}}, nil
	case 3:
		return &store.Requests{Requests: []store.Request{{At: At(line), Doc: json.RawMessage(`{"e":"read"}`)}, {At: At(line)}}}, nil
	case 4:
		v := &store.Verified{Line: line, Number: h.someNumber(), Status: "drifted", Doc: json.RawMessage(`[]`)}
		return v, &v.Sequence
	case 5:
		return &store.Skipped{Line: line, Number: h.someNumber(), Doc: json.RawMessage(`{}`)}, nil
	case 6:
		x := Done(line, rapid.SampledFrom(result.Statuses()).Draw(h.t, "status"))
		return x, &x.Sequence
	default:
		i := &store.Intent{At: At(line), Line: line, Number: r.numberOf(line, h.someNumber), Changes: []settings.Change{{Field: "Cnam", New: h.someNumber()}}}
		return i, &i.Sequence
	}
}

// same compares what the store says with the model.
func same[T any](h *history, what string, got, want T) {
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		h.t.Fatalf("%s: %s", what, diff)
	}
}

// check compares all that the store says.
func (h *history) check() {
	ctx := h.t.Context()
	runs, err := h.s.Runs(ctx, store.RunFilter{})
	if err != nil {
		h.t.Fatal(err)
	}
	var want []store.Run
	for _, r := range slices.Backward(h.model.runs) {
		want = append(want, r.run)
	}
	same(h, "runs", runs, want)
	for _, r := range h.model.runs {
		h.checkRun(r)
	}
	filters := []store.WriteFilter{{Account: h.a.ID}, {Account: h.a.ID, Numbers: []string{Number(1), "bad", ""}}, {Account: h.a.ID, After: h.model.next / 2}}
	for _, r := range h.model.runs {
		filters = append(filters, store.WriteFilter{Run: r.run.ID}, store.WriteFilter{Account: h.a.ID, Except: r.run.ID}, store.WriteFilter{Run: r.run.ID, Numbers: []string{Number(2)}})
	}
	for _, f := range filters {
		same(h, fmt.Sprintf("writes %+v", f), List(h.t, h.s.Writes(ctx, f)), h.model.writes(f))
	}
}

func (h *history) checkRun(r *modelRun) {
	ctx, id := h.t.Context(), r.run.ID
	milestones, err1 := h.s.Milestones(ctx, id)
	skipped, err2 := h.s.Skipped(ctx, id)
	results, err3 := h.s.Results(ctx, id, 3, 5)
	waves, err4 := h.s.WaveOf(ctx, id)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		h.t.Fatal(err)
	}
	same(h, "milestones", milestones, r.milestones)
	same(h, "skipped", skipped, r.skipped)
	same(h, "plan", Texts(List(h.t, h.s.PlanRows(ctx, id))), r.plan)
	same(h, "readings", List(h.t, h.s.Readings(ctx, id, nil)), r.readings)
	same(h, "requests", List(h.t, h.s.Requests(ctx, id)), r.requests)
	same(h, "outcomes", List(h.t, h.s.Outcomes(ctx, id)), r.outcomes())
	byLine := func(x store.Result) int { return x.Line }
	var want []store.Result
	for line, x := range newest(r.results, byLine) {
		if line >= 3 && line <= 5 {
			want = append(want, x)
		}
	}
	slices.SortFunc(want, func(a, b store.Result) int { return cmp.Compare(a.Line, b.Line) })
	same(h, "results", results, want)
	verified := slices.SortedFunc(maps.Values(newest(r.verified, func(x store.Verified) int { return x.Line })), func(a, b store.Verified) int { return cmp.Compare(a.Line, b.Line) })
	same(h, "verified", List(h.t, h.s.Verified(ctx, id)), verified)
	var of map[int]int
	for _, m := range r.milestones {
		if m.Kind == store.Planned {
			of = m.Waves
		}
	}
	same(h, "waves", waves, of)
}

// theStoreIsAsItsModel compares a store with a model of one.
func theStoreIsAsItsModel(t *testing.T, histories int, newPlace func(testing.TB) Place) {
	t.Helper()
	Must(t, testextent.Checks(histories))
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		h := &history{t: t, p: newPlace(outer)}
		h.open()
		defer func() { _ = h.s.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"new run": func(*rapid.T) { h.newRun() },
			"append":  func(*rapid.T) { h.append() },
			"append more": func(*rapid.T) {
				for range 5 {
					h.append()
				}
			},
			"reopen": func(*rapid.T) { h.close(); h.open() },
			"delete": func(t *rapid.T) {
				if len(h.model.runs) == 0 {
					t.Skip() // there is no run to delete
				}
				r := h.run()
				if err := h.s.Delete(t.Context(), r.run.ID); err != nil {
					t.Fatal(err)
				}
				h.model.runs = slices.DeleteFunc(h.model.runs, func(other *modelRun) bool { return other == r })
			},
			"check": func(*rapid.T) { h.check() },
		})
		h.check()
	})
}
