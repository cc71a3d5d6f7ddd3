package batch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// refusing is a sandbox that refuses the updates of some numbers with a status, as often as is told.
type refusing struct {
	mu     sync.Mutex
	status map[string]int // by number
	times  map[string]int // how often still
	asked  map[string]int
}

func newRefusing() *refusing {
	return &refusing{status: map[string]int{}, times: map[string]int{}, asked: map[string]int{}}
}

// refuse refuses a number so often.
func (r *refusing) refuse(n, status, times int) {
	r.status[number(n)], r.times[number(n)] = status, times
}

// answer is a [sandbox.Config.Answer].
func (r *refusing) answer(req *http.Request) http.Handler {
	if !strings.HasSuffix(req.URL.Path, "/numbers/update") {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := io.ReadAll(req.Body)
	var update struct{ Number string }
	if err = errors.Join(err, json.Unmarshal(body, &update)); err != nil {
		panic(err)
	}
	asked := update.Number
	r.asked[asked]++
	if r.times[asked] <= 0 {
		return nil
	}
	r.times[asked]--
	status := r.status[asked]
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"StatusCode":%d,"Message":"not now"}`, status)
	})
}

// What failed, but for what would fail again, is tried once more at the end, after the pause.
func TestTheSecondPassTriesFailedRowsOnceMore(t *testing.T) {
	for name, test := range map[string]struct {
		status, times int
		want          result.Status
		sent          int
	}{
		"400 once":     {400, 1, result.Updated, 2},
		"400 twice":    {400, 2, result.Failed, 2},
		"405 once":     {405, 1, result.Updated, 2},
		"409 once":     {409, 1, result.Updated, 2},
		"409 twice":    {409, 2, result.Failed, 2},
		"423 once":     {423, 1, result.Updated, 2},
		"403 once":     {403, 1, result.Failed, 1},
		"404 once":     {404, 1, result.Failed, 1},
		"422 once":     {422, 1, result.Failed, 1},
		"500s at once": {500, 2, result.Updated, 3}, // the attempts of the row, and the sending after it was read
	} {
		t.Run(name, func(t *testing.T) {
			if !slices.Contains([]int{400, 404, 500}, test.status) {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				r := newRefusing()
				r.refuse(3, test.status, test.times)
				b := planned(newBench(t, sandbox.Config{Answer: r.answer}, rows(30)))
				b.client.MaxAttempts = 1
				b.config.SecondPass = 5 * time.Minute
				began := time.Now()
				run, results, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				got := results[3]
				if got.Status != test.want || r.asked[number(3)] != test.sent {
					t.Errorf("the row is %+v after %d sendings, want %s after %d", got, r.asked[number(3)], test.want, test.sent)
				}
				again := test.sent > 1 && test.status != 500
				if both := strings.Contains(got.Error, "second pass, at first: ") && strings.Contains(got.Error, "not now"); both != again {
					t.Errorf("it says %q", got.Error)
				}
				if waited := time.Since(began) > 5*time.Minute; waited != again {
					t.Errorf("it took %s", time.Since(began))
				}
				if again && got.Attempts != test.sent {
					t.Errorf("%d attempts are told, want %d", got.Attempts, test.sent)
				}
				if n := b.config.Control.Status(time.Now()).Counts[test.want]; n != counts(results)[test.want] {
					t.Errorf("the status counts %d %s, the results %d", n, test.want, counts(results)[test.want])
				}
				if others := len(r.asked); others != 30 {
					t.Errorf("%d numbers were sent", others)
				}
			})
		})
	}
}

// What an order became is an answer: it is not sent again.
func TestTheSecondPassLeavesOrdersAlone(t *testing.T) {
	testextent.Variant(t) // of TestTheSecondPassTriesFailedRowsOnceMore
	synctest.Test(t, func(t *testing.T) {
		judge := func(before, _ sandbox.Record) (v sandbox.Verdict) {
			if before.Number == number(3) {
				v.OrderStatus = "Cancelled"
			}
			return v
		}
		b := planned(newBench(t, sandbox.Config{Judge: judge}, rows(30)))
		b.config.SecondPass = 5 * time.Minute
		_, results, err := b.apply()
		if err != nil || results[3].Status != result.Failed || results[3].Attempts != 1 {
			t.Errorf("row %+v, %v", results[3], err)
		}
	})
}

// There is no second pass where it would begin after the deadline, none is asked for, or the run ends early.
func TestNoSecondPass(t *testing.T) {
	testextent.Variant(t)
	for name, test := range map[string]struct {
		set    func(*bench)
		reason result.Reason
		notice string
	}{
		"the deadline": {set: func(b *bench) { b.config.Deadline = time.Now().Add(4 * time.Minute) }, notice: "no second pass: when it would begin, the deadline of"},
		"the hours": {
			set:    func(b *bench) { b.config.Hours = from(b.t, time.Now(), 0, 2*time.Minute) },
			notice: "no second pass: when it would begin, the hours",
		},
		"off":               {set: func(b *bench) { b.config.SecondPass = 0 }},
		"too many failures": {set: func(b *bench) { b.config.MaxFailures = plan.Limit{} }, reason: result.StoppedByFailures},
		"a stop in the pause": {set: func(b *bench) {
			on(b, func(event.Held) { b.config.Control.Stop(result.Stop{Reason: result.StoppedBySignal, Signal: 15}) })
		}, reason: result.StoppedBySignal},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "the deadline" && name != "off" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				r := newRefusing()
				r.refuse(3, 400, 1)
				b := planned(newBench(t, sandbox.Config{Answer: r.answer}, rows(30)))
				b.config.SecondPass = 5 * time.Minute
				test.set(b)
				run, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				wantStop(t, run, test.reason, "")
				if foreseen := run.Plan.SecondPass != nil; foreseen == (test.notice != "" || b.config.SecondPass == 0 || b.config.MaxFailures == plan.Limit{}) {
					t.Errorf("the plan has %+v", run.Plan.SecondPass)
				}
				if told := strings.Contains(b.told(), "may add"); test.notice != "" && told {
					t.Errorf("it is told of: %s", b.told())
				}
				if results[3].Status != result.Failed || r.asked[number(3)] != 1 {
					t.Errorf("the row is %+v after %d sendings", results[3], r.asked[number(3)])
				}
				var said []string
				for _, n := range told[event.Noticed](b) {
					said = append(said, n.Detail)
				}
				if !strings.Contains(strings.Join(said, "\n"), test.notice) {
					t.Errorf("it said %q", said)
				}
				// A resume keeps its meaning: rows with an answer are not sent again.
				b.config.Deadline, b.config.SecondPass = time.Time{}, 0
				if _, results, err = b.resume(run, batch.ResumeOptions{}); err != nil {
					t.Fatal(err)
				}
				if results[3].Status != result.Failed || r.asked[number(3)] != 1 {
					t.Errorf("after a resume the row is %+v after %d sendings", results[3], r.asked[number(3)])
				}
			})
		})
	}
}

// A wave that let a failed row pass is judged again, with what the second pass came to.
func TestTheSecondPassOfWaves(t *testing.T) {
	testextent.Variant(t) // of TestTheSecondPassTriesFailedRowsOnceMore
	synctest.Test(t, func(t *testing.T) {
		refused := map[string]bool{}
		judge := func(before, _ sandbox.Record) (v sandbox.Verdict) {
			if before.MessageRouteId == "MRID-rare" && !refused[before.Number] {
				refused[before.Number], v.Refuse, v.HTTPStatus = true, "not now", 400
			}
			return v
		}
		b := newCutover(t, sandbox.Config{Judge: judge}, 60, 1, "10,100%")
		b.config.SecondPass, b.config.WaveFailures = 5*time.Minute, plan.Limit{Rows: 2}
		var gate []string
		b.config.Gate = func(_ context.Context, ended event.WaveEnded) error {
			gate = append(gate, fmt.Sprintf("%d: %d of %d", ended.N, ended.Counts[result.Updated], ended.Rows))
			return nil
		}
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 60})
		for n, w := range run.WavesEnded {
			if w.Counts[result.Updated] != w.Rows || w.Verified != w.Rows {
				t.Errorf("wave %d ended as %+v", n, w)
			}
		}
		if n := len(gate); n != 3 || !strings.HasPrefix(gate[2], "1: ") || gate[2] == gate[0] {
			t.Errorf("the gate was asked %q", gate)
		}
		if b.route(b.inventory(59)) != "MRID-new" {
			t.Error("the number was not moved")
		}
	})
}

// A run that was stopped in the pause gets its second pass when it is resumed, once.
func TestAResumeMakesTheSecondPassThatIsOwed(t *testing.T) {
	testextent.Variant(t) // of TestASecondPassIsOwedOnce
	for name, c := range map[string]struct {
		times int
		want  result.Status
		waves bool
	}{
		"healed":            {times: 1, want: result.Updated},
		"refused for good":  {times: 9, want: result.Failed},
		"healed, in waves":  {times: 1, want: result.Updated, waves: true},
		"refused, in waves": {times: 9, want: result.Failed, waves: true},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.waves {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				r := newRefusing()
				r.refuse(3, 400, c.times)
				r.refuse(4, 404, 9)
				b := planned(newBench(t, sandbox.Config{Answer: r.answer}, rows(30)))
				b.config.SecondPass, b.config.MaxFailures = 5*time.Minute, plan.Limit{Share: 1}
				if c.waves {
					b.config.Waves, _ = plan.ParseWaves("10,100%")
					b.config.WaveFailures = plan.Limit{Rows: 3}
				}
				stop := true
				on(b, func(h event.Held) {
					if stop && strings.Contains(h.Why, "second pass") {
						b.config.Control.Stop(result.Stop{Reason: result.StoppedBySignal, Signal: 15})
					}
				})
				run, results, err := b.apply()
				if err != nil || results[3].Status != result.Failed {
					t.Fatalf("%+v, %v", results[3], err)
				}
				wantStop(t, run, result.StoppedBySignal, "")
				stop = false
				for range 2 {
					if run, results, err = b.resume(run, batch.ResumeOptions{}); err != nil || run.Stop.Early() {
						t.Fatalf("error %v, stop %v", err, run.Stop)
					}
					if got := results[3]; got.Status != c.want || got.Attempts != 2 || r.asked[number(3)] != 2 {
						t.Errorf("the row is %+v after %d sendings", got, r.asked[number(3)])
					}
					if results[4].Status != result.Failed || r.asked[number(4)] != 1 {
						t.Errorf("the row that is not there is %+v after %d sendings", results[4], r.asked[number(4)])
					}
				}
				if told := b.config.Control.Status(time.Now()).Counts; told[result.Failed] != counts(results)[result.Failed] {
					t.Errorf("the status counts %v, the results %v", told, counts(results))
				}
			})
		})
	}
}

// A row gets its second pass once, be it from the resume of a run that was stopped in its pass; none is owed to rows of a run
// that came to its end without it; and a resume that makes none says so.
func TestASecondPassIsOwedOnce(t *testing.T) {
	testextent.Variant(t)
	for name, c := range map[string]struct {
		first, then time.Duration
		stopAt      string // "": at no time
		sent        int    // requests for the two rows that fail
		notice      string
	}{
		"it has begun":            {5 * time.Minute, 5 * time.Minute, "the pass", 4, ""},
		"the run came to its end": {0, 5 * time.Minute, "", 2, ""},
		"a resume without one":    {5 * time.Minute, 0, "the pause", 2, "rows that failed and were to be tried once more: 2; this time there is no second pass: to send them, try failed rows again"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRefusing()
				r.refuse(3, 400, 9)
				r.refuse(5, 400, 9)
				var stop func()
				began := time.Now()
				answer := func(req *http.Request) http.Handler {
					refusal := r.answer(req)
					if refusal != nil && c.stopAt == "the pass" && time.Since(began) > c.first {
						stop() // before its last row is sent
					}
					return refusal
				}
				b := planned(newBench(t, sandbox.Config{Answer: answer}, rows(30)))
				b.config.SecondPass = c.first
				stop = func() { b.config.Control.Stop(result.Stop{Reason: result.StoppedBySignal, Signal: 15}) }
				on(b, func(event.Held) {
					if c.stopAt == "the pause" {
						stop()
					}
				})
				run, _, err := b.apply()
				if err != nil || run.Stop.Early() != (c.stopAt != "") {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				c.stopAt, b.config.SecondPass = "", c.then
				_, results, err := b.resume(run, batch.ResumeOptions{})
				sent, most := r.asked[number(3)]+r.asked[number(5)], max(r.asked[number(3)], r.asked[number(5)])
				if err != nil || counts(results)[result.Failed] != 2 || sent != c.sent || most != (c.sent+1)/2 {
					t.Errorf("%v after %d sendings, at most %d of one row, %v", counts(results), sent, most, err)
				}
				var said strings.Builder
				for _, n := range told[event.Noticed](b) {
					said.WriteString(n.Detail + "\n")
				}
				if !strings.Contains(said.String(), c.notice) || c.notice == "" && strings.Contains(said.String(), "no second pass") {
					t.Errorf("it said %q", said.String())
				}
			})
		})
	}
}

// What a second pass may add is said with the plan and its deadline, and neither is judged by it.
func TestTheSecondPassIsSaidAndNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(96))
		b.config.SecondPass = 5 * time.Minute
		b.config.Deadline, b.config.RequireFit = time.Now().Add(8*time.Minute), true
		run, _, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		if pass := run.Plan.SecondPass; pass == nil || pass.Most != 9 || !run.Plan.Ends().Before(b.config.Deadline) {
			t.Errorf("the plan has %+v, and ends at %s", pass, run.Plan.Ends())
		}
		want := "before the deadline of " + b.config.Deadline.Format("2006-01-02 15:04:05 MST")
		more := "; this leaves out that a second pass of failed rows may add 5m and up to 9 updates"
		if told := b.told(); !strings.Contains(told, want) || !strings.Contains(told, more) {
			t.Errorf("it is told: %s", told)
		}
	})
}
