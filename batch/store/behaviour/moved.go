package behaviour

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// rowsAreToldApart is what is known of some rows, of none, and of rows of several runs.
func rowsAreToldApart(t *testing.T, p Place) {
	s := Open(t, p)
	a := Account(t, s, "key")
	one, two := NewRun(t, s, a, "one"), NewRun(t, s, a, "two")
	Must(t, s.Append(one.ID, &store.Milestone{Kind: store.Began, At: At(1)}, &store.Milestone{Kind: store.WaveEnded, At: At(2)}))
	Sent(t, s, one.ID, 2, result.Failed)
	Sent(t, s, one.ID, 2, result.Updated)
	Must(t, s.Append(one.ID, &store.Verified{Line: 2, Number: Number(2), Status: "drifted"}, &store.Verified{Line: 2, Number: Number(2), Status: "in_sync"}))
	Sent(t, s, two.ID, 3, result.Pending)
	facts, err := s.RowFacts(t.Context(), []store.RowOf{{Run: one.ID, Line: 2}, {Run: two.ID, Line: 3}, {Run: two.ID, Line: 4}})
	Must(t, err)
	first, second, third := facts[store.RowOf{Run: one.ID, Line: 2}], facts[store.RowOf{Run: two.ID, Line: 3}], facts[store.RowOf{Run: two.ID, Line: 4}]
	if first.Err != nil || len(first.Steps) != 1 || first.Result.Status != result.Updated || first.Verified.Status != "in_sync" {
		t.Errorf("the first row: %+v", first)
	}
	if second.Err != nil || second.Result.Status != result.Pending || second.Verified != nil || third.Err != nil || third.Result != nil {
		t.Errorf("the others: %+v, %+v", second, third)
	}
	if facts, err := s.RowFacts(t.Context(), nil); err != nil || len(facts) != 0 {
		t.Errorf("of no rows: %v, %v", facts, err)
	}
	if gaps, err := s.Gaps(t.Context(), a.ID); err != nil || len(gaps) != 0 {
		t.Errorf("gaps %v, %v", gaps, err)
	}
	if lost, err := s.LostRuns(t.Context()); err != nil || len(lost) != 0 {
		t.Errorf("lost %v, %v", lost, err)
	}
}

// aRunComesBack is a run that was taken out, and comes back as it was, in its place in the order.
func aRunComesBack(t *testing.T, p Place) {
	s := Open(t, p)
	a := Account(t, s, "key")
	run := NewRun(t, s, a, "one")
	Must(t, s.Append(run.ID, &store.PlanBlock{First: true, Rows: []store.PlanLine{{Line: 2, Number: Number(2), Doc: []byte(`{}`)}}},
		&store.Milestone{Kind: store.Planned, At: At(1), Waves: map[int]int{2: 1}}, &store.Readings{Readings: []store.Reading{{At: At(1), Number: Number(2)}}},
		&store.Requests{Requests: []store.Request{{At: At(1)}}}, &store.Skipped{Line: 9, Number: Number(9)}, Intent(3)))
	Sent(t, s, run.ID, 2, result.Updated)
	told := func() string {
		var b bytes.Buffer
		Must(t, s.Export(t.Context(), run.ID, &b))
		return b.String()
	}
	later := NewRun(t, s, a, "later") // of the same input
	before := told()
	Must(t, s.Delete(t.Context(), run.ID))
	back, err := s.Import(t.Context(), bytes.NewReader([]byte(before)))
	Must(t, err)
	if diff := cmp.Diff(run, back); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, told()); diff != "" {
		t.Error(diff)
	}
	if outcomes := List(t, s.Outcomes(t.Context(), run.ID)); len(outcomes) != 2 || !outcomes[1].Open {
		t.Errorf("outcomes %+v", outcomes)
	}
	if _, err := s.Import(t.Context(), bytes.NewReader([]byte(before))); !errors.Is(err, store.ErrExists) {
		t.Errorf("a second time: %v", err)
	}
	if again := NewRun(t, s, a, "again"); again.ID <= later.ID || again.Sequence <= later.Sequence {
		t.Errorf("run %d of %d after run %d of %d", again.ID, again.Sequence, later.ID, later.Sequence)
	}
	report, err := s.Check(t.Context())
	Must(t, err)
	if len(report.Faults) > 0 || report.Runs != 3 {
		t.Errorf("the check says %+v", report)
	}
}

// runsOfAKeyGoOver are those of a key that was replaced.
func runsOfAKeyGoOver(t *testing.T, p Place) {
	s := Open(t, p)
	from, err := s.Account(t.Context(), api, "old")
	Must(t, err)
	NewRun(t, s, from, "one")
	to, err := s.Account(t.Context(), api, "new")
	Must(t, err)
	Must(t, s.KeepPageSize(t.Context(), from.ID, 250))
	Must(t, s.KeepLearntRate(t.Context(), from.ID, store.LearntRate{Rate: "48/m", At: At(1)}))
	Must(t, s.Adopt(t.Context(), from, to))
	runs, err := s.Runs(t.Context(), store.RunFilter{Account: to.ID})
	Must(t, err)
	if len(runs) != 1 || runs[0].Account.ID != to.ID {
		t.Errorf("runs %+v", runs)
	}
	if size, err := s.PageSize(t.Context(), to.ID); err != nil || size != 250 {
		t.Errorf("pages of %d, %v", size, err)
	}
	learntRateIs(t, s, to.ID, "48/m")
	Must(t, s.KeepPageSize(t.Context(), to.ID, 0))
	if size, err := s.PageSize(t.Context(), to.ID); err != nil || size != 0 {
		t.Errorf("pages of %d, %v", size, err)
	}
}
