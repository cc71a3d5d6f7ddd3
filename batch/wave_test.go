package batch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// newCutover returns a run in waves of n numbers that go from one route to
// another; the last rare of them come from a route of their own.
func newCutover(t *testing.T, fake sandbox.Config, n, rare int, waves string) *bench {
	t.Helper()
	fake.Numbers, fake.OnlyInventory = n, true
	b := planned(newBench(t, fake, ""))
	rows := "Number,MessageRouteId\n"
	for i := range n {
		number := b.inventory(i)
		from := "MRID-old"
		if i >= n-rare {
			from = "MRID-rare"
		}
		b.move(number, from)
		rows += number + ",MRID-new\n"
	}
	b.again(rows)
	var err error
	if b.config.Waves, err = plan.ParseWaves(waves); err != nil {
		t.Fatal(err)
	}
	b.config.Verify = plan.VerifyAll
	return b
}

// inventory is the i-th number of the sandbox's inventory.
func (b *bench) inventory(i int) string {
	number, _ := b.fake.InventoryNumber(i)
	return number
}

// move gives a number a route behind the run's back.
func (b *bench) move(number, route string) {
	b.t.Helper()
	err := b.fake.Set(number, func(r *sandbox.Record) { r.MessageRouteId, r.Classification = route, "P2P" })
	if err != nil {
		b.t.Error(err)
	}
}

// route is a number's route.
func (b *bench) route(number string) string {
	record, _ := b.fake.Number(number)
	return record.MessageRouteId
}

// on calls a function with each event of a kind, before it is noted.
func on[E event.Event](b *bench, do func(E)) {
	b.config.Listeners = append(b.config.Listeners, func(e event.Event) {
		if e, ok := e.(E); ok {
			do(e)
		}
	})
}

// told are the events of a kind so far.
func told[E event.Event](b *bench) []E {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []E
	for _, e := range b.events {
		if e, ok := e.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

// wantStop wants a run that ended early, for a reason that says something.
func wantStop(t *testing.T, run *runs.Run, reason result.Reason, detail string) {
	t.Helper()
	if run.Stop.Reason != reason || !strings.Contains(run.Stop.Detail, detail) {
		t.Errorf("stopped by %q: %q, want %s: %q", run.Stop.Reason, run.Stop.Detail, reason, detail)
	}
}

func TestWavesGoOnWhileAllIsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 60, 0, "5,50%")
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 60})
		started, ended := told[event.WaveStarted](b), told[event.WaveEnded](b)
		if len(started) != 3 || len(ended) != 3 {
			t.Fatalf("%d waves began, %d ended", len(started), len(ended))
		}
		for i, want := range []plan.Wave{{N: 1, Of: 3, Rows: 5, Upto: 5, Reads: 1}, {N: 2, Of: 3, Rows: 25, Upto: 30, Reads: 1}, {N: 3, Of: 3, Rows: 30, Upto: 60, Reads: 1}} {
			e := ended[i]
			if started[i].Wave != want || e.Wave != want || !e.Passed || e.Counts[result.Updated] != want.Rows || e.Verified != want.Rows {
				t.Errorf("wave %d began as %+v and ended as %+v", i+1, started[i], e)
			}
		}
		summary, err := run.Summary(t.Context())
		if err != nil || len(summary.Waves) != 3 || summary.RollbackWindow == nil || len(run.Plan.Waves) != 3 {
			t.Errorf("summary %+v, %v", summary, err)
		}
		// Two tokens; a page for the plan and one a wave, since a page has them all.
		if n := b.fake.Stats().Requests; n != 2+1+60+3 {
			t.Errorf("%d requests", n)
		}
	})
}

// A shape that the API refuses stops the run after its first wave.
func TestARareShapeStopsTheFirstWave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		judge := func(before, _ sandbox.Record) (v sandbox.Verdict) {
			if before.MessageRouteId == "MRID-rare" {
				v.Refuse = "this route is locked"
			}
			return v
		}
		b := newCutover(t, sandbox.Config{Judge: judge}, 200, 6, "10,100%")
		run, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantStop(t, run, result.StoppedByWave, "wave 1 of 2: 1 failed of 11 rows, more than 0")
		wantCounts(t, results, map[result.Status]int{result.Updated: 10, result.Failed: 1, result.NotAttempted: 189})
		if n := b.fake.Stats().Updates; n != 10 {
			t.Errorf("%d numbers were moved", n)
		}
		// Without a word it stops there again; with one it goes on.
		run, _, err = b.resume(run, batch.ResumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wantStop(t, run, result.StoppedByWave, "wave 1 of 2")
		b.config.WaveFailures = plan.Limit{Rows: 5}
		run, results, err = b.resume(run, batch.ResumeOptions{})
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 194, result.Failed: 6})
	})
}

