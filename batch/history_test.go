package batch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/client/sandbox"
)

// history is the story of the number of [routeOf].
func (b *bench) history() *batch.History {
	b.t.Helper()
	h, err := batch.NumberHistory(context.Background(), b.config.RunsDir, number(1))
	if err != nil {
		b.t.Fatal(err)
	}
	return h
}

// story is a history in a few words.
func story(h *batch.History) (told []string) {
	for _, p := range h.Passages {
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
// whether that was taken back.
func TestHistoryTellsEveryRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.config.Verify = batch.VerifyAll
		before, _ := b.fake.Number(number(1))
		for n, s := range []step{
			{job: "nightly", route: "MRID-old"},
			{job: "cutover", route: "MRID-new", with: withWaves},
			{job: "nightly", route: "MRID-old"},
			{job: "undo", route: "MRID-old", with: takesBack("cutover-b")},
			{job: "undo", route: "MRID-new", with: takesBack("undo-d")},
			{job: "blind", route: "MRID-new", with: readNothing},
			{job: "practice", route: "MRID-none", with: func(c *batch.Config) { c.Sandbox = true }},
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
		cutover := h.Passages[1]
		if v := cutover.Verified; v == nil || v.Status != batch.AsAsked || v.Number != number(1) {
			t.Errorf("verified: %+v", v)
		}
		if r := cutover.Result; r.UpdateOrderId == "" || !cutover.At.Equal(r.StartedAt) || r.StartedAt.IsZero() {
			t.Errorf("%+v", cutover)
		}
	})
}

// The newest reading counts, and a line that a crash cut off does not.
func TestHistoryTellsTheLastReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		run, _, _ := b.take(0, step{job: "nightly", route: "MRID-old"})
		var lines bytes.Buffer
		for n, status := range []batch.VerifyStatus{batch.AsAsked, batch.Drifted, batch.Unreadable} {
			of := number(1)
			if n == 2 {
				of = number(2)
			}
			line, err := json.Marshal(batch.Verified{At: time.Now(), Line: 2, Number: of, Status: status})
			if err != nil {
				t.Fatal(err)
			}
			lines.Write(append(line, '\n'))
		}
		lines.WriteString(`{"at":"2000-01-01T00:00:00Z","number":"` + number(1) + `","sta`)
		if err := os.WriteFile(run.Dir().File("verify.jsonl"), lines.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if v := b.history().Passages[0].Verified; v == nil || v.Status != batch.Drifted {
			t.Errorf("verified: %+v", v)
		}
	})
}

// Wherever a run was cut off, its story is what its report tells.
func TestHistoryOfACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(3)))
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		whole, err := os.ReadFile(run.Dir().File("journal.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		for n := bytes.Count(whole, []byte("\n")) - 1; n >= 2; n-- {
			cutJournal(t, run, n)
			h := b.history()
			if len(h.Passages) != 1 || h.Passages[0].State != batch.Crashed {
				t.Fatalf("cut after %d records: %+v", n, h)
			}
			if diff := cmp.Diff(results(t, run)[1], h.Passages[0].Result); diff != "" {
				t.Errorf("cut after %d records: %s", n, diff)
			}
		}
		cutJournal(t, run, 0)
		if got := b.history().Passages; len(got) != 1 || got[0].State != batch.Damaged || got[0].Result.Status != batch.Unknown || len(got[0].Changes) != 1 {
			t.Errorf("without a journal: %+v", got)
		}
	})
}

// A run that goes on is told as such; one that is damaged too, and neither hides
// the others, nor do those whose plan is lost or that are packed.
func TestHistoryOfTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, ""))
		b.take(0, step{job: "packed", route: "MRID-0"})
		packed := b.listed()
		if _, err := batch.Archive(t.Context(), packed); err != nil {
			t.Fatal(err)
		}
		damaged, _, _ := b.take(1, step{job: "damaged", route: "MRID-1"})
		lost, _, _ := b.take(2, step{job: "lost", route: "MRID-2"})
		path := damaged.Dir().File("journal.jsonl")
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content[bytes.Index(content, []byte(`"apply"`))] ^= 1
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(lost.Dir().File("plan.jsonl")); err != nil {
			t.Fatal(err)
		}
		b.take(3, step{job: "running", route: "MRID-3", with: func(c *batch.Config) {
			c.Confirm = func(context.Context, batch.Question) error {
				h := b.history()
				want := []string{"damaged-b damaged unknown MRID-0 -> MRID-1", "running-d running not_attempted MRID-2 -> MRID-3"}
				if diff := cmp.Diff(want, story(h)); diff != "" {
					t.Error(diff)
				}
				if len(h.Archived) != 1 || h.Archived[0] != "packed-a" || h.Unread["lost-c"] != "plan.jsonl is missing" {
					t.Errorf("archived %v, unread %v", h.Archived, h.Unread)
				}
				return nil
			}
		}})
	})
}
