package batch_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// gapped lets an older copy of the store have been accepted.
func (b *bench) gapped() { b.config.Store = storetest.Gapped{Store: b.config.Store} }

// A rollback after a gap looks after rows of which nothing is recorded too: they may
// have been sent.
func TestARollbackAfterAGapReachesWhatIsNotRecorded(t *testing.T) {
	testextent.Variant(t)
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(100)))
		before := b.routes(100)
		run := b.half()
		for i := range 100 { // as the lost part of the store had recorded
			b.setRoute(number(i), "MRID-"+strconv.Itoa(i))
		}
		b.gapped()
		back, results, err := b.rollback(run, batch.RollbackOptions{})
		if err != nil || back.Rows != 100 {
			t.Fatalf("%+v, %v", back, err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 100})
		if after := b.routes(100); after != before {
			t.Errorf("before %s\nafter  %s", before, after)
		}
	})
}

// What was sent and is not recorded is found in sync, and counts as the run's own
// from then on.
func TestAResumeAfterAGapOwnsWhatItFinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(100)))
		run := b.half()
		for i := range 100 {
			b.setRoute(number(i), "MRID-"+strconv.Itoa(i))
		}
		b.gapped()
		_, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 100})
	})
}

// A plan from before a gap is not carried out, and a run whose unchanged rows were
// read before it is not gone on with.
func TestAPlanFromBeforeAGapIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(10)))
		made, err := b.dryRun()
		if err != nil {
			t.Fatal(err)
		}
		b.gapped()
		b.onceMore()
		_, err = b.applyPlan(made)
		wantRefused(t, err, "was made before the store was put back")
		if n := b.fake.Stats().Updates; n != 0 {
			t.Errorf("%d updates", n)
		}
	})
}

// While nobody knows whose the key is, nobody knows what protects its numbers.
func TestAnAccountThatCannotBeNamedStopsTheRun(t *testing.T) {
	for status, stop := range map[int]result.Reason{
		http.StatusInternalServerError: result.StoppedByOutage, http.StatusNoContent: result.StoppedByAPI,
		http.StatusNotFound: "", http.StatusForbidden: "",
	} {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, named, rows(3)))
			b.config.Account = "DID-2"
			b.client.MaxAttempts = 1
			b.config.Read = plan.ReadEach
			b.client.Transport = failing{b.client.Transport, "/numbers/inventory", status}
			run, err := b.applyOnly()
			if err != nil {
				t.Fatal(err)
			}
			if run.Stop.Reason != stop {
				t.Errorf("%d: stop %+v", status, run.Stop)
			}
			if n := b.fake.Stats().Updates; (n == 0) != (stop != "") {
				t.Errorf("%d: %d updates", status, n)
			}
		})
	}
}

// failing answers one path with a status.
type failing struct {
	http.RoundTripper
	path   string
	status int
}

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, f.path) {
		return f.RoundTripper.RoundTrip(r)
	}
	return &http.Response{StatusCode: f.status, Body: http.NoBody, Header: http.Header{}, Request: r}, nil
}

// A folder elsewhere has nothing to do with the run of that name.
func TestARunIsFoundInItsOwnFolderOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(1)))
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := filepath.Join(t.TempDir(), run.Identity.Name)
		if _, err := b.runs().Find(context.Background(), elsewhere); err == nil || !strings.Contains(err.Error(), "lies elsewhere") {
			t.Errorf("%v", err)
		}
		for _, path := range []string{run.Folder(), run.Folder() + "/", run.Identity.Name} {
			if _, err := b.runs().Find(context.Background(), path); err != nil {
				t.Error(err)
			}
		}
	})
}

// wantRefused is a refusal with a text.
func wantRefused(t *testing.T, err error, text string) {
	t.Helper()
	if _, refused := errors.AsType[*guard.RefusedError](err); !refused || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want a refusal: %s", err, text)
	}
}

// A state file from the future is refused.
func TestAStateFileFromTheFutureIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := planned(newBench(t, sandbox.Config{}, rows(1)))
		b.config.StateFile, b.config.StateAt, b.config.StateMaxAge = "state.csv", time.Now().Add(time.Hour), 12*time.Hour
		_, err := b.applyOnly()
		wantRefused(t, err, "from now, by this clock")
	})
}