// A number that somebody changes after its wave is told as drifted.
func TestDriftStopsAWave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 40, 0, "10,100%")
		on(b, func(f event.Finished) {
			if f.Number == b.inventory(3) {
				b.move(f.Number, "MRID-theirs")
			}
		})
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantStop(t, run, result.StoppedByWave, "wave 1 of 2: 1 drifted of 10 rows")
		if e := told[event.WaveEnded](b)[0]; e.Verified != 9 || e.Drifted != 1 || e.Passed {
			t.Errorf("the wave ended as %+v", e)
		}
		if got := b.route(b.inventory(3)); got != "MRID-theirs" {
			t.Errorf("the number has %s", got)
		}
	})
}

// A number that somebody changes before its wave, but after it was read, is a
// conflict if the reading is older than the recheck, and is not overwritten.
func TestAWaveReadsAgainWhatIsStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 40, 0, "10,20,100%")
		b.config.PauseBetween = 6 * time.Minute
		b.config.WaveFailures = plan.Limit{Rows: 1}
		on(b, func(w event.WaveEnded) {
			if w.N == 1 {
				b.move(b.inventory(30), "MRID-theirs") // of the third wave, 12 minutes after the reading
			}
		})
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 39, result.Conflict: 1})
		if got := b.route(b.inventory(30)); got != "MRID-theirs" || results[30].Status != result.Conflict {
			t.Errorf("the number has %s, its row is %+v", got, results[30])
		}
		held := told[event.Held](b)
		if len(held) != 4 || held[0].Until.Sub(held[0].Since) != 6*time.Minute || !held[3].Over || held[2].Why != "the pause after wave 2 of 3" || held[2].Wave != 3 {
			t.Errorf("held %+v", held)
		}
		// Tokens, a page for the plan, three for the waves' ends, one before the
		// third wave only.
		if n := b.fake.Stats().Requests; n != 2+1+39+3+1 {
			t.Errorf("%d requests", n)
		}
	})
}

