package batch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// newVoiceCutover returns a run in waves of n numbers that go to another voice route, with the defaults of the command
// line.
func newVoiceCutover(t *testing.T, fake sandbox.Config, n int, waves string) *bench {
	t.Helper()
	b := newCutover(t, fake, n, 0, waves)
	for i := range n {
		number := b.inventory(i)
		if err := b.fake.Set(number, func(r *sandbox.Record) { r.VoiceRouteId = "CRID-old" }); err != nil {
			t.Fatal(err)
		}
	}
	b.again(b.to(n, "VoiceRouteId", "CRID-new"))
	b.config.Propagation = batch.Defaults().Propagation
	return b
}

// to is an input that gives the first n numbers of the inventory a value.
func (b *bench) to(n int, field, value string) string {
	rows := "Number," + field + "\n"
	for i := range n {
		rows += b.inventory(i) + "," + value + "\n"
	}
	return rows
}

// judgedAfter wants nothing to judge a wave earlier than ten minutes after its last answer, which it notes: neither a
// reading nor a gate nor the next wave.
func (b *bench) judgedAfter(last map[int]time.Time) {
	wave := 0
	on(b, func(w event.WaveStarted) {
		if before, ok := last[w.N-1]; ok && time.Since(before) < 10*time.Minute {
			b.t.Errorf("wave %d began %s after the last answer of the one before", w.N, time.Since(before))
		}
		wave = w.N
	})
	on(b, func(a event.Attempted) {
		before, ok := last[wave]
		switch {
		case a.Endpoint == client.EndpointUpdate:
			last[wave] = a.Start.Add(a.Duration)
		case ok && a.Endpoint != client.EndpointOrder && a.Endpoint != client.EndpointToken && a.Start.Sub(before) < 10*time.Minute:
			b.t.Errorf("wave %d was read (%s) %s after its last answer", wave, a.Endpoint, a.Start.Sub(before))
		}
	})
	b.config.Gate = func(_ context.Context, w event.WaveEnded) error {
		if after := time.Since(last[w.N]); after < 10*time.Minute {
			b.t.Errorf("the gate of wave %d was asked %s after its last answer", w.N, after)
		}
		return nil
	}
}

// Voice routes take ten minutes: until then nothing judges a wave, and everything that tells the time counts them.
func TestVoiceRoutesAreJudgedOnceTheyAreInService(t *testing.T) {
	testextent.Variant(t)
	slow := sandbox.Config{
		Judge:  func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: "Pending"} },
		Orders: sandbox.Orders{PendingFor: 2 * time.Minute},
	}
	for name, test := range map[string]struct {
		fake   sandbox.Config
		verify plan.Sample
		gate   bool
		waits  int
	}{
		"read back, and a gate": {verify: plan.VerifyAll, gate: true, waits: 3},
		"read back":             {verify: plan.VerifyAll, waits: 3},
		"a gate only":           {gate: true, waits: 3},
		"neither":               {waits: 2}, // nobody judges the last wave
		"slow orders":           {fake: slow, verify: plan.VerifyAll, gate: true, waits: 3},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "read back, and a gate" && name != "neither" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := newVoiceCutover(t, test.fake, 60, "5,50%")
				b.config.Verify, b.config.WaitFor = test.verify, 10*time.Minute
				last := map[int]time.Time{}
				b.judgedAfter(last)
				if !test.gate {
					b.config.Gate = nil
				}
				var foretold time.Time
				on(b, func(p event.PlanMade) { foretold = p.RollbackWindow.EndsAt })
				began := time.Now()
				run, results, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 60})
				var waits []event.Held
				for _, h := range told[event.Held](b) {
					if !h.Over {
						waits = append(waits, h)
					}
				}
				if len(waits) != test.waits || !strings.HasSuffix(waits[0].Why, "wave 1 of 3 changed takes up to 10m until it is in service") {
					t.Errorf("held %+v, want %d waits", waits, test.waits)
				}
				if took := time.Since(began); test.fake.Judge == nil && (took-foretold.Sub(began)).Abs() > 30*time.Second {
					t.Errorf("it took %s, foretold were %s", took, foretold.Sub(began))
				}
				if note := fmt.Sprint(run.Plan.Notes); !strings.Contains(note, fmt.Sprintf("voice routes take up to 10m until they are in service: so long is waited after %d of 3 waves", test.waits)) {
					t.Errorf("the plan notes %s", note)
				}
				summary, err := run.Summary(t.Context())
				if err != nil || summary.Service == nil || summary.Service.VoiceRoutes != 60 ||
					summary.Service.VoiceRoutesAt.Sub(last[3]) < 10*time.Minute-time.Second {
					t.Errorf("service %+v, %v; the last answer was at %s", summary.Service, err, last[3])
				}
			})
		})
	}
}

