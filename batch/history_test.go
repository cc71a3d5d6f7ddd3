package batch_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/history"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/prune"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// history is the story of the number of [routeOf].
func (b *bench) history() *history.Number {
	b.t.Helper()
	h, err := history.Of(context.Background(), b.runs(), number(1))
	if err != nil {
		b.t.Fatal(err)
	}
	return h
}

// story is a history in a few words.
func story(h *history.Number) (told []string) {
	for _, p := range h.Entries {
		text := fmt.Sprintf("%s %s %s", p.Run, p.State, p.Result.Status)
		for _, c := range p.Changes {
			if c.Field == "MessageRouteId" {
				text += " " + c.Move()
			}
		}
		if p.Sent {
			text += ", sent"
		}
		if p.RolledBackBy != "" {
			text += ", rolled back by " + p.RolledBackBy
		}
		told = append(told, text)
	}
	return told
}

// The story has every run in its order, with what became of the number and
// whether that was rolled back.
func TestHistoryTellsEveryRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.config.Verify = plan.VerifyAll
		before, _ := b.fake.Number(number(1))
		for n, s := range []step{
			{job: "nightly", route: "MRID-old"},
			{job: "cutover", route: "MRID-new", with: withWaves},
			{job: "nightly", route: "MRID-old"},
			{job: "undo", route: "MRID-old", with: takesBack("cutover-b")},
			{job: "undo", route: "MRID-new", with: takesBack("undo-d")},
			{job: "blind", route: "MRID-new", with: readNothing},
			{job: "practice", route: "MRID-none", with: b.practising},
		} {
			b.take(n, s)
		}
		b.again(rows(1)) // without the number
		b.config.RunName = "of-others"
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		h := b.history()
		want := []string{
			"nightly-a finished updated " + before.MessageRouteId + " -> MRID-old, sent",
			"cutover-b finished updated MRID-old -> MRID-new, sent, rolled back by undo-d",
			"nightly-c finished conflict MRID-new -> MRID-old",
			"undo-d finished updated MRID-new -> MRID-old, sent, rolled back by undo-e",
			"undo-e finished updated MRID-old -> MRID-new, sent",
			"blind-f finished updated (not shown by the API) -> MRID-new, sent",
		}
		if diff := cmp.Diff(want, story(h)); diff != "" || len(h.Unread)+len(h.Archived) > 0 {
			t.Errorf("%+v, %s", h, diff)
		}
		cutover := h.Entries[1]
		if v := cutover.Verified; v == nil || v.Status != result.InSync || v.Number != number(1) {
			t.Errorf("verified: %+v", v)
		}
		if r := cutover.Result; r.UpdateOrderId == "" || !cutover.At.Equal(r.StartedAt) || r.StartedAt.IsZero() {
			t.Errorf("%+v", cutover)
		}
	})
}

// The newest reading counts.
func TestHistoryTellsTheLastReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		run, _, _ := b.take(0, step{job: "nightly", route: "MRID-old"})
		is, err := b.config.Store.Run(t.Context(), run.Identity.Name)
		if err != nil {
			t.Fatal(err)
		}
		for n, status := range []result.VerifyStatus{result.InSync, result.Drifted, result.Unreadable} {
			found := runs.Verified{At: time.Now(), Line: 2 + n/2, Number: number(1 + n/2), Status: status}
			doc, err := json.Marshal(found)
			if err == nil {
				err = b.config.Store.Append(is.ID, &store.Verified{Line: found.Line, Number: found.Number, Status: string(status), Doc: doc})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if v := b.history().Entries[0].Verified; v == nil || v.Status != result.Drifted {
			t.Errorf("verified: %+v", v)
		}
	})
}

// Wherever a run has crashed, its story is what its report tells.
func TestHistoryOfACrash(t *testing.T) {
	testextent.Variant(t)
	for steps := 2; steps <= 9; steps++ { // run, plan, beginning, two a row
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{}, rows(3)))
			run := b.crash(steps)
			h := b.history()
			if len(h.Entries) != 1 || h.Entries[0].State != runs.Crashed {
				t.Fatalf("after %d steps: %+v", steps, h)
			}
			if diff := cmp.Diff(results(t, run)[1], h.Entries[0].Result); diff != "" {
				t.Errorf("after %d steps: %s", steps, diff)
			}
		})
	}
}

// A run that goes on is told as such; one that is damaged hides no other, nor does
// one that is packed.
func TestHistoryOfTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.take(0, step{job: "packed", route: "MRID-0"})
		packed := b.listed()
		if _, err := prune.Archive(t.Context(), b.runs(), packed); err != nil {
			t.Fatal(err)
		}
		b.take(1, step{job: "before", route: "MRID-1"})
		b.take(2, step{job: "damaged", route: "MRID-2"})
		b.take(3, step{job: "running", route: "MRID-3", with: func(c *batch.Config) {
			c.Confirm = func(context.Context, batch.Question) error {
				whole := b.config.Store
				b.config.Store = storetest.Damaged{Store: whole, Name: "damaged-c"}
				h := b.history()
				b.config.Store = whole
				want := []string{"before-b finished updated MRID-0 -> MRID-1, sent", "running-d running not_attempted MRID-2 -> MRID-3"}
				if diff := cmp.Diff(want, story(h)); diff != "" {
					t.Error(diff)
				}
				if len(h.Archived) != 1 || h.Archived[0] != "packed-a" || !strings.Contains(h.Unread["damaged-c"], "is damaged") {
					t.Errorf("archived %v, unread %v", h.Archived, h.Unread)
				}
				return nil
			}
		}})
	})
}
