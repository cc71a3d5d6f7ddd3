package batch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
	"github.com/bulknum/bulknum/internal/testextent"
)

// bench is one run against a sandbox, in a bubble of its own time.
type bench struct {
	t       *testing.T
	fake    *sandbox.Sandbox
	network *pipenet.Listener
	client  client.Config
	config  batch.Config

	mu     sync.Mutex
	events []event.Event
}

// newBench returns a run of rows against a sandbox, with the defaults of the
// command line. It must be called inside a bubble.
func newBench(t *testing.T, fake sandbox.Config, rows string) *bench {
	t.Helper()
	return newBenchIn(t, fake, rows, t.TempDir())
}

// newBenchIn does so in a runs folder that may have runs.
func newBenchIn(t *testing.T, fake sandbox.Config, rows, runsDir string) *bench {
	t.Helper()
	server, err := sandbox.New(fake)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, fake: server, network: pipenet.Listen()}
	transport, stop := b.network.Serve(server)
	t.Cleanup(stop)
	b.client = client.Config{
		BaseURL:     "http://localhost",
		Credentials: client.Credentials{AccountKey: "DID-1", AccountSecret: client.NewSecret("s3cret")},
		Transport:   transport,
	}
	b.config = batch.Config{
		Access:      batch.Access{Account: "DID-1", API: "http://localhost", Rate: client.DefaultRate()},
		File:        batch.File{Source: strings.NewReader(rows), SourceName: "rows.csv"},
		Options:     send.Options{Workers: 4, MaxFailures: plan.Limit{Share: 0.1}},
		PlanOptions: runs.PlanOptions{All: true},

		Store: newStore(t, runsDir), RunsDir: runsDir, Job: "rows",

		Control: control.New(),
	}
	b.config.Listeners = []event.Listener{func(e event.Event) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.events = append(b.events, e)
	}}
	return b
}

// crash applies a run that crashes: its entry and the next steps are recorded, so
// many in all, and then nothing is, and nothing leaves.
func (b *bench) crash(steps int) *runs.Run {
	b.t.Helper()
	whole := b.config.Store
	b.config.Store = &storetest.Full{Store: whole, Left: steps - 1, Counts: storetest.Step}
	b.onceMore()
	run, err := batch.Apply(context.Background(), b.config)
	b.config.Store = whole
	if run == nil {
		b.t.Fatal(err)
	}
	if run, err = b.runs().Open(context.Background(), run.Identity.Name); err != nil {
		b.t.Fatal(err)
	}
	return run
}

// apply runs it and returns the run with its results.
func (b *bench) apply() (*runs.Run, []result.Result, error) {
	b.t.Helper()
	run, err := b.applyOnly()
	if run == nil {
		return nil, nil, err
	}
	return run, results(b.t, run), err
}

// applyOnly runs it.
func (b *bench) applyOnly() (*runs.Run, error) {
	b.t.Helper()
	api, err := client.New(b.client)
	if err != nil {
		b.t.Fatal(err)
	}
	b.config.Client, b.config.Reader = api, api.Reader
	return batch.Apply(context.Background(), b.config)
}