// Whoever looks meanwhile sees what is waited for and until when, and when the run will end.
func TestStatusTellsThatRoutesAreNotInServiceYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newVoiceCutover(t, sandbox.Config{}, 60, "5,50%")
		var status *control.Status
		var stored time.Time
		on(b, func(h event.Held) {
			if h.Over || status != nil {
				return
			}
			go func() {
				time.Sleep(4 * time.Minute)
				status = b.config.Control.Status(time.Now())
				run, err := b.runs().Open(context.Background(), told[event.Began](b)[0].Run.Name)
				if err != nil {
					t.Error(err)
					return
				}
				summary, err := run.Summary(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				stored = summary.RollbackWindow.EndsAt
			}()
		})
		run, _, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		if status == nil || status.Phase != control.PhaseHeld || status.HeldWave != 0 || !strings.Contains(status.Why, "in service") {
			t.Fatalf("status %+v", status)
		}
		if left := status.Until.Sub(status.At); left < 5*time.Minute || left > 6*time.Minute {
			t.Errorf("%s are left to be waited", left)
		}
		for what, ends := range map[string]time.Time{"the status": status.RollbackWindow.EndsAt, "the store": stored} {
			if wrong := run.EndedAt.Sub(ends).Abs(); wrong > 30*time.Second {
				t.Errorf("%s foretold the end %s off", what, wrong)
			}
		}
	})
}

// A stop in the middle of the wait is a stop, and a resume waits for the rest only, before it reads.
func TestAResumeWaitsForTheRestOfThePropagation(t *testing.T) {
	testextent.Variant(t) // of TestVoiceRoutesAreJudgedOnceTheyAreInService
	stop := result.Stop{Reason: result.StoppedBySignal, Signal: 15}
	for name, test := range map[string]struct {
		set    func(*bench)
		reason result.Reason
	}{
		"a signal": {func(b *bench) {
			on(b, func(h event.Held) {
				if !h.Over {
					time.AfterFunc(4*time.Minute, func() { b.config.Control.Stop(stop) })
				}
			})
		}, result.StoppedBySignal},
		"the deadline": {func(b *bench) { b.config.Deadline = time.Now().Add(4 * time.Minute) }, result.StoppedByDeadline},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newVoiceCutover(t, sandbox.Config{}, 20, "5,100%")
				last := map[int]time.Time{}
				b.judgedAfter(last)
				listeners := slices.Clone(b.config.Listeners)
				test.set(b)
				run, _, err := b.apply()
				if err != nil {
					t.Fatal(err)
				}
				wantStop(t, run, test.reason, "")
				if len(run.WavesEnded) != 0 {
					t.Fatalf("waves ended: %v", run.WavesEnded)
				}
				time.Sleep(3 * time.Minute)
				b.config.Listeners, b.config.Deadline = listeners, time.Time{}
				first := last[1]
				run, results, err := b.resume(run, batch.ResumeOptions{})
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 20})
				if at := run.WavesEnded[1].At.Sub(first); at < 10*time.Minute || at > 11*time.Minute {
					t.Errorf("the wave ended %s after its last answer", at)
				}
			})
		})
	}
}