// Each kind of end between two waves leaves the next one alone, and resume takes
// up what stands between them.
func TestBetweenWaves(t *testing.T) {
	stop := result.Stop{Reason: result.StoppedBySignal, Signal: 15}
	for name, test := range map[string]struct {
		set    func(*bench)
		reason result.Reason
		detail string
	}{
		"a person says no": {func(b *bench) {
			b.config.ConfirmWave = func(context.Context, event.WaveEnded) error { return result.ErrDeclined }
		}, result.StoppedByWave, "nobody agreed to continue after wave 1 of 2"},
		"a stop while a person is asked": {func(b *bench) {
			b.config.ConfirmWave = func(ctx context.Context, _ event.WaveEnded) error {
				b.config.Control.Stop(stop)
				<-ctx.Done()
				return context.Cause(ctx)
			}
		}, result.StoppedBySignal, ""},
		"a stop in a pause": {func(b *bench) {
			b.config.PauseBetween = time.Hour
			on(b, func(h event.Held) { b.config.Control.Stop(stop) })
		}, result.StoppedBySignal, ""},
		"the deadline in a pause": {func(b *bench) {
			b.config.PauseBetween, b.config.Deadline = time.Hour, time.Now().Add(30*time.Minute)
		}, result.StoppedByDeadline, "deadline"},
		"the deadline while the gate thinks": {func(b *bench) {
			b.config.Deadline = time.Now().Add(30 * time.Minute)
			b.config.Gate = untilCancelled
		}, result.StoppedByDeadline, "deadline"},
		"the deadline while a wave is held": {func(b *bench) {
			b.config.Deadline = time.Now().Add(30 * time.Minute)
			b.config.Gate = func(context.Context, event.WaveEnded) error { return errors.New("exit status 1") }
		}, result.StoppedByDeadline, "deadline"},
		"the deadline while a person is asked": {func(b *bench) {
			b.config.Deadline = time.Now().Add(30 * time.Minute)
			b.config.ConfirmWave = untilCancelled
		}, result.StoppedByDeadline, "deadline"},
		"a gate that is against it, and a stop": {func(b *bench) {
			b.config.Gate = func(context.Context, event.WaveEnded) error { return errors.New("exit status 1") }
			on(b, func(h event.Held) {
				if h.Why != "the gate after wave 1 of 2: exit status 1" || h.Wave != 2 || !h.Until.IsZero() {
					t.Errorf("held %+v", h)
				}
				b.config.Control.Stop(stop)
			})
		}, result.StoppedBySignal, ""},
		"a stop while the gate thinks": {func(b *bench) {
			b.config.Gate = func(ctx context.Context, _ event.WaveEnded) error {
				b.config.Control.Stop(stop)
				<-ctx.Done()
				return context.Cause(ctx)
			}
		}, result.StoppedBySignal, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "a person says no" && name != "the deadline in a pause" && name != "a stop while the gate thinks" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := newCutover(t, sandbox.Config{}, 30, 0, "10,100%")
				test.set(b)
				run, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				wantStop(t, run, test.reason, test.detail)
				wantCounts(t, results, map[result.Status]int{result.Updated: 10, result.NotAttempted: 20})
				gates := 0
				b.config.ConfirmWave, b.config.PauseBetween, b.config.Deadline = nil, 0, time.Time{}
				b.config.Gate = func(context.Context, event.WaveEnded) error { gates++; return nil }
				run, results, err = b.resume(run, batch.ResumeOptions{})
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 30})
				if gates != 2 {
					t.Errorf("the gate was asked %d times", gates)
				}
			})
		})
	}
}

// untilCancelled is a gate, or a person, that does not answer.
func untilCancelled(ctx context.Context, _ event.WaveEnded) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// Of a sample so many numbers are read, spread over the wave.
func TestASampleIsReadBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 40, 0, "100%")
		b.config.Verify, b.config.Read = 4, plan.ReadEach
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		reads := map[string]int{}
		for _, a := range told[event.Attempted](b) {
			if a.Endpoint == client.EndpointNumber {
				reads[a.Number]++
			}
		}
		for i := range 40 {
			want := 1 // for the plan
			if i%10 == 0 {
				want++
			}
			if got := reads[b.inventory(i)]; got != want {
				t.Errorf("number %d was read %d times, want %d", i, got, want)
			}
		}
	})
}

// With --all nothing was read before, and a wave is read back all the same.
func TestWavesOfEveryRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 40, 0, "10,100%")
		b.config.All = true
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 40})
		if e := told[event.WaveEnded](b); len(e) != 2 || e[1].Verified != 30 {
			t.Errorf("the waves ended as %+v", e)
		}
	})
}

// A run that breaks off anywhere goes on in the same waves and ends in the same
// state.
func TestResumeKeepsTheWaves(t *testing.T) {
	const n, waves = 8, 3
	var whole []event.WaveEnded
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, n, 2, "2,50%")
		if _, _, err := b.apply(); err != nil {
			t.Fatal(err)
		}
		whole = told[event.WaveEnded](b)
	})
	for steps := 4; steps <= 3+2*n+waves; steps += testextent.Spaced(5) { // those of the beginning, two a row, one a wave
		synctest.Test(t, func(t *testing.T) {
			b := newCutover(t, sandbox.Config{}, n, 2, "2,50%")
			run := b.crash(steps)
			again, results, err := b.resume(run, batch.ResumeOptions{})
			if err != nil || again.Stop.Early() {
				t.Fatalf("after %d steps: error %v, stop %v", steps, err, again.Stop)
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: n})
			summary, err := again.Summary(t.Context())
			if err != nil || len(summary.Waves) != waves || len(whole) != waves {
				t.Fatalf("after %d steps: %+v, %v", steps, summary, err)
			}
			for i, w := range summary.Waves {
				if w.Wave != whole[i].Wave || w.Verified != whole[i].Verified || !w.Passed {
					t.Errorf("after %d steps: wave %+v, want %+v", steps, w, whole[i])
				}
			}
		})
	}
}