// newStore opens the store of a runs folder, which knows who the account is: the
// page that tells it is not read.
func newStore(t *testing.T, runsDir string) store.Store {
	t.Helper()
	s := openStore(t, runsDir)
	account, err := s.Account(context.Background(), "http://localhost", "DID-1")
	if err == nil {
		_, err = s.NameAccount(context.Background(), account, "AID-1")
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// runs is where the bench's runs are.
func (b *bench) runs() runs.Folder {
	return runs.Folder{Store: b.config.Store, Dir: b.config.RunsDir}
}

// reopened is the run as the store tells of it now.
func reopened(t *testing.T, run *runs.Run) *runs.Run {
	t.Helper()
	again, err := run.In.Open(context.Background(), run.Identity.Name)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// results are those of the store, read anew.
func results(t *testing.T, run *runs.Run) []result.Result {
	t.Helper()
	var all []result.Result
	for r, err := range reopened(t, run).Results(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// number is the n-th number of the tests.
func number(n int) string { return fmt.Sprintf("+1801%07d", 5550000+n) }

// rows is an input of n rows that set a route.
func rows(n int) string {
	var b strings.Builder
	b.WriteString("Number,MessageRouteId\n")
	for i := range n {
		fmt.Fprintf(&b, "%s,MRID-%d\n", number(i), i)
	}
	return b.String()
}

// counts is how many results have each status.
func counts(results []result.Result) map[result.Status]int {
	c := map[result.Status]int{}
	for _, r := range results {
		c[r.Status]++
	}
	return c
}

func wantCounts(t *testing.T, results []result.Result, want map[result.Status]int) {
	t.Helper()
	if got := counts(results); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v; first: %+v", got, want, results[0])
	}
}

func TestEveryRowIsUpdatedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(40))
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 40})
		for i, r := range results {
			record, _ := b.fake.Number(r.Number)
			switch {
			case r.Row != i+1 || r.Line != i+2 || r.Number != number(i):
				t.Errorf("row %d is %+v", i+1, r)
			case !strings.HasPrefix(r.UpdateOrderId, "JNUOID-") || r.UpdateOrderStatus != "Complete" || r.HTTPStatus != 200 || r.Attempts != 1:
				t.Errorf("row %d is %+v", i+1, r)
			case record.MessageRouteId != fmt.Sprintf("MRID-%d", i) || r.Changes != "MessageRouteId="+record.MessageRouteId:
				t.Errorf("row %d: the server has %q, the result %q", i+1, record.MessageRouteId, r.Changes)
			case b.fake.Stats().Numbers[r.Number].Requests != 1:
				t.Errorf("row %d was sent more than once", i+1)
			}
		}
	})
}

// 300 rows at 48 a minute against a server that allows 50 in any minute.
func TestRateStaysBelowARollingQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quota := sandbox.Quota{N: 50, Per: time.Minute, Window: sandbox.Rolling}
		b := newBench(t, sandbox.Config{Quota: quota}, rows(300))
		began := time.Now()
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 300})
		stats := b.fake.Stats()
		if stats.Throttled != 0 {
			t.Errorf("%d requests were answered 429", stats.Throttled)
		}
		// One token request goes before the 300 updates.
		intervals := time.Since(began).Seconds() / client.DefaultRate().Every().Seconds()
		if intervals < 299 || intervals > 301 {
			t.Errorf("took %.1f intervals, want 300 ± 1", intervals)
		}
	})
}

// A client that is told twice the server's rate is held back, and loses and
// repeats nothing, however the server counts and says so.
func TestThrottledAtTwiceTheRate(t *testing.T) {
	testextent.Variant(t)
	const n = 120 // more than two windows
	for _, window := range []sandbox.Window{sandbox.Fixed, sandbox.Rolling, sandbox.Bucket} {
		for _, form := range []sandbox.RetryAfter{sandbox.RetrySeconds, sandbox.RetryDate, sandbox.RetryBody, sandbox.RetryNone} {
			t.Run(fmt.Sprintf("%s/%s", window, form), func(t *testing.T) {
				if form != sandbox.RetrySeconds && (window != sandbox.Rolling || form != sandbox.RetryNone) {
					testextent.Variant(t)
				}
				synctest.Test(t, func(t *testing.T) {
					quota := sandbox.Quota{N: 50, Per: time.Minute, Window: window, RetryAfter: form}
					b := newBench(t, sandbox.Config{Quota: quota}, rows(n))
					b.client.Rate, _ = client.ParseRate("100/m")
					_, results, err := b.apply()
					if err != nil {
						t.Fatal(err)
					}
					wantCounts(t, results, map[result.Status]int{result.Updated: n})
					stats := b.fake.Stats()
					for i := range n {
						if got := stats.Numbers[number(i)].Updates; got != 1 {
							t.Errorf("%s was updated %d times", number(i), got)
						}
					}
					if stats.Throttled == 0 {
						t.Error("the server never refused: the test tests nothing")
					}
				})
			})
		}
	}
}