// A pause that outlasts the wait holds what comes after it.
func TestAPauseInThePropagation(t *testing.T) {
	testextent.Variant(t) // of TestVoiceRoutesAreJudgedOnceTheyAreInService
	synctest.Test(t, func(t *testing.T) {
		b := newVoiceCutover(t, sandbox.Config{}, 20, "5,100%")
		on(b, func(h event.Held) {
			if h.Name != "" || h.Over || len(told[event.Held](b)) > 1 {
				return
			}
			time.AfterFunc(time.Minute, func() {
				if err := b.config.Control.Pause(context.Background(), "somebody"); err != nil {
					t.Error(err)
				}
			})
			time.AfterFunc(21*time.Minute, func() {
				if err := b.config.Control.Continue("somebody", "somebody"); err != nil {
					t.Error(err)
				}
			})
		})
		run, _, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		if took := run.WavesEnded[1].At.Sub(run.WavesEnded[1].StartedAt); took < 21*time.Minute || took > 22*time.Minute {
			t.Errorf("the wave took %s", took)
		}
	})
}

// Where nobody asks for it, only waves that move calls wait, and neither the sandbox nor a rollback does.
func TestWhatDoesNotPropagateIsNotWaitedFor(t *testing.T) {
	testextent.Variant(t)
	for name, set := range map[string]func(b *bench){
		"message routes": func(b *bench) {
			b.again(b.to(20, "MessageRouteId", "MRID-new"))
		},
		"the sandbox": func(b *bench) { b.config.Sandbox = true },
		"none asked":  func(b *bench) { b.config.Propagation = plan.Propagation{} },
		"no waves":    func(b *bench) { b.config.Waves = nil },
	} {
		t.Run(name, func(t *testing.T) {
			if name != "message routes" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				b := newVoiceCutover(t, sandbox.Config{}, 20, "5,100%")
				set(b)
				began := time.Now()
				run, _, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				if took := time.Since(began); took > 2*time.Minute || len(told[event.Held](b)) > 0 {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
	t.Run("a rollback", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newVoiceCutover(t, sandbox.Config{}, 20, "5,100%")
			run, _, err := b.apply()
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			b.events = nil
			_, results, err := b.rollback(run, batch.RollbackOptions{})
			if err != nil {
				t.Fatal(err)
			}
			wantCounts(t, results, map[result.Status]int{result.Updated: 20})
			if took := time.Since(began); took > 2*time.Minute || len(told[event.Held](b)) > 0 {
				t.Errorf("it took %s", took)
			}
		})
	})
	t.Run("asked for message routes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newCutover(t, sandbox.Config{}, 20, 0, "5,100%")
			b.config.Propagation = plan.Propagation{For: time.Minute}
			run, _, err := b.apply()
			if err != nil || run.Stop.Early() {
				t.Fatalf("error %v, stop %v", err, run.Stop)
			}
			if n := len(told[event.Held](b)); n != 4 {
				t.Errorf("held %d times, want 2 and 2 ends", n)
			}
		})
	})
}

// A report says that caller names take their time, and of pending rows that theirs begins with the end of the order.
func TestAReportTellsWhatIsNotInServiceYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newVoiceCutover(t, sandbox.Config{
			Judge: func(_, after sandbox.Record) (v sandbox.Verdict) {
				if after.VoiceRouteId == "CRID-slow" {
					v.OrderStatus = "Pending"
				}
				return v
			},
			Orders: sandbox.Orders{PendingFor: time.Hour},
		}, 3, "100%")
		b.config.Waves, b.config.LeavePending = nil, true
		b.again("Number,VoiceRouteId,CnamFirstName,CnamLastName\n" + b.inventory(0) + ",CRID-new,,\n" + b.inventory(1) + ",CRID-slow,,\n" +
			b.inventory(2) + ",,Bob's,Shack\n")
		run, _, err := b.apply()
		if err != nil || run.Stop.Early() {
			t.Fatalf("error %v, stop %v", err, run.Stop)
		}
		summary, err := run.Summary(t.Context())
		if s := summary.Service; err != nil || s == nil || s.VoiceRoutes != 2 || s.Pending != 1 || s.CallerNames != 1 ||
			s.VoiceRoutesAt.Before(run.EndedAt.Add(9*time.Minute)) {
			t.Errorf("service %+v, %v", s, err)
		}
	})
}
