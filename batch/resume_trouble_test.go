package batch_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/client/sandbox"
)

// half stops a run of a hundred rows in its middle.
func (b *bench) half() *batch.Run {
	b.t.Helper()
	time.AfterFunc(3*time.Minute, func() { b.config.Control.Stop(sigint) })
	run, _, err := b.apply()
	if err != nil || !run.Stop.Early() {
		b.t.Fatalf("error %v, stop %v", err, run.Stop)
	}
	return run
}

// Trouble that a resume meets is not the run's: when it is over, resume goes on.
func TestResumeAfterTroubleElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(100)))
		run := b.half()
		time.Sleep(time.Hour)
		b.again(rows(3))
		b.config.Job = "another"
		other, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		journal := other.Dir().File("journal.jsonl")
		whole, err := os.ReadFile(journal)
		if err != nil {
			t.Fatal(err)
		}
		edit(t, journal, `"kind":"apply"`, `"kind":"appiy"`)
		if _, _, err := b.resume(run, batch.ResumeOptions{}); err == nil {
			t.Fatal("a later run that cannot be read was passed over")
		}
		if err := os.WriteFile(journal, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		again, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil || again.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, again.Stop)
		}
		wantCounts(t, results, map[batch.Status]int{batch.Updated: 100})
	})
}

// A run that nobody agreed to at first reads again what is old by the time that
// somebody does.
func TestResumeOfADeclinedRunReadsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(10)))
		b.config.Confirm = func(context.Context, batch.Question) error { return batch.ErrDeclined }
		run, _, err := b.apply()
		if !errors.Is(err, batch.ErrDeclined) {
			t.Fatal(err)
		}
		time.Sleep(13 * time.Hour)
		if err := b.fake.Set(number(9), func(r *sandbox.Record) { r.MessageRouteId = "MRID-other" }); err != nil {
			t.Fatal(err)
		}
		var asked batch.Question
		b.config.Confirm = func(_ context.Context, q batch.Question) error {
			asked = q
			return nil
		}
		_, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[batch.Status]int{batch.Updated: 9, batch.Conflict: 1})
		if asked.Plan.Budget.Updates != 10 {
			t.Errorf("asked for %d updates", asked.Plan.Budget.Updates)
		}
	})
}

// A run that another one overtook, which had begun before and was resumed
// meanwhile, does not undo it.
func TestResumeSeesRunsThatWereResumedMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, "Number,MessageRouteId\n"+number(98)+",MRID-x\n"+number(99)+",MRID-monday\n"))
		b.config.Job = "monday"
		b.config.Confirm = func(context.Context, batch.Question) error { return batch.ErrDeclined }
		monday, _, err := b.apply()
		if !errors.Is(err, batch.ErrDeclined) {
			t.Fatal(err)
		}
		b.config.Confirm = nil
		time.Sleep(time.Hour)
		b.again(rows(100))
		b.config.Job = "tuesday"
		tuesday := b.half()
		if _, _, err := b.resume(monday, batch.ResumeOptions{}); err != nil {
			t.Fatal(err)
		}
		_, results, err := b.resume(tuesday, batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[batch.Status]int{batch.Updated: 98, batch.Conflict: 2})
		if record, _ := b.fake.Number(number(99)); record.MessageRouteId != "MRID-monday" {
			t.Errorf("it was overwritten: %s", record.MessageRouteId)
		}
	})
}