// The plan of hundreds of rows names the point of no return, and a run that reserves the
// rollback stops there, however many rows there are and wherever waves end.
func TestReserveRollback(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, n := range append([]int{400, 500, 800}, 400+random.IntN(500)) {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			if n != 400 {
				testextent.Variant(t)
			}
			reserveRollback(t, n)
		})
	}
}

func reserveRollback(t *testing.T, n int) {
	for name, in := range map[string]func(*batch.Config){
		"at once":           func(c *batch.Config) { c.Waves = plan.Waves{} },
		"in waves":          func(*batch.Config) {},
		"with pauses":       func(c *batch.Config) { c.PauseBetween, c.Verify = time.Minute, 50 },
		"reading once more": func(c *batch.Config) { c.Recheck = time.Minute },
	} {
		if name == "reading once more" && n != 400 {
			continue // a wave that begins when its readings are about to be too old reads each row's number by itself
		}
		t.Run(name, func(t *testing.T) {
			if name != "in waves" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := newCutover(t, sandbox.Config{}, n, 0, "20,10%,50%")
				in(&b.config)
				b.config.Deadline, b.config.ReserveRollback = time.Now().Add(15*time.Minute), true
				run, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				wantStop(t, run, result.StoppedByReserve, "the point of no return")
				planned := run.Plan.RollbackWindow
				sent := counts(results)[result.Updated]
				if d := sent - planned.NoReturnRows; planned.NoReturnRows < 250 || d < -1 || d > 1 {
					t.Errorf("stopped after %d rows, the plan said %+v", sent, planned)
				}
				pages := (n + 99) / 100
				every := b.config.Rate.Every()
				if d := time.Since(planned.NoReturnAt); d < -3*every || d > 3*every { // a row more is one to be sent, and one to be undone
					t.Errorf("stopped %s after the point of no return", d)
				}
				// One row more could not be rolled back.
				if back := time.Duration(sent+1+pages+2) * every; !time.Now().Add(back + 2*every).After(b.config.Deadline) {
					t.Errorf("stopped though a rollback of one more takes %s", back)
				}
				// What was sent can be rolled back: read in pages, and sent.
				if back := time.Duration(sent+pages+2) * every; time.Now().Add(back).After(b.config.Deadline) {
					t.Errorf("a rollback takes %s", back)
				}
			})
		})
	}
}

// What the plan says of the reading of waves is what it takes, wherever in the
// inventory the numbers are.
func TestWavesAreReadAsForetold(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, size := range []int{0, 60, 0, 0}[:max(2, testextent.Count(4))] {
		synctest.Test(t, func(t *testing.T) {
			b := planned(newBench(t, sandbox.Config{
				Numbers: 300, PageSize: 10, Pages: sandbox.Pages{Requested: sandbox.RequestedSize},
			}, ""))
			b.pagesOf(size)
			rows := "Number,MessageRouteId\n"
			for _, i := range random.Perm(300)[:20+random.IntN(280)] {
				b.move(b.inventory(i), "MRID-old")
				rows += b.inventory(i) + ",MRID-new\n"
			}
			b.again(rows)
			b.config.Waves, _ = plan.ParseWaves("2,5%,10%,20%,50%")
			b.config.Verify = plan.VerifyAll
			if run, _, err := b.apply(); err != nil || run.Stop.Early() {
				t.Fatalf("error %v, stop %v", err, run.Stop)
			}
			reads := 0
			for _, e := range b.events {
				switch e := e.(type) {
				case event.WaveStarted:
					reads = 0
				case event.Attempted:
					if e.Endpoint == client.EndpointInventory || e.Endpoint == client.EndpointNumber {
						reads++
					}
				case event.WaveEnded:
					if reads != e.Reads {
						t.Errorf("reading wave %+v took %d requests", e.Wave, reads)
					}
				}
			}
		})
	}
}

// A run whose deadline is too near for any rollback sends nothing.
func TestReserveRollbackOfTheFirstRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 20, 0, "100%")
		b.config.Deadline, b.config.ReserveRollback = time.Now().Add(8*time.Second), true
		run, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantStop(t, run, result.StoppedByReserve, "the point of no return: a rollback of 0 rows")
		wantCounts(t, results, map[result.Status]int{result.NotAttempted: 20})
	})
}

