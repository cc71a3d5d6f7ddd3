package batch_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// outcome is how a run in the background ended.
type outcome struct {
	run     *runs.Run
	results []result.Result
	err     error
}

// start runs it in the background; over is closed when it has ended.
func (b *bench) start() (over chan struct{}, o *outcome) {
	over, o = make(chan struct{}), &outcome{}
	go func() {
		defer close(over)
		o.run, o.results, o.err = b.apply()
	}()
	return over, o
}

// arrivals counts requests as they arrive, whatever becomes of them.
type arrivals struct{ n atomic.Int64 }

// troubled counts a request, and has six of sixty in a row answered 503.
func (a *arrivals) troubled(*http.Request) http.Handler {
	if n := a.n.Add(1); n%60 >= 54 {
		return status(http.StatusServiceUnavailable)
	}
	return nil
}

func (a *arrivals) plain(*http.Request) http.Handler {
	a.n.Add(1)
	return nil
}

// far is a way on which a request is for a while before it arrives.
type far struct{ http.RoundTripper }

func (f far) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(100 * time.Millisecond):
		return f.RoundTripper.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// A run is paused a hundred times at random moments: while it reads and sends,
// in retries, outages and waits for a 429, while tokens are renewed.
func TestNothingArrivesAfterAPauseHasAnswered(t *testing.T) {
	testextent.Variant(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		random := rand.New(rand.NewPCG(seed, 0))
		// The sleeps are of synctest: they take no real time.
		some := func(most time.Duration) { time.Sleep(time.Duration(random.Int64N(int64(most)))) }
		faults, err := sandbox.ParseFaults("429=0.02,500=0.02,hangup-before=0.01,hangup-after=0.01,retry-after=1s")
		if err != nil {
			t.Fatal(err)
		}
		var arrived arrivals
		b := newBench(t, sandbox.Config{
			Seed: int64(seed), Answer: arrived.troubled, Faults: faults, Latency: 150 * time.Millisecond, TokenLife: 40 * time.Second,
		}, rows(400))
		b.client.Rate, _ = client.ParseRate("4/s")
		b.client.Transport = far{b.client.Transport}
		b.config.All, b.config.Workers, b.config.MaxFailures = false, 8, plan.Limit{Share: 1}
		over, outcome := b.start()
		paused := 0
		for ; paused < 100 && running(over); paused++ {
			some(3 * time.Second)
			if err := b.config.Control.Pause(t.Context(), "alice"); err != nil {
				t.Fatal(err)
			}
			before := arrived.n.Load()
			some(10 * time.Minute)
			if more := arrived.n.Load() - before; more != 0 {
				t.Fatalf("%d requests arrived after the pause had answered: %+v", more, b.config.Control.Status(time.Now()))
			}
			if err := b.config.Control.Continue("bob", "alice"); err != nil {
				t.Fatal(err)
			}
		}
		<-over
		if paused < 100 || outcome.err != nil || outcome.run.Stop.Early() || len(outcome.results) != 400 {
			t.Errorf("%d pauses, %d results, stop %v, error %v", paused, len(outcome.results), outcome.run.Stop, outcome.err)
		}
	})
}

// running reports whether a run goes on.
func running(over <-chan struct{}) bool {
	select {
	case <-over:
		return false
	default:
		return true
	}
}

// A pause waits for the answer to what is under way, and no longer.
func TestPauseWaitsForWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{Answer: answers(silence)}, rows(10))
		b.client.Timeout = 30 * time.Second
		over, _ := b.start()
		time.Sleep(2 * time.Second) // of synctest: the token, and the first update
		began := time.Now()
		if err := b.config.Control.Pause(t.Context(), "alice"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 20*time.Second || took > 30*time.Second {
			t.Errorf("took %v, want what was left of the time limit", took)
		}
		if err := b.config.Control.Pause(t.Context(), "bob"); err != nil {
			t.Errorf("a second pause: %v", err)
		}
		b.config.Control.Stop(sigint)
		<-over
	})
}

// The pause of someone who went away stays; one that is continued meanwhile is
// an error.
func TestAPauseThatIsNotComplete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{Answer: answers(silence)}, rows(10))
		over, _ := b.start()
		time.Sleep(2 * time.Second) // of synctest: takes no real time
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.config.Control.Pause(ctx, "alice"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if s := b.config.Control.Status(time.Now()); s.Phase != control.PhasePaused || s.InFlight != 1 || s.Why != "paused by alice" {
			t.Errorf("got %+v", s)
		}
		time.AfterFunc(time.Second, func() { _ = b.config.Control.Continue("bob", "alice") })
		if err := b.config.Control.Pause(t.Context(), "alice"); err == nil || !strings.HasSuffix(err.Error(), "continued meanwhile") {
			t.Errorf("got %v", err)
		}
		b.config.Control.Stop(sigint)
		<-over
	})
}

