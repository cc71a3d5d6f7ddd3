package batch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/testextent"
)

// fragile breaks some of a network's connections: before anything is said, and
// anywhere within requests and answers.
type fragile struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu     sync.Mutex
	random *rand.Rand
}

// aboutThreeCalls is up to how many bytes a connection that breaks bears, in
// either direction.
const aboutThreeCalls = 3000

// DialContext makes a connection, and one of two will break.
func (f *fragile) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := f.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch f.random.IntN(4) {
	case 0:
		return &brittle{Conn: conn, writes: f.random.IntN(aboutThreeCalls), reads: 1 << 30}, nil
	case 1:
		return &brittle{Conn: conn, writes: 1 << 30, reads: f.random.IntN(aboutThreeCalls)}, nil
	default:
		return conn, nil
	}
}

// brittle is a connection that breaks after some bytes.
type brittle struct {
	net.Conn
	writes, reads int
}

func (b *brittle) Write(p []byte) (int, error) {
	n, err := b.Conn.Write(p[:min(len(p), b.writes)])
	if b.writes -= n; b.writes == 0 && err == nil {
		_ = b.Close()
		return n, fmt.Errorf("connection reset by peer: %w", net.ErrClosed)
	}
	return n, err
}

func (b *brittle) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p[:min(len(p), max(b.reads, 1))])
	if b.reads -= n; b.reads <= 0 && err == nil {
		_ = b.Close()
		return 0, fmt.Errorf("connection reset by peer: %w", net.ErrClosed)
	}
	return n, err
}

// badDay is what else goes wrong: some of it before an update takes effect, and
// some after.
func badDay() sandbox.Faults {
	return sandbox.Faults{
		Rates: map[sandbox.Fault]float64{
			sandbox.Fault429: 0.03, sandbox.Fault500: 0.03, sandbox.Fault502: 0.03, sandbox.Fault503: 0.03,
			sandbox.FaultHangUpBefore: 0.05, sandbox.FaultHangUpAfter: 0.05, sandbox.Fault504: 0.05,
			sandbox.FaultSlow: 0.05, sandbox.FaultTruncated: 0.05, sandbox.FaultHTML: 0.05,
		},
		SlowFor: 31 * time.Second, // the client waits for 30
	}
}

// Whatever the network and the API do: no row says updated that was not, and
// none says failed, or not attempted, that was applied.
func TestTheTruthIsTold(t *testing.T) {
	seen := map[result.Status]int{}
	for _, way := range []string{"all", "one token", "plan"} {
		for seed := range max(1, testextent.Count(30)/testextent.Spaced(3)) {
			t.Run(fmt.Sprint(way, "/", seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, sandbox.Config{Seed: int64(seed), Faults: badDay(), Judge: refuseSome}, rows(60))
					b.breakConnections(int64(seed))
					switch way {
					case "plan":
						planned(b)
					case "one token":
						b.config.TokenOnly = true // nothing can be read: doubt stays
					}
					b.client.MaxAttempts = 2
					b.config.MaxFailures = plan.Limit{Share: 1}
					run, results, err := b.apply()
					if err != nil || run.Stop.Early() {
						t.Fatalf("error %v, stop %v", err, run.Stop)
					}
					b.wantTruth(results)
					for status, n := range counts(results) {
						seen[status] += n
					}
				})
			})
		}
	}
	if seen[result.Updated] == 0 || seen[result.Unknown] == 0 || seen[result.Failed] == 0 {
		t.Errorf("the test tests too little: %v", seen)
	}
	t.Logf("in all: %v", seen)
}

// refuseSome refuses the updates of some numbers, and of all what changes
// nothing: the repetition of an update that took effect looks like a failure.
func refuseSome(before, after sandbox.Record) (v sandbox.Verdict) {
	if after.Number[len(after.Number)-1] == '7' || before.MessageRouteId == after.MessageRouteId {
		v.Refuse = "not this one"
	}
	return v
}

// breakConnections makes the way to the API fragile.
func (b *bench) breakConnections(seed int64) {
	b.t.Helper()
	transport, ok := b.client.Transport.(*http.Transport)
	if !ok {
		b.t.Fatalf("the transport is a %T", b.client.Transport)
	}
	way := &fragile{dial: transport.DialContext, random: rand.New(rand.NewPCG(uint64(seed), 0))}
	transport.DialContext = way.DialContext
}

// wantTruth compares what each row's result says with what the API knows.
func (b *bench) wantTruth(results []result.Result) {
	b.t.Helper()
	stats := b.fake.Stats()
	for i, r := range results {
		record, _ := b.fake.Number(r.Number)
		inSync, applied := record.MessageRouteId == fmt.Sprintf("MRID-%d", i), stats.Numbers[r.Number].Updates > 0
		switch {
		case r.Status == result.Updated && !inSync,
			(r.Status == result.Failed || r.Status == result.NotAttempted) && applied,
			r.Status != result.Updated && r.Status != result.Failed && r.Status != result.Unknown:
			b.t.Errorf("%+v: the API has %s after %d updates", r, record.MessageRouteId, stats.Numbers[r.Number].Updates)
		}
	}
}

