package learn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bulknum/bulknum/internal/testextent"
)

// server is a limit that a simulated client meets.
type server interface {
	take(now time.Time) (wait time.Duration, ok bool)
}

type rollingServer struct {
	n    int
	per  time.Duration
	past []time.Time
}

func (s *rollingServer) take(now time.Time) (time.Duration, bool) {
	for len(s.past) > 0 && now.Sub(s.past[0]) >= s.per {
		s.past = s.past[1:]
	}
	if len(s.past) >= s.n {
		return s.past[0].Add(s.per).Sub(now), false
	}
	s.past = append(s.past, now)
	return 0, true
}

type fixedServer struct {
	n     int
	per   time.Duration
	begin time.Time
	used  int
}

func (s *fixedServer) take(now time.Time) (time.Duration, bool) {
	if b := now.Truncate(s.per); !b.Equal(s.begin) {
		s.begin, s.used = b, 0
	}
	if s.used >= s.n {
		return s.begin.Add(s.per).Sub(now), false
	}
	s.used++
	return 0, true
}

type bucketServer struct {
	burst int
	every time.Duration
	full  time.Time
}

func (s *bucketServer) take(now time.Time) (time.Duration, bool) {
	if s.full.Before(now) {
		s.full = now
	}
	if wait := s.full.Add(-time.Duration(s.burst-1) * s.every).Sub(now); wait > 0 {
		return wait, false
	}
	s.full = s.full.Add(s.every)
	return 0, true
}

// chanceServer refuses a fraction, whatever the pace.
type chanceServer struct {
	p   float64
	rng *rand.Rand
}

func (s *chanceServer) take(time.Time) (time.Duration, bool) { return 0, s.rng.Float64() >= s.p }

// shared is a server of which somebody else uses a part for a while.
type shared struct {
	server
	every          time.Duration // between the other's requests
	last, from, to time.Time
}

func (s *shared) take(now time.Time) (time.Duration, bool) {
	if s.last.Before(s.from) {
		s.last = s.from
	}
	for at := s.last.Add(s.every); at.Before(now) && at.Before(s.to); at = at.Add(s.every) {
		s.server.take(at)
		s.last = at
	}
	return s.server.take(now)
}

// world is a server and the way to it.
type world struct {
	server
	jitter time.Duration // of the arrival: on average
	tells  bool          // how long to wait, in whole seconds
}

// course is what a simulated run came to.
type course struct {
	took    time.Duration
	refused int
	inRow   int // how often two in a row were refused after the first 500
}

const latency = 50 * time.Millisecond

// run sends so many requests, each again until it is let pass.
func run(w world, l *Learner, requests int, start time.Time, rng *rand.Rand) (c course) {
	now, last, row := start, start.Add(-time.Hour), 0
	for done := 0; done < requests; {
		if next := last.Add(time.Duration(l.gap() * float64(time.Second))); next.After(now) {
			now = next
		}
		last = now
		arrives := now.Add(latency/2 + time.Duration(rng.ExpFloat64()*float64(w.jitter)))
		wait, ok := w.take(arrives)
		answered := arrives.Add(latency / 2)
		a := Answer{Sent: now, Answered: answered, Refused: !ok, Told: nothingTold}
		if !ok && w.tells {
			a.Asked = (wait + time.Second - 1).Truncate(time.Second)
		}
		pause := l.Answered(a)
		if ok {
			done, row = done+1, 0
			continue
		}
		c.refused++
		if row++; row == 2 && done > 500 {
			c.inRow++
		}
		if until := answered.Add(pause); until.After(now) {
			now = until
		}
	}
	c.took = now.Sub(start)
	return c
}

// limit is one that is to be found.
type limit struct {
	kind  Kind
	n     int
	per   time.Duration
	burst int
}

func (l limit) rate() float64 { return float64(l.n) / l.per.Seconds() }

func (l limit) server() server {
	switch l.kind {
	case Rolling:
		return &rollingServer{n: l.n, per: l.per}
	case Fixed:
		return &fixedServer{n: l.n, per: l.per}
	default:
		return &bucketServer{burst: l.burst, every: l.per / time.Duration(l.n)}
	}
}