// A stop ends a paused run at once, also rows in doubt that wait for a retry.
func TestStopWhilePaused(t *testing.T) {
	for name, ask := range map[string]func(*control.Control){
		"signal":   func(c *control.Control) { c.Stop(sigint) },
		"operator": func(c *control.Control) { _ = c.StopFor("alice") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sandbox.Config{Answer: answers(silence)}, rows(30))
				b.client.Timeout = 5 * time.Second
				over, outcome := b.start()
				time.Sleep(4 * time.Second) // of synctest: takes no real time
				if err := b.config.Control.Pause(t.Context(), "alice"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Hour) // of synctest: takes no real time
				began := time.Now()
				ask(b.config.Control)
				<-over
				if took := time.Since(began); took != 0 || outcome.err != nil {
					t.Errorf("took %v, error %v", took, outcome.err)
				}
				got := counts(outcome.results)
				if got[result.Unknown] != 1 || got[result.Unknown]+got[result.Updated]+got[result.NotAttempted] != 30 {
					t.Errorf("got %v", got)
				}
				if err := b.config.Control.Pause(t.Context(), "alice"); !errors.Is(err, control.ErrEnded) {
					t.Errorf("a pause after the end: %v", err)
				}
			})
		})
	}
}

func TestDeadlineWhilePaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(100))
		b.config.Deadline = time.Now().Add(time.Minute)
		began := time.Now()
		time.AfterFunc(20*time.Second, func() { _ = b.config.Control.Pause(context.Background(), "alice") })
		run, _, err := b.apply()
		if took := time.Since(began); took != time.Minute || err != nil || run.Stop.Reason != result.StoppedByDeadline {
			t.Errorf("took %v, error %v, stop %v", took, err, run.Stop)
		}
	})
}

// Time in which nothing could be tried is no time of an outage.
func TestAPauseDoesNotCountAgainstTheOutageWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(100))
		b.client.OutageWait = 10 * time.Minute
		over, outcome := b.start()
		time.Sleep(20 * time.Second) // of synctest: takes no real time
		b.network.SetDown(true)
		b.client.Transport.(*http.Transport).CloseIdleConnections()
		time.Sleep(2 * time.Minute) // of synctest: takes no real time
		if s := b.config.Control.Status(time.Now()); s.Phase != control.PhaseWaiting || !strings.HasPrefix(s.Why, "the API is down: ") || s.Until.IsZero() {
			t.Errorf("got %+v", s)
		}
		if err := b.config.Control.Pause(t.Context(), "alice"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		if err := b.config.Control.Continue("alice", ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Minute) // of synctest: takes no real time
		if !running(over) {
			t.Fatalf("the run gave up: %v", outcome.run.Stop)
		}
		b.network.SetDown(false)
		<-over
		wantCounts(t, outcome.results, map[result.Status]int{result.Updated: 100})
	})
}

// A hold file and a pause do not know of each other, and hold from the start.
func TestHoldsAreSeparate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var arrived arrivals
		b := newBench(t, sandbox.Config{Answer: arrived.plain}, rows(30))
		c := b.config.Control
		if err := c.Hold("hold file", "held by the file stop-here"); err != nil {
			t.Fatal(err)
		}
		over, outcome := b.start()
		time.Sleep(time.Hour) // of synctest: takes no real time
		if err := c.Pause(t.Context(), "alice"); err != nil {
			t.Fatal(err)
		}
		if s := c.Status(time.Now()); s.Phase != control.PhasePaused || s.Why != "held by the file stop-here; paused by alice" {
			t.Errorf("got %+v", s)
		}
		_ = c.EndHold("hold file")
		time.Sleep(time.Hour) // of synctest: takes no real time
		_ = c.Hold("hold file", "again")
		if err := c.Continue("alice", ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // of synctest: takes no real time
		if s := c.Status(time.Now()); s.Phase != control.PhaseHeld || s.Why != "again" || s.Done != 0 || s.Updates != 30 {
			t.Errorf("got %+v", s)
		}
		if n := arrived.n.Load(); n != 0 {
			t.Errorf("%d requests arrived", n)
		}
		if err := c.Continue("alice", ""); err == nil {
			t.Error("what is not paused was continued")
		}
		_ = c.EndHold("hold file")
		<-over
		wantCounts(t, outcome.results, map[result.Status]int{result.Updated: 30})
	})
}