// always answers every update with a status, by the number of the attempt
// for the same number.
func answers(perAttempt ...http.HandlerFunc) func(*http.Request) http.Handler {
	var mu sync.Mutex
	n := 0
	return func(r *http.Request) http.Handler {
		if !strings.HasSuffix(r.URL.Path, "/numbers/update") {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		n++
		if n > len(perAttempt) {
			return nil
		}
		return perAttempt[n-1]
	}
}

// status answers with a status and the spec's error body.
func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"StatusCode":%d,"Message":"as the test asks"}`, code)
	}
}

// silence never answers.
func silence(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// An update that may have been applied, and whose repetition is refused, is
// unknown: never failed.
func TestDoubtIsNeverTurnedIntoFailure(t *testing.T) {
	downForEver := slices.Repeat([]http.HandlerFunc{status(500)}, 100) // longer than it is waited for
	for _, c := range []struct {
		name     string
		answers  []http.HandlerFunc // then the sandbox's own
		want     result.Status
		attempts int // 0: any
	}{
		{"then 400", []http.HandlerFunc{silence, status(400)}, result.Unknown, 2},
		{"then 404", []http.HandlerFunc{silence, status(404)}, result.Unknown, 2},
		{"then 422", []http.HandlerFunc{silence, status(422)}, result.Unknown, 2},
		{"then 500 for ever", append([]http.HandlerFunc{silence}, downForEver...), result.Unknown, 0},
		{"then 200", []http.HandlerFunc{silence}, result.Updated, 2},
		{"only 400", []http.HandlerFunc{status(400)}, result.Failed, 1},
		{"only 500", downForEver, result.Unknown, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sandbox.Config{Answer: answers(c.answers...)}, rows(1))
				b.config.TokenOnly = true // nothing can be read: it stays in doubt
				_, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				r := results[0]
				if r.Status != c.want || c.attempts != 0 && r.Attempts != c.attempts {
					t.Errorf("got %+v, want %s after %d attempts", r, c.want, c.attempts)
				}
				if (r.Status == result.Updated) != (r.UpdateOrderId != "") {
					t.Errorf("order id %q with status %s", r.UpdateOrderId, r.Status)
				}
			})
		})
	}
}

func TestOrderStatusDecides(t *testing.T) {
	for word, want := range map[string]result.Status{
		"Complete": result.Updated, "Failed": result.Failed, "Cancelled": result.Failed, "Processing": result.Pending,
	} {
		synctest.Test(t, func(t *testing.T) {
			judge := func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: word} }
			b := newBench(t, sandbox.Config{Judge: judge}, rows(1))
			_, results, err := b.apply()
			if err != nil || results[0].Status != want || results[0].UpdateOrderStatus != word || results[0].UpdateOrderId == "" {
				t.Errorf("%s: %+v, %v", word, results[0], err)
			}
		})
	}
}

func TestInvalidRowsKeepEverythingBack(t *testing.T) {
	input := rows(3) + "+1801555,MRID-1\n"
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, input)
		run, results, err := b.apply()
		var invalid *batch.InvalidError
		if !errors.As(err, &invalid) || invalid.Counts.Invalid != 1 || run.Stop.Reason != result.RefusedInput {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.NotAttempted: 3, result.Invalid: 1})
		if n := b.fake.Stats().Requests; n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, input)
		b.config.SkipInvalid = true
		b.config.Guards.MaxInvalid = plan.Limit{Share: 0.5}
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 3, result.Invalid: 1})
	})
}

func TestIdenticalRowsAreSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(2)+number(0)+",MRID-0\n")
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 3})
		if results[2].UpdateOrderId != results[0].UpdateOrderId || results[2].Line != 4 || results[2].Row != 3 {
			t.Errorf("the repeated row is %+v", results[2])
		}
		if n := b.fake.Stats().Numbers[number(0)].Requests; n != 1 {
			t.Errorf("sent %d times", n)
		}
	})
}

// --all sends every field that is asked for, also one that is to be empty.
func TestAllSendsClears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, "Number,CnamFirstName,CnamLastName\n"+number(0)+",<clear>,Lee\n")
		b.config.Input.AllowClear = true
		if err := b.fake.Set(number(0), func(r *sandbox.Record) { r.CnamFirstName = "Ann" }); err != nil {
			t.Fatal(err)
		}
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		record, _ := b.fake.Number(number(0))
		if r := results[0]; r.Status != result.Updated || r.Changes != "CnamFirstName=<clear> CnamLastName=Lee" || record.CnamFirstName != "" {
			t.Errorf("got %+v, record %+v", r, record)
		}
	})
}

func TestDeclined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(3))
		var asked batch.Question
		b.config.Confirm = func(_ context.Context, q batch.Question) error {
			asked = q
			return result.ErrDeclined
		}
		run, results, err := b.apply()
		if !errors.Is(err, result.ErrDeclined) || run.Stop.Reason != result.Declined {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		if asked.Plan.Budget.Updates != 3 || asked.Account != "DID-1" || asked.Plan.Budget.TakesMs != (4*client.DefaultRate().Every()).Milliseconds() {
			t.Errorf("asked %+v", asked)
		}
		wantCounts(t, results, map[result.Status]int{result.NotAttempted: 3})
		if n := b.fake.Stats().Requests; n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

func TestWrongSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{AccountKey: "DID-1", AccountSecret: "another"}, rows(30))
		run, results, err := b.apply()
		if err != nil || run.Stop.Reason != result.StoppedByCredentials {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.NotAttempted: 30})
		if n := b.fake.Stats().Requests; n > 2 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

func TestThreeForbiddenRowsEndTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		judge := func(_, _ sandbox.Record) sandbox.Verdict {
			return sandbox.Verdict{Refuse: "no permission", HTTPStatus: http.StatusForbidden}
		}
		b := newBench(t, sandbox.Config{Judge: judge}, rows(30))
		b.config.Workers = 1
		run, results, err := b.apply()
		if err != nil || run.Stop.Reason != result.StoppedByCredentials {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Failed: 3, result.NotAttempted: 27})
	})
}

func TestServerDownFromTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(30))
		b.network.SetDown(true)
		b.client.OutageWait = 3 * time.Second
		run, results, err := b.apply()
		if err != nil || run.Stop.Reason != result.StoppedByOutage {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.NotAttempted: 30})
	})
}

func TestOutageInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(60))
		time.AfterFunc(30*time.Second, func() { b.network.SetDown(true) })
		time.AfterFunc(20*time.Minute, func() { b.network.SetDown(false) })
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 60})
	})
}

func TestMaxFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		judge := func(before, _ sandbox.Record) sandbox.Verdict {
			return sandbox.Verdict{Refuse: "not today"}
		}
		b := newBench(t, sandbox.Config{Judge: judge}, rows(200))
		b.config.Workers = 1
		run, results, err := b.apply()
		if err != nil || run.Stop.Reason != result.StoppedByFailures {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Failed: 20, result.NotAttempted: 180})
	})
}

// Tokens that live two seconds are fetched one at a time, about one a life.
func TestShortTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{TokenLife: 2 * time.Second}, rows(100))
		b.client.Rate, _ = client.ParseRate("10/s")
		began := time.Now()
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 100})
		stats, lives := b.fake.Stats(), int(time.Since(began)/(2*time.Second))+1
		if stats.TokensAtOnce != 1 || stats.TokensIssued > 2*lives {
			t.Errorf("%d tokens in %d lives, %d at once", stats.TokensIssued, lives, stats.TokensAtOnce)
		}
	})
}

// sigint is what the command line says for an interrupt.
var sigint = result.Stop{Reason: result.StoppedBySignal, Detail: "interrupt", Signal: int(syscall.SIGINT)}

// A signal lets what is in flight finish, and starts nothing more.
func TestStopDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{Latency: 5 * time.Second}, rows(100))
		var stopped time.Time
		time.AfterFunc(61*time.Second, func() {
			stopped = time.Now()
			b.config.Control.Stop(sigint)
		})
		run, results, err := b.apply()
		if err != nil || run.Stop != sigint {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		got := counts(results)
		if got[result.Updated] == 0 || got[result.Updated]+got[result.NotAttempted] != 100 {
			t.Errorf("got %v", got)
		}
		stats := b.fake.Stats()
		if stats.Updates != got[result.Updated] {
			t.Errorf("%d updates took effect, %d are reported", stats.Updates, got[result.Updated])
		}
		if took := time.Since(stopped); took > 6*time.Second {
			t.Errorf("took %v to stop", took)
		}
	})
}

// An answer that does not come is not waited for without end.
func TestStopIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{Answer: answers(silence, silence, silence, silence)}, rows(100))
		b.client.Timeout = 10 * time.Minute
		time.AfterFunc(20*time.Second, func() { b.config.Control.Stop(sigint) })
		began := time.Now()
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Unknown: 4, result.NotAttempted: 96})
		if took := time.Since(began); took != 45*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// While the server asks for a long wait nothing is in flight: a stop is at once.
func TestStopInAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tooMany := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "240")
			w.WriteHeader(http.StatusTooManyRequests)
		}
		b := newBench(t, sandbox.Config{Answer: answers(tooMany)}, rows(100))
		time.AfterFunc(20*time.Second, func() { b.config.Control.Stop(sigint) })
		began := time.Now()
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.NotAttempted: 100})
		if took := time.Since(began); took != 20*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestTooLongARetryAfterEndsTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tooMany := func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "86400")
			w.WriteHeader(http.StatusTooManyRequests)
		}
		b := newBench(t, sandbox.Config{Answer: answers(tooMany)}, rows(100))
		run, results, err := b.apply()
		if err != nil || run.Stop.Reason != result.StoppedByThrottling {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		if got := counts(results); got[result.NotAttempted] < 96 || got[result.Failed] != 0 {
			t.Errorf("got %v", got)
		}
	})
}

// What happened is told in order, and every row's end is told once.
func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(5)+number(0)+",MRID-0\n")
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		var names []string
		finished := 0
		for _, e := range b.events {
			switch e.(type) {
			case event.Finished:
				finished++
			case event.Attempted:
			default:
				names = append(names, strings.TrimPrefix(fmt.Sprintf("%T", e), "event."))
			}
		}
		if want := []string{"Began", "ProblemFound", "Checked", "PlanMade", "Started", "Ended"}; !slices.Equal(names, want) {
			t.Errorf("got %v, want %v", names, want)
		}
		if finished != 5 {
			t.Errorf("%d rows told as finished", finished)
		}
	})
}

// A run whose end is missing, as after a crash, still tells every row.
func TestResultsAfterACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(3))
		b.config.Workers = 1
		run := b.crash(6) // run, plan, beginning, intent, result, intent: the second row's answer never came
		got := results(t, run)
		if got[0].Status != result.Updated || got[1].Status != result.Unknown || got[2].Status != result.NotAttempted {
			t.Errorf("got %+v", got)
		}
		if s, err := run.Summary(t.Context()); err != nil || s.State != runs.Crashed {
			t.Errorf("summary %+v, %v", s, err)
		}
	})
}

// Secrets and what they were made into stay out of everything on disk.
func TestNoSecretOnDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leak := func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"StatusCode":400,"Message":"you sent %s with s3cret"}`, r.Header.Get("Authorization"))
		}
		b := newBench(t, sandbox.Config{Answer: answers(leak, leak, leak)}, rows(3))
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		entries, _ := os.ReadDir(run.Folder())
		for _, entry := range entries {
			content, err := os.ReadFile(run.Dir().File(entry.Name()))
			if err != nil {
				t.Fatal(err)
			}
			wantNoSecret(t, entry.Name(), content)
		}
		for name, content := range recorded(t, run) {
			wantNoSecret(t, name, content)
		}
	})
}