func limits() (all []limit) {
	for _, l := range []limit{{n: 10, per: time.Minute}, {n: 50, per: time.Minute}, {n: 300, per: time.Minute}, {n: 10, per: time.Second}, {n: 50, per: time.Second}, {n: 1_000, per: time.Second}} {
		for _, kind := range []Kind{Rolling, Fixed} {
			all = append(all, limit{kind: kind, n: l.n, per: l.per})
		}
		for _, burst := range []int{1, 5, 20, 50} {
			all = append(all, limit{Bucket, l.n, l.per, burst})
		}
	}
	return all
}

// rngOf makes what is random, and the time of the day at which a run begins.
func rngOf(seed uint64) (*rand.Rand, time.Time) {
	rng := rand.New(rand.NewPCG(seed, 23))
	return rng, time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC).Add(time.Duration(rng.Int64N(int64(24 * time.Hour))))
}

// boundsFor begin at so many times a limit, from below with leave to rise.
func boundsFor(l limit, factor float64) Bounds {
	b := Bounds{Start: l.rate() * factor, Most: l.rate() * factor, Least: l.rate() / 50}
	if factor < 1 {
		b.Most = math.Inf(1)
	}
	return b
}

func TestALimitIsFound(t *testing.T) {
	for i, of := range limits() {
		for _, factor := range []float64{0.5, 2, 5} {
			for _, tells := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v %d per %v burst %d from x%v tells %v", of.kind, of.n, of.per, of.burst, factor, tells), func(t *testing.T) {
					requests := 1_000
					if i != 12 && i != 19 || factor == 5 || tells {
						whole(t)
						requests = 5_000
					}
					rng, start := rngOf(1)
					l := New(boundsFor(of, factor))
					c := run(world{of.server(), latency / 20, tells}, l, requests, start, rng)
					ideal, f := float64(requests)/of.rate(), l.Found()
					t.Logf("%.2f x ideal, refused %d, in row %d, %+v", c.took.Seconds()/ideal, c.refused, c.inRow, f)
					if c.took.Seconds() > 1.25*ideal || c.refused > requests/50 {
						t.Errorf("%.2f x ideal, refused %d of %d", c.took.Seconds()/ideal, c.refused, requests)
					}
				})
			}
		}
	}
}

func TestTheKindOfALimitIsNamed(t *testing.T) {
	judged, right := 0, 0
	for i, of := range limits() {
		for seed := range uint64(4) {
			for _, factor := range []float64{1.2, 2, 5} {
				if (i != 1 && i != 6 && i != 9 || seed > 1) && testextent.Count(100) < 100 {
					continue
				}
				rng, start := rngOf(seed)
				l := New(boundsFor(of, factor))
				run(world{of.server(), latency / 20, false}, l, 600, start, rng)
				f := l.Found()
				if f.Refusals < enough {
					if f.Kind != Unknown {
						t.Errorf("%+v is named after %d refusals: %+v", of, f.Refusals, f)
					}
					continue
				}
				judged++
				if f.Kind == of.kind {
					right++
				} else {
					t.Logf("%+v from x%v is taken for %+v", of, factor, f)
				}
			}
		}
	}
	t.Logf("%d of %d", right, judged)
	if right*10 < judged*9 || judged < 10 {
		t.Errorf("%d of %d kinds are right, want 90 %%", right, judged)
	}
}

