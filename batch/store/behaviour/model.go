package behaviour

import (
	"cmp"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
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
