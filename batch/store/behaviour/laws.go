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
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/internal/testextent"
)

// model is what a store should say, kept in the simplest way.
type model struct {
	runs []*modelRun
	next store.Sequence
}

// modelRun is a run with all that was appended, in order.
type modelRun struct {
	run        store.Run
	plan       []string
	numbers    []string
	milestones []store.Milestone
	readings   []store.Reading
	requests   []store.Request
	skipped    []store.Skipped
	intents    []store.Intent
	results    []store.Result
	verified   []store.Verified
}

// newest is the last of each line.
func newest[T any](all []T, line func(T) int) map[int]T {
	of := map[int]T{}
	for _, item := range all {
		of[line(item)] = item
	}
	return of
}

func (r *modelRun) outcomes() (all []store.Outcome) {
	intents := newest(r.intents, func(i store.Intent) int { return i.Line })
	results := newest(r.results, func(x store.Result) int { return x.Line })
	lines := slices.AppendSeq(slices.Collect(maps.Keys(intents)), maps.Keys(results))
	slices.Sort(lines)
	for _, line := range slices.Compact(lines) {
		o := store.Outcome{Line: line, Status: results[line].Status}
		if i, ok := intents[line]; ok && i.Sequence > results[line].Sequence {
			o.Status, o.Open = result.Unknown, true
		}
		all = append(all, o)
	}
	return all
}

func (r *modelRun) writes() (all []store.Write) {
	results := newest(r.results, func(x store.Result) int { return x.Line })
	for _, i := range newest(r.intents, func(i store.Intent) int { return i.Line }) {
		w := store.Write{Run: r.run, Line: i.Line, Number: i.Number, Changes: i.Changes, Status: result.Unknown, Intent: i.Sequence, Done: i.Sequence, At: i.At}
		if x, ok := results[i.Line]; ok && x.Sequence > i.Sequence {
			w.Status, w.Done, w.At = x.Status, x.Sequence, x.At
		}
		all = append(all, w)
	}
	return all
}

// writes are those of all runs that a filter chooses.
func (m *model) writes(f store.WriteFilter) (all []store.Write) {
	for _, r := range m.runs {
		for _, w := range r.writes() {
			if (f.Account == 0 || r.run.Account.ID == f.Account) && (f.Run == 0 || r.run.ID == f.Run) && r.run.ID != f.Except &&
				w.Intent > f.After && (f.Numbers == nil || slices.Contains(f.Numbers, w.Number)) {
				all = append(all, w)
			}
		}
	}
	slices.SortFunc(all, func(a, b store.Write) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Done, b.Done))
	})
	return all
}

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

// numberOf is a line's number, which does not change.
func (r *modelRun) numberOf(line int, draw func() string) string {
	for len(r.numbers) <= line {
		r.numbers = append(r.numbers, draw())
	}
	return r.numbers[line]
}

// take is Append of the model.
func (r *modelRun) take(record store.Record) {
	switch x := record.(type) {
	case *store.Milestone:
		r.milestones = append(r.milestones, *x)
	case *store.PlanBlock:
		if x.First {
			r.plan = nil
		}
		for _, row := range x.Rows {
			r.plan = append(r.plan, string(row.Doc))
		}
	case *store.Readings:
		if x.Anew {
			r.forgetReadings()
		}
		r.readings = append(r.readings, x.Readings...)
	case *store.Requests:
		r.requests = append(r.requests, x.Requests...)
	case *store.Verified:
		r.verified = append(r.verified, *x)
	case *store.Skipped:
		r.skipped = append(r.skipped, *x)
	case *store.Intent:
		r.intents = append(r.intents, *x)
	case *store.Result:
		r.results = append(r.results, *x)
	}
}

func (r *modelRun) forgetReadings() {
	r.readings = slices.DeleteFunc(r.readings, func(x store.Reading) bool { return x.Phase == store.ForPlan })
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

// FuzzText lets a store keep any text.
func FuzzText(f *testing.F, p Place) {
	f.Helper()
	for _, text := range []string{"", "\x00", "\xff\xfe", "+12025550100", "a\nb", "\u2028", strings.Repeat("9", 40), "0123", "+", "-1"} {
		f.Add(text)
	}
	s := Open(f, p)
	a := Account(f, s, "key")
	line := 2
	f.Fuzz(func(t *testing.T, text string) {
		name := fmt.Sprintf("run-%d", line)
		run := NewRun(t, s, a, name)
		line++
		x := Done(line, result.Failed)
		x.Number, x.Error, x.UpdateOrderId, x.Changes = text, text, text, text
		Must(t, s.Append(run.ID, &store.Intent{Line: line, Number: text, Changes: []settings.Change{{Field: text, Old: text, New: text}}}, x,
			&store.Skipped{Line: line, Number: text, Doc: json.RawMessage(text)}, &store.Verified{Line: line, Number: text, Doc: json.RawMessage(text)},
			&store.PlanBlock{Rows: []store.PlanLine{{Line: line, Number: text, Doc: []byte(text)}}},
			&store.Requests{Requests: []store.Request{{Doc: json.RawMessage(text)}}},
			&store.Readings{Readings: []store.Reading{{Number: text, Error: text}}}))
		want := strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
		writes := List(t, s.Writes(t.Context(), store.WriteFilter{Account: a.ID, Run: run.ID, Numbers: []string{text}}))
		if len(writes) != 1 || writes[0].Number != want || !utf8.ValidString(writes[0].Changes[0].New) {
			t.Errorf("writes %+v", writes)
		}
		rows := List(t, s.PlanRowsOf(t.Context(), store.RunFilter{Account: a.ID}, text))
		if len(rows) == 0 || string(rows[len(rows)-1].Row) != text {
			t.Errorf("plan rows %v", rows)
		}
		results, err := s.Results(t.Context(), run.ID, line, line)
		Must(t, err)
		if len(results) != 1 || results[0].Error != want || results[0].Number != want {
			t.Errorf("results %+v", results)
		}
		skipped, err := s.Skipped(t.Context(), run.ID)
		Must(t, err)
		_, _ = skipped, List(t, s.Verified(t.Context(), run.ID))
		_, _ = List(t, s.Requests(t.Context(), run.ID)), List(t, s.Readings(t.Context(), run.ID, nil))
		Must(t, s.Delete(t.Context(), run.ID))
	})
}