func wantNoSecret(t *testing.T, name string, content []byte) {
	t.Helper()
	if strings.Contains(string(content), "s3cret") || strings.Contains(string(content), "Bearer e") {
		t.Errorf("%s: %s", name, content)
	}
}

// recorded is all that the store has of a run, as JSON.
func recorded(t *testing.T, run *runs.Run) map[string][]byte {
	t.Helper()
	milestones, requests := map[string]any{}, map[string]any{}
	of, ctx := run.In.Store, context.Background()
	is, err := of.Run(ctx, run.Identity.Name)
	if err != nil {
		t.Fatal(err)
	}
	all, err := of.Milestones(ctx, is.ID)
	for i, m := range all {
		milestones[fmt.Sprint(i)] = m
	}
	for r, requestErr := range of.Requests(ctx, is.ID) {
		requests[fmt.Sprint(len(requests))], err = r, errors.Join(err, requestErr)
	}
	results, resultErr := of.Results(ctx, is.ID, 0, math.MaxInt32)
	if err := errors.Join(err, resultErr); err != nil || len(results) == 0 || len(requests) == 0 {
		t.Fatalf("%d results, %d requests, %v", len(results), len(requests), err)
	}
	docs := map[string][]byte{}
	for name, what := range map[string]any{"identity": is.Identity, "milestones": milestones, "requests": requests, "results": results} {
		if docs[name], err = json.Marshal(what); err != nil {
			t.Fatal(err)
		}
	}
	return docs
}