// What is refused by chance teaches no limit.
func TestChanceIsNoLimit(t *testing.T) {
	for _, p := range []float64{0.05, 0.01, 0.1} {
		for _, rate := range []float64{10, 0.8, 50} {
			for seed := range uint64(3) {
				t.Run(fmt.Sprintf("%v at %v, seed %d", p, rate, seed), func(t *testing.T) {
					if seed > 0 || p != 0.05 || rate != 10 {
						whole(t)
					}
					rng, start := rngOf(seed)
					l := New(Bounds{Start: rate, Most: rate, Least: rate / 50})
					c := run(world{&chanceServer{p, rng}, latency / 20, false}, l, 1_000, start, rng)
					// Each refusal cost 2 s, or more, where nothing was learnt.
					before := 1_000/rate + 2*float64(c.refused)
					t.Logf("%.2f of before, refused %d, %+v", c.took.Seconds()/before, c.refused, l.Found())
					if c.took.Seconds() > 1.1*before {
						t.Errorf("took %v, before it was %v s", c.took, before)
					}
				})
			}
		}
	}
}

// Who uses up some of the limit for a while is given way to, and nothing of it stays.
func TestSomebodyElseIsGivenWay(t *testing.T) {
	for i, of := range []limit{
		{Rolling, 50, time.Minute, 0}, {Fixed, 50, time.Minute, 0}, {Bucket, 50, time.Minute, 5}, {Rolling, 10, time.Second, 0}, {Bucket, 10, time.Second, 1},
	} {
		t.Run(fmt.Sprint(of), func(t *testing.T) {
			if i > 0 {
				whole(t)
			}
			rng, start := rngOf(1)
			span := time.Duration(1_000 / of.rate() * float64(time.Second))
			theirs := time.Duration(2 / of.rate() * float64(time.Second)) // half of it
			w := world{&shared{server: of.server(), every: theirs, from: start.Add(span / 4), to: start.Add(span / 2)}, latency / 20, false}
			l := New(boundsFor(of, 0.96*1.0001))
			l.bounds.Most = l.bounds.Start
			c := run(w, l, 1_000, start, rng)
			ideal := span.Seconds() * 1.125
			t.Logf("%.2f x ideal, refused %d, in row %d, pace %v, %+v", c.took.Seconds()/ideal, c.refused, c.inRow, l.Pace(), l.Found())
			if c.took.Seconds() > 1.4*ideal || c.refused > 100 {
				t.Errorf("%.2f x ideal, refused %d", c.took.Seconds()/ideal, c.refused)
			}
		})
	}
}

// What was learnt before is where the next run begins, and it rises from there only slowly.
func TestWhatWasLearntIsWhereTheNextRunBegins(t *testing.T) {
	rng, start := rngOf(1)
	l := New(Bounds{Start: 20, Most: 20, Least: 1, Learned: 9.8})
	c := run(world{&rollingServer{n: 12, per: time.Second}, 0, false}, l, 1_200, start, rng)
	if c.refused > 0 || c.took < 1_000*100*time.Millisecond || l.Pace() <= 9.8 {
		t.Errorf("took %v, refused %d, the pace is %v", c.took, c.refused, l.Pace())
	}
}

// Headers are believed where they ask for less, and raise a pace that may rise.
func TestWhatHeadersTellIsHeeded(t *testing.T) {
	at := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	l := New(Bounds{Start: 20, Most: 20, Least: 1})
	if l.Answered(Answer{Sent: at, Answered: at, Told: Told{600, time.Minute, 599, time.Minute}}); l.Pace() > 10 || l.Pace() < 9 {
		t.Errorf("the pace is %v, want just below 10", l.Pace())
	}
	if wait := l.Answered(Answer{Sent: at, Answered: at, Told: Told{600, time.Minute, 0, 12 * time.Second}}); wait != 12*time.Second {
		t.Errorf("nothing leaves for %v, want 12s", wait)
	}
	l = New(Bounds{Start: 0.8, Most: math.Inf(1), Least: 0.1})
	if l.Answered(Answer{Sent: at, Answered: at, Told: Told{600, time.Minute, 599, time.Minute}}); l.Pace() > 10 || l.Pace() < 9 {
		t.Errorf("the pace is %v, want just below 10", l.Pace())
	}
}

// whole skips what takes minutes, unless all is to be run.
func whole(t *testing.T) {
	t.Helper()
	if testextent.Count(100) < 100 {
		t.Skip("TEST_PERCENT=100 runs it")
	}
}