// A run that reads, or is held, when the point of no return comes stops then.
func TestReserveRollbackBetweenRows(t *testing.T) {
	for name, set := range map[string]func(*bench){
		"as it reads again": func(b *bench) { b.config.Read, b.config.Recheck = plan.ReadEach, 1 },
		"as it is held": func(b *bench) {
			b.config.Gate = func(context.Context, event.WaveEnded) error { return errors.New("not yet") }
		},
		"as it is paused": func(b *bench) {
			on(b, func(e event.WaveEnded) { go func() { _ = b.config.Control.Pause(context.Background(), "ada") }() })
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "as it is held" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := newCutover(t, sandbox.Config{}, 200, 0, "20,100%")
				set(b)
				b.config.Deadline, b.config.ReserveRollback = time.Now().Add(8*time.Minute), true
				run, results, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				wantStop(t, run, result.StoppedByReserve, "the point of no return: a rollback of 20 rows takes")
				wantCounts(t, results, map[result.Status]int{result.Updated: 20, result.NotAttempted: 180})
				reads := 2 // pages
				if b.config.Read == plan.ReadEach {
					reads = 20
				}
				every := b.config.Rate.Every()
				if d := time.Until(b.config.Deadline) - time.Duration(20+reads+2)*every; d < 0 || d > 3*every {
					t.Errorf("stopped %s before a rollback had to begin", d)
				}
			})
		})
	}
}

// A slower rate that is set while a run is paused brings the point of no return nearer,
// and the run stops there.
func TestReserveRollbackAtASlowerRate(t *testing.T) {
	testextent.Variant(t) // of TestReserveRollback
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 200, 0, "20,100%")
		on(b, func(event.WaveEnded) {
			go func() {
				_ = b.config.Control.Pause(context.Background(), "ada")
				if err := b.config.Control.SetRate("12/m", "ada"); err != nil {
					t.Error(err)
				}
			}()
		})
		b.config.Deadline, b.config.ReserveRollback = time.Now().Add(8*time.Minute), true
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantStop(t, run, result.StoppedByReserve, "the point of no return: a rollback of 20 rows takes 2m0s")
		if d := time.Until(b.config.Deadline) - 2*time.Minute; d < 0 || d > 20*time.Second {
			t.Errorf("stopped %s before a rollback had to begin", d)
		}
	})
}

// A machine that was suspended does not overrun the deadline: no timer ran meanwhile.
func TestDeadlineOfASuspendedMachine(t *testing.T) {
	testextent.Variant(t) // of TestDeadline
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sandbox.Config{}, rows(60))
		b.client.Rate, b.config.Workers = client.Unlimited, 1
		var suspended atomic.Int64
		b.config.Now = func() time.Time { return time.Now().Add(time.Duration(suspended.Load())) }
		finished := 0
		on(b, func(event.Finished) {
			if finished++; finished == 5 {
				suspended.Store(int64(2 * time.Hour))
			}
		})
		b.config.Deadline = time.Now().Add(time.Hour)
		run, results, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		wantStop(t, run, result.StoppedByDeadline, "the deadline of")
		wantCounts(t, results, map[result.Status]int{result.Updated: 5, result.NotAttempted: 55})
	})
}

// A wave that the gate holds is let go by somebody, and the gate's word after
// the last wave is only told.
func TestAHeldWaveIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 30, 0, "10,100%")
		b.config.Gate = func(context.Context, event.WaveEnded) error { return errors.New("too many calls fail") }
		on(b, func(h event.Held) {
			if h.Over {
				return
			}
			go func() {
				time.Sleep(3 * time.Hour) // of synctest: takes no real time
				if err := b.config.Control.Next("ada", 0); err != nil {
					t.Error(err)
				}
			}()
		})
		began := time.Now()
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 30})
		if held := told[event.Held](b); len(held) != 2 || time.Since(began) < 3*time.Hour {
			t.Errorf("held %+v", held)
		}
		summary, err := run.Summary(t.Context())
		if err != nil || summary.GateAgainst() != "too many calls fail" {
			t.Errorf("the summary has %q of the gate, %v", summary.GateAgainst(), err)
		}
		notes := told[event.Noticed](b)
		if len(notes) != 1 || notes[0].Detail != "the gate after wave 2 of 2: too many calls fail" {
			t.Errorf("told %+v", notes)
		}
	})
}