// edit replaces a text in a file.
func edit(t *testing.T, path, old, replacement string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(content), old, replacement, 1)
	if changed == string(content) {
		t.Fatalf("%s has no %q", path, old)
	}
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// 403 ends the run only three times in a row.
func TestForbiddenRowsApartAreRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		judge := func(_, _ sandbox.Record) (v sandbox.Verdict) {
			if n++; n%3 != 0 {
				v.Refuse, v.HTTPStatus = "no permission", http.StatusForbidden
			}
			return v
		}
		b := newBench(t, sandbox.Config{Judge: judge}, rows(30))
		b.config.Workers, b.config.MaxFailures = 1, plan.Limit{Rows: 30}
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Failed: 20, result.Updated: 10})
	})
}

// A request that is under way when the run begins to stop is not made again: its row is
// in doubt, and whoever resumes the run reads its number.
func TestDoubtIsNotRetriedAfterAStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{Answer: answers(silence)}, rows(30))
		b.client.Timeout = 10 * time.Second
		b.config.Workers = 1
		time.AfterFunc(5*time.Second, func() { b.config.Control.Stop(sigint) })
		_, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantCounts(t, results, map[result.Status]int{result.Unknown: 1, result.NotAttempted: 29})
	})
}

// A signal that comes while the run drains for another reason is what it ends
// with.
func TestSignalWhileDraining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{Answer: answers(silence, status(400))}, rows(30))
		b.config.MaxFailures, b.config.Workers = plan.Limit{}, 2
		b.client.Timeout = 20 * time.Second
		time.AfterFunc(10*time.Second, func() { b.config.Control.Stop(sigint) })
		run, _, err := b.apply()
		if err != nil || run.Stop != sigint {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
	})
}

