package batch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// half stops a run of a hundred rows in its middle.
func (b *bench) half() *runs.Run {
	b.t.Helper()
	time.AfterFunc(3*time.Minute, func() { b.config.Control.Stop(sigint) })
	run, _, err := b.apply()
	if err != nil || !run.Stop.Early() {
		b.t.Fatalf("error %v, stop %v", err, run.Stop)
	}
	return run
}

// told is what a run gave notice of.
func (b *bench) told() string {
	var told strings.Builder
	for _, e := range b.events {
		if n, ok := e.(event.Noticed); ok {
			told.WriteString(n.Detail + "\n")
		}
	}
	return told.String()
}

// A later run that cannot be read may have touched any number: nothing more is
// sent beside it.
func TestResumeBesideADamagedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(100)))
		run := b.half()
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.again("Number,MessageRouteId\n" + number(99) + ",MRID-other\n")
		b.config.Job = "another"
		other, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		updates := b.fake.Stats().Updates
		b.config.Store = storetest.Damaged{Store: b.config.Store, Name: other.Identity.Name}
		_, _, err = b.resume(run, batch.ResumeOptions{})
		wantDamage(t, err, other)
		if n := b.fake.Stats().Updates - updates; n != 0 {
			t.Errorf("%d updates", n)
		}
	})
}

// A run that cannot be read itself is not gone on with.
func TestResumeOfADamagedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(100)))
		run := b.half()
		updates := b.fake.Stats().Updates
		b.config.Store = storetest.Damaged{Store: b.config.Store, Name: run.Identity.Name}
		_, _, err := b.resume(run, batch.ResumeOptions{})
		wantDamage(t, err, run)
		_, _, err = b.rollback(run, batch.RollbackOptions{})
		wantDamage(t, err, run)
		if n := b.fake.Stats().Updates - updates; n != 0 {
			t.Errorf("%d updates", n)
		}
	})
}

// What a run did before this one began is no reason to read anything again.
func TestResumeBesideARunOfLongAgo(t *testing.T) {
	testextent.Variant(t)
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(3)))
		b.config.Job = "another"
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		b.again(rows(100))
		run := b.half()
		reads := b.fake.Stats().Endpoints[sandbox.Number].Requests
		if _, _, err := b.resume(run, batch.ResumeOptions{}); err != nil {
			t.Fatal(err)
		}
		if told := b.told(); strings.Contains(told, "read again") || b.fake.Stats().Endpoints[sandbox.Number].Requests != reads {
			t.Errorf("told %q", told)
		}
	})
}

// A run that nobody agreed to at first reads again what is old by the time that
// somebody does.
func TestResumeOfADeclinedRunReadsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(10)))
		b.config.Confirm = func(context.Context, batch.Question) error { return result.ErrDeclined }
		run, _, err := b.apply()
		if !errors.Is(err, result.ErrDeclined) {
			t.Fatal(err)
		}
		time.Sleep(13 * time.Hour) // of synctest: takes no real time
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
		wantCounts(t, results, map[result.Status]int{result.Updated: 9, result.Conflict: 1})
		if asked.Plan.Budget.Updates != 10 {
			t.Errorf("asked for %d updates", asked.Plan.Budget.Updates)
		}
	})
}

// A run that another one overtook, which had begun before and was resumed
// meanwhile, does not undo it.
func TestResumeSeesRunsThatWereResumedMeanwhile(t *testing.T) {
	testextent.Variant(t) // of TestResumeAfterANewerRunOfTheJob
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, "Number,MessageRouteId\n"+number(98)+",MRID-x\n"+number(99)+",MRID-monday\n"))
		b.config.Job = "monday"
		b.config.Confirm = func(context.Context, batch.Question) error { return result.ErrDeclined }
		monday, _, err := b.apply()
		if !errors.Is(err, result.ErrDeclined) {
			t.Fatal(err)
		}
		b.config.Confirm = nil
		time.Sleep(time.Hour) // of synctest: takes no real time
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
		wantCounts(t, results, map[result.Status]int{result.Updated: 98, result.Conflict: 2})
		if record, _ := b.fake.Number(number(99)); record.MessageRouteId != "MRID-monday" {
			t.Errorf("it was overwritten: %s", record.MessageRouteId)
		}
	})
}