// Where every number comes from a route of its own, the first wave is no more than four times what was asked. Which
// shapes it lacks is told, and it is refused where nobody is there to see that.
func TestAFirstWaveThatLacksShapes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 60, 0, "5,100%")
		rows := "Number,MessageRouteId\n"
		for i := range 60 {
			b.move(b.inventory(i), fmt.Sprintf("MRID-%02d", i))
			rows += b.inventory(i) + ",MRID-new\n"
		}
		b.again(rows)
		_, err := b.applyOnly()
		refused, ok := errors.AsType[*guard.RefusedError](err)
		if !ok || len(refused.Refusals) != 1 || refused.Refusals[0].Guard != guard.PartialFirstWave ||
			refused.Refusals[0].Measured != "the first wave, of 20 rows, lacks 40 shapes" {
			t.Fatalf("error %v", err)
		}
		b.again(rows)
		b.config.Guards.AllowPartialFirstWave = true
		run, results, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		wantCounts(t, results, map[result.Status]int{result.Updated: 60})
		if first := run.Plan.Waves[0]; first.Rows != 20 || run.Plan.MissingShapes != 40 {
			t.Errorf("the first wave is %+v, and %d shapes are missing", first, run.Plan.MissingShapes)
		}
		want := "the first wave has no row of 40 of 60 shapes"
		if !slices.ContainsFunc(run.Plan.Notes, func(n plan.Note) bool {
			return strings.Contains(n.Detail, want) && strings.Contains(n.Detail, "MRID-20 -> MRID-new") && strings.Contains(n.Detail, "; and 30 more")
		}) {
			t.Errorf("the plan notes %+v", run.Plan.Notes)
		}
	})
}

// A summary has all planned waves, also one that was cut off in its middle.
func TestASummaryHasAllWaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newCutover(t, sandbox.Config{}, 60, 0, "10,40,100%")
		finished := 0
		on(b, func(event.Finished) {
			if finished++; finished == 23 {
				b.config.Control.Stop(result.Stop{Reason: result.StoppedByOperator})
			}
		})
		b.config.Workers = 1
		run, _, err := b.apply()
		if err != nil {
			t.Fatal(err)
		}
		s, err := run.Summary(t.Context())
		if err != nil || len(s.Waves) != 1 || len(s.WavesLeft) != 2 {
			t.Fatalf("%d waves and %d left, %v", len(s.Waves), len(s.WavesLeft), err)
		}
		if w := s.WavesLeft[0]; w.N != 2 || !w.Begun() || w.Counts[result.Updated] != 13 || w.Counts[result.NotAttempted] != 17 {
			t.Errorf("the second wave is %+v", w)
		}
		if w := s.WavesLeft[1]; w.N != 3 || w.Begun() || w.Rows != 20 {
			t.Errorf("the third wave is %+v", w)
		}
	})
}

// What a person is asked between two waves, "ctl next" can answer as well: whoever is first, and it is recorded.
func TestTheQuestionBetweenWavesHasTwoAnswers(t *testing.T) {
	for by, answer := range map[string]func(*bench, context.Context) error{
		"ada": func(b *bench, ctx context.Context) error {
			time.AfterFunc(time.Hour, func() {
				if err := b.config.Control.Next("ada", 0); err != nil {
					t.Error(err)
				}
			})
			<-ctx.Done() // nobody answers on the terminal
			return context.Cause(ctx)
		},
		"who was asked on the terminal": func(*bench, context.Context) error { return nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newCutover(t, sandbox.Config{}, 30, 0, "10,100%")
			b.config.ConfirmWave = func(ctx context.Context, _ event.WaveEnded) error { return answer(b, ctx) }
			run, results, err := b.apply()
			if err != nil || run.Stop.Early() {
				t.Fatalf("error %v, stop %v", err, run.Stop)
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: 30})
			if len(run.Controls) != 1 || run.Controls[0].What != event.CommandNext || run.Controls[0].By != by {
				t.Errorf("recorded %+v", run.Controls)
			}
			if err := b.config.Control.Next("late", 0); err == nil {
				t.Error("there is nothing to be let go any more")
			}
		})
	}
}