// The whole API is away for an hour in the middle, whatever that looks like:
// the run waits, goes on, and every row is updated.
func TestAnHourWithoutTheAPI(t *testing.T) {
	for name, away := range map[string]http.HandlerFunc{
		"no connection": nil,
		"503":           status(http.StatusServiceUnavailable),
		"504":           status(http.StatusGatewayTimeout),
		"429":           status(http.StatusTooManyRequests),
		"429 that asks for half a minute": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "30")
			status(http.StatusTooManyRequests)(w, r)
		},
		"silence": silence,
	} {
		t.Run(name, func(t *testing.T) {
			if name != "no connection" && name != "503" {
				testextent.Variant(t)
			}
			synctest.Test(t, func(t *testing.T) {
				var down atomic.Bool
				b := planned(newBench(t, sandbox.Config{Answer: func(*http.Request) http.Handler {
					if down.Load() {
						return away
					}
					return nil
				}}, rows(60)))
				b.client.OutageWait = 2 * time.Hour
				set := func(is bool) func() {
					return func() {
						down.Store(is && away != nil)
						b.network.SetDown(is && away == nil)
						b.client.Transport.(*http.Transport).CloseIdleConnections()
					}
				}
				time.AfterFunc(2*time.Minute, set(true))
				time.AfterFunc(62*time.Minute, set(false))
				began := time.Now()
				run, results, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: 60})
				b.wantTruth(results)
				if took := time.Since(began); took < time.Hour || took > 75*time.Minute {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// Another client uses up all of the quota for an hour, or half of it: the run gives way, is back when the other one is
// gone, and says that it is not alone.
func TestAnHourOfAnotherClient(t *testing.T) {
	for name, c := range map[string]struct {
		window sandbox.Window
		every  time.Duration // of its requests
		most   time.Duration
	}{
		"all":  {sandbox.Rolling, 600 * time.Millisecond, 128 * time.Minute},
		"half": {sandbox.Fixed, 2400 * time.Millisecond, 100 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			testextent.Variant(t)
			synctest.Test(t, func(t *testing.T) {
				quota := sandbox.Quota{N: 50, Per: time.Minute, Window: c.window, RetryAfter: sandbox.RetryNone}
				const n = 3_000
				b := newBench(t, sandbox.Config{Quota: quota}, rows(n))
				b.client.OutageWait = 2 * time.Hour
				began := time.Now()
				other := time.AfterFunc(5*time.Minute, func() {
					for time.Since(began) < 65*time.Minute {
						b.fake.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/v1.0/numbers/update", http.NoBody))
						<-time.After(c.every)
					}
				})
				defer other.Stop()
				run, results, err := b.apply()
				if err != nil || run.Stop.Early() {
					t.Fatalf("error %v, stop %v", err, run.Stop)
				}
				wantCounts(t, results, map[result.Status]int{result.Updated: n})
				took := time.Since(began)
				t.Logf("took %v, %v", took, run.Limit)
				if took > c.most {
					t.Errorf("took %v, want %v at most", took, c.most)
				}
			})
		})
	}
}

// With one worker and two rows, an API that is there for 5 of each 37 seconds fails none of them, whether it is away
// while reading, sending, settling what is in doubt, or asking for orders.
func TestAnOutageFailsNoRowOfOneWorker(t *testing.T) {
	testextent.Variant(t) // of TestAnHourWithoutTheAPI
	for _, fault := range []sandbox.Fault{sandbox.Fault503, sandbox.Fault504, sandbox.FaultHangUpAfter} {
		for _, attempts := range []int{1, client.DefaultMaxAttempts} {
			t.Run(fmt.Sprint(fault, ", ", attempts, " attempts"), func(t *testing.T) {
				if fault != sandbox.Fault503 {
					testextent.Variant(t)
				}
				synctest.Test(t, func(t *testing.T) {
					pending := func(_, _ sandbox.Record) sandbox.Verdict {
						return sandbox.Verdict{OrderStatus: "Pending"}
					}
					orders := sandbox.Orders{PendingFor: 3 * time.Minute}
					b := planned(newBench(t, sandbox.Config{Judge: pending, Orders: orders}, rows(2)))
					b.config.Workers, b.client.MaxAttempts = 1, attempts
					b.config.Read = plan.ReadEach
					b.config.WaitFor = time.Hour
					ctx, stop := context.WithCancel(t.Context())
					defer stop()
					go func() {
						always := map[sandbox.Fault]float64{fault: 1}
						away := sandbox.Faults{Rates: always, On: sandbox.Endpoints()[1:]} // but tokens
						there := 5 * time.Second
						for span := 37*time.Second - there; ctx.Err() == nil; span = 37*time.Second - span {
							f := sandbox.Faults{}
							if span > there {
								f = away
							}
							_ = b.fake.SetFaults(f) // which are as they must be
							select {
							case <-time.After(span):
							case <-ctx.Done():
							}
						}
					}()
					run, results, err := b.apply()
					if err != nil || run.Stop.Early() {
						t.Fatalf("error %v, stop %v", err, run.Stop)
					}
					wantCounts(t, results, map[result.Status]int{result.Updated: 2})
				})
			})
		}
	}
}