// The rate changes either way, at once, and the journal says who did it.
func TestSetRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(60))
		b.client.Rate, _ = client.ParseRate("1/h")
		c := b.config.Control
		if err := c.SetRate("60/m", "alice"); err == nil {
			t.Error("there is no run yet, and its rate was changed")
		}
		over, outcome := b.start()
		time.Sleep(time.Minute) // of synctest: takes no real time
		began := time.Now()
		if err := c.SetRate("60/m", "alice"); err != nil {
			t.Fatal(err)
		}
		if err := c.SetRate("never", "alice"); err == nil {
			t.Error("a rate that is none was taken")
		}
		time.Sleep(30 * time.Second) // of synctest: takes no real time
		if s := c.Status(time.Now()); s.Allowed.String() != "60/m" || s.Done < 29 || s.Done > 31 || s.Phase != control.PhaseSending ||
			s.RollbackWindow == nil || time.Until(s.RollbackWindow.EndsAt).Round(time.Second) != time.Duration(60-s.Done)*time.Second {
			t.Errorf("got %+v, rollback window %+v", s, s.RollbackWindow)
		}
		if err := c.SetRate("1/s", "bob"); err != nil {
			t.Fatal(err)
		}
		if err := c.SetRate("30/m", "bob"); err != nil {
			t.Fatal(err)
		}
		<-over
		if took := time.Since(began); took < 80*time.Second || took > 95*time.Second {
			t.Errorf("took %v", took)
		}
		var rates []string
		for _, asked := range outcome.run.Controls {
			rates = append(rates, asked.Detail+" "+asked.By)
		}
		if got := strings.Join(rates, ", "); got != "60/m alice, 1/s bob, 30/m bob" {
			t.Errorf("the journal has %s", got)
		}
	})
}

func TestNextWithoutAHeldWave(t *testing.T) {
	if err := control.New().Next("alice", 0); err == nil {
		t.Error("a wave was let go though none was held")
	}
}

// Where a resumed run stands counts what the execution before it has done.
func TestStatusOfAResumedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(40))
		time.AfterFunc(20*time.Second, func() { b.config.Control.Stop(sigint) })
		run, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		before := counts(results)[result.Updated]
		over := make(chan struct{})
		go func() {
			defer close(over)
			_, results, err = b.resume(run, batch.ResumeOptions{})
		}()
		synctest.Wait() // the token is there, and the first row waits for the rate
		c := b.config.Control
		if err := c.Pause(t.Context(), "alice"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // of synctest: takes no real time
		s := c.Status(time.Now())
		if s.Phase != control.PhasePaused || s.Updates != 40 || s.Done != before || s.Counts[result.Updated] != before || before == 0 {
			t.Errorf("%d rows were updated, and it stands at %+v", before, s)
		}
		if err := c.Continue("alice", ""); err != nil {
			t.Fatal(err)
		}
		<-over
		wantCounts(t, results, map[result.Status]int{result.Updated: 40})
		if s := c.Status(time.Now()); s.Phase != control.PhaseEnded || s.Done != 40 || s.Counts[result.Updated] != 40 || err != nil {
			t.Errorf("at its end it stands at %+v, error %v", s, err)
		}
	})
}

// A row in doubt counts as such until the resumed run has settled it.
func TestStatusOfARowInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(6))
		b.config.Workers = 1
		run := b.crash(6) // the second intent is open
		var began *control.Status
		b.config.Listeners = append(b.config.Listeners, func(e event.Event) {
			if _, is := e.(event.Started); is {
				began = b.config.Control.Status(time.Now())
			}
		})
		_, results, err := b.resume(run, batch.ResumeOptions{})
		if err != nil || began == nil {
			t.Fatalf("began %v, error %v", began, err)
		}
		d := began.Document()
		if began.Counts[result.Planned] != 5 || d.Counts[result.Unknown] != 1 || d.Counts[result.Updated] != 1 || d.Rows != 6 || d.Done != 1 {
			t.Errorf("of %v: %+v", began.Counts, d)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 6})
		d = b.config.Control.Status(time.Now()).Document()
		if d.Counts[result.Unknown] != 0 || d.Counts[result.Updated] != 6 || d.Done != 6 {
			t.Errorf("at its end: %+v", d)
		}
	})
}
