package batch_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// However far a run came that was rolled back, it is not gone on with by mistake;
// and with a word for it, only what was never sent is sent, also of rows in
// doubt.
func TestResumeAfterARollback(t *testing.T) {
	testextent.Variant(t) // of TestResumeAfterANewerRunOfTheJob
	const n = 6
	for steps := 4; steps <= 3+2*n; steps += testextent.Spaced(3) { // those of the beginning, then two a row
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{}, rows(n)))
			b.config.Workers = 1
			before := strings.Fields(b.routes(n))
			run := b.crash(steps)
			sent := (steps - 2) / 2
			time.Sleep(time.Minute) // of synctest: takes no real time
			if _, _, err := b.rollback(run, batch.RollbackOptions{}); err != nil {
				t.Fatal(err)
			}
			updates := b.fake.Stats().Updates
			_, _, err := b.resume(run, batch.ResumeOptions{})
			var refused *guard.RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), "was rolled back by ") || b.fake.Stats().Updates != updates {
				t.Errorf("after %d steps: %v", steps, err)
			}
			if _, _, err := b.resume(run, batch.ResumeOptions{AfterLater: true}); err != nil {
				t.Fatal(err)
			}
			if got := b.fake.Stats().Updates - updates; got != n-sent {
				t.Errorf("after %d steps: %d updates, want %d", steps, got, n-sent)
			}
			if got := strings.Fields(b.routes(n))[:sent]; strings.Join(got, " ") != strings.Join(before[:sent], " ") {
				t.Errorf("after %d steps: the routes are %s, and the rollback made them %s", steps, got, before[:sent])
			}
			summary, err := reopened(t, run).Summary(t.Context())
			if err != nil || summary.RolledBack == nil || summary.RolledBack.Rows != sent || summary.RolledBack.Whole != (sent == n) {
				t.Errorf("after %d steps: %+v, error %v", steps, summary.RolledBack, err)
			}
		})
	}
}

// Whoever goes on with a run knows how it was sent, at the rate that somebody
// asked it for last.
func TestTheSavedOptionsOfARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(60))
		rate, verify := client.DefaultRate(), plan.Sample(20)
		b.config.Saved = runs.SavedOptions{Rate: &rate, Verify: &verify}
		over, outcome := b.start()
		time.Sleep(10 * time.Second) // of synctest: takes no real time
		if err := b.config.Control.SetRate("24/m", "alice"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second) // of synctest: takes no real time
		_ = b.config.Control.StopFor("alice")
		<-over
		if s := outcome.run.Saved(); s.Rate.String() != "24/m" || *s.Verify != 20 || s.Workers != nil {
			t.Errorf("got %+v", s)
		}
		slower, err := client.ParseRate("36/m")
		if err != nil {
			t.Fatal(err)
		}
		b.config.Saved = runs.SavedOptions{Rate: &slower}
		run, _, err := b.resume(outcome.run, batch.ResumeOptions{})
		if s := run.Saved(); err != nil || s != b.config.Saved && (*s.Rate != slower || s.Verify != nil) {
			t.Errorf("resumed: %+v, error %v", s, err)
		}
	})
}