// Where no request can be made for a row, no row is at fault.
func TestJunkInsteadOfATokenFailsNoRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		portal := func(r *http.Request) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>Please log in</html>") })
		}
		b := newBench(t, sandbox.Config{Answer: portal}, rows(30))
		run, results, err := b.apply()
		if err != nil || !run.Stop.Early() {
			t.Errorf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.NotAttempted: 30})
	})
}

// An input without rows is no success.
func TestNoRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(0))
		run, _, err := b.apply()
		if err == nil || !strings.Contains(err.Error(), "rows.csv: there are no rows") || run.Stop.Reason != result.RefusedInput {
			t.Errorf("error %v", err)
		}
	})
}

// An input that never comes does not hold a signal up, and leaves nothing.
func TestStopWhileTheInputIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, "")
		never, writer := io.Pipe()
		defer writer.Close()
		b.config.Source = never
		time.AfterFunc(time.Second, func() { b.config.Control.Stop(sigint) })
		run, _, err := b.apply()
		if stop, ok := errors.AsType[result.Stop](err); !ok || stop != sigint || run != nil {
			t.Errorf("run %v, error %v", run, err)
		}
		if entries, _ := filepath.Glob(b.config.RunsDir + "/*rows*"); len(entries) != 0 {
			t.Errorf("left behind: %v", entries)
		}
		if all, err := b.runs().Runs(t.Context(), ""); err != nil || len(all) != 0 {
			t.Errorf("left behind: %v, %v", all, err)
		}
	})
}

// Results are refused when the plan was changed.
func TestChangedPlanIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(3))
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		b.config.Store = storetest.Forged{Store: b.config.Store, Old: "MRID-1", New: "MRID-9"}
		again, err := b.runs().Open(t.Context(), run.Identity.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, err = range again.Results(context.Background()) {
			if err != nil {
				break
			}
		}
		if err == nil || !strings.Contains(err.Error(), "the result is of other settings than the plan") {
			t.Errorf("got %v", err)
		}
	})
}
