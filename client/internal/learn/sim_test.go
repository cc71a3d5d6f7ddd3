package learn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/internal/limit"
	"github.com/bulknum/bulknum/internal/testextent"
)

// server is a limit that a simulated client meets.
type server interface {
	Take(now time.Time) (wait time.Duration, ok bool)
}

// chanceServer refuses a fraction, whatever the pace.
type chanceServer struct {
	p   float64
	rng *rand.Rand
}

func (s *chanceServer) Take(time.Time) (time.Duration, bool) { return 0, s.rng.Float64() >= s.p }

// shared is a server of which somebody else uses a part for a while.
type shared struct {
	server
	every          time.Duration // between the other's requests
	last, from, to time.Time
}

func (s *shared) Take(now time.Time) (time.Duration, bool) {
	if s.last.Before(s.from) {
		s.last = s.from
	}
	for at := s.last.Add(s.every); at.Before(now) && at.Before(s.to); at = at.Add(s.every) {
		s.server.Take(at)
		s.last = at
	}
	return s.server.Take(now)
}

// world is a server and the way to it.
type world struct {
	server
	jitter time.Duration // of the arrival: on average; where requests follow each other fast it is a part of the gap
	rough  bool          // it is not: the machine is busy
	tells  bool          // how long to wait, in whole seconds
}

// course is what a simulated run came to.
type course struct {
	took    time.Duration
	asked   time.Duration // of it, as refusals said
	refused int
	inRow   int // how often two in a row were refused after the first 500

	later        time.Duration // it took for the second half
	laterRefused int           // in that
}

const latency = 50 * time.Millisecond

// run sends so many requests, each again until it is let pass.
func run(w world, l *Learner, requests int, start time.Time, rng *rand.Rand) course {
	done, refused := 0, 0
	var half time.Time
	c := runUntil(w, l, start, rng, func(now time.Time, ok bool) bool {
		if !ok {
			refused++
			return false
		}
		if done++; done == requests/2 {
			half, refused = now, 0
		}
		return done == requests
	})
	c.later, c.laterRefused = start.Add(c.took).Sub(half), refused
	return c
}

// runUntil sends requests, each again until it is let pass, until something is so after an answer.
func runUntil(w world, l *Learner, start time.Time, rng *rand.Rand, enough func(now time.Time, ok bool) bool) (c course) {
	now, last, row, done := start, start.Add(-time.Hour), 0, 0
	for {
		if next := last.Add(time.Duration(l.gap() * float64(time.Second))); next.After(now) {
			now = next
		}
		last = now
		jitter := w.jitter.Seconds()
		if !w.rough {
			jitter = min(jitter, l.gap()/20)
		}
		arrives := now.Add(latency/2 + time.Duration(rng.ExpFloat64()*jitter*float64(time.Second)))
		wait, ok := w.Take(arrives)
		answered := arrives.Add(latency / 2)
		a := Answer{Sent: now, Answered: answered, Refused: !ok, Told: nothingTold}
		if !ok && w.tells {
			a.Asked = (wait + time.Second - 1).Truncate(time.Second)
		}
		pause := l.Answered(a)
		c.took = now.Sub(start)
		if ok {
			done, row = done+1, 0
		} else {
			c.refused++
			c.asked += a.Asked
			if row++; row == 2 && done > 500 {
				c.inRow++
			}
		}
		if enough(now, ok) {
			return c
		}
		if until := answered.Add(pause); !ok && until.After(now) {
			now = until
		}
		last = last.Add(l.Late())
	}
}

// quota is a limit that is to be found.
type quota struct {
	kind  Kind
	n     int
	per   time.Duration
	burst int
}

func (l quota) rate() float64 { return float64(l.n) / l.per.Seconds() }

func (l quota) server() server {
	switch l.kind {
	case Rolling:
		return limit.Rolling(l.n, l.per)
	case Fixed:
		return limit.Fixed(l.n, l.per)
	default:
		return limit.Bucket(l.burst, l.per/time.Duration(l.n))
	}
}

func limits() (all []quota) {
	for _, l := range []quota{{n: 10, per: time.Minute}, {n: 50, per: time.Minute}, {n: 300, per: time.Minute}, {n: 10, per: time.Second}, {n: 50, per: time.Second}, {n: 1_000, per: time.Second}} {
		for _, kind := range []Kind{Rolling, Fixed} {
			all = append(all, quota{kind: kind, n: l.n, per: l.per})
		}
		for _, burst := range []int{1, 5, 20, 50} {
			all = append(all, quota{Bucket, l.n, l.per, burst})
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
func boundsFor(l quota, factor float64) Bounds {
	b := Bounds{Start: l.rate() * factor, Most: l.rate() * factor, Least: l.rate() / 50}
	if factor < 1 {
		b.Most = math.Inf(1)
	}
	return b
}

func TestALimitIsFound(t *testing.T) {
	number := 0
	for i, of := range limits() {
		for _, factor := range []float64{0.5, 2, 5} {
			for _, tells := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v %d per %v burst %d from x%v tells %v", of.kind, of.n, of.per, of.burst, factor, tells), func(t *testing.T) {
					requests := 5_000
					if testextent.Plain() {
						requests = 1_000
					}
					number++
					sample(t, number, (i == 12 || i == 19) && factor == 2 && !tells)
					rng, start := rngOf(1)
					l := New(boundsFor(of, factor))
					c := run(world{of.server(), latency / 20, false, tells}, l, requests, start, rng)
					ideal, f := float64(requests)/of.rate(), l.Found()
					// internal/tools/bench reads this.
					t.Logf("%.2f x ideal, refused %d of %d, second half %.2f x ideal, refused %d, in row %d, %+v",
						c.took.Seconds()/ideal, c.refused, requests, 2*c.later.Seconds()/ideal, c.laterRefused, c.inRow, f)
					if of.rate() == 1_000 && of.burst == 1 {
						t.Skip("one each millisecond, to the millisecond, is more than the way there lets anybody keep to")
					}
					// What the server asks for is waited for, and the first refusals cost a second each where nothing is known.
					if (c.took-c.asked).Seconds() > 1.25*ideal+2 || c.refused > requests/50 {
						t.Errorf("%.2f x ideal, refused %d of %d", c.took.Seconds()/ideal, c.refused, requests)
					}
				})
			}
		}
	}
}

func TestTheKindOfALimitIsNamed(t *testing.T) {
	judged, right, number := 0, 0, 0
	for i, of := range limits() {
		for seed := range uint64(4) {
			for _, factor := range []float64{1.2, 2, 5} {
				number++
				main := (i == 1 || i == 6 || i == 9) && seed < 2
				if testextent.Plain() && !main || !testextent.Plain() && number%testextent.Step(1) != 0 {
					continue
				}
				rng, start := rngOf(seed)
				l := New(boundsFor(of, factor))
				run(world{of.server(), latency / 20, false, false}, l, 600, start, rng)
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

// A server that lets nothing pass too soon after the one before sees requests as the way there lets them come.
func TestRequestsAreKeptApart(t *testing.T) {
	for number, c := range []struct {
		n, requests int
		jitter      time.Duration
		most        float64 // times the ideal, in the first run, and refused of a hundred
		refused     int
	}{
		{10, 120, 2 * time.Millisecond, 1.40, 6},
		{10, 120, 10 * time.Millisecond, 1.55, 8},
		{10, 1_000, 10 * time.Millisecond, 1.25, 2},
		{50, 1_000, time.Millisecond, 1.35, 2},
		{50, 1_000, 2 * time.Millisecond, 1.40, 3},
		{20, 400, 5 * time.Millisecond, 1.45, 4},
	} {
		sum, refused := 0.0, 0
		seeds := testextent.Count(5)
		for seed := range uint64(seeds) {
			of := quota{Bucket, c.n, time.Second, 1}
			rng, start := rngOf(seed)
			l := New(boundsFor(of, 2))
			l.bounds.Least = 1.0 / 60
			r := run(world{of.server(), c.jitter, true, false}, l, c.requests, start, rng)
			sum += r.took.Seconds() * of.rate() / float64(c.requests)
			refused += r.refused
		}
		t.Logf("%d: %+v: %.2f x ideal, refused %.1f", number, c, sum/float64(seeds), float64(refused)/float64(seeds))
		if sum > float64(seeds)*c.most || refused*100 > c.refused*c.requests*seeds {
			t.Errorf("%d: %+v: %.2f x ideal, refused %.1f", number, c, sum/float64(seeds), float64(refused)/float64(seeds))
		}
	}
}

// What is refused by chance teaches no limit.
func TestChanceIsNoLimit(t *testing.T) {
	number := 0
	for _, p := range []float64{0.05, 0.01, 0.1} {
		for _, rate := range []float64{10, 0.8, 50} {
			for seed := range uint64(3) {
				t.Run(fmt.Sprintf("%v at %v, seed %d", p, rate, seed), func(t *testing.T) {
					number++
					sample(t, number, seed == 0 && p == 0.05 && rate == 10)
					rng, start := rngOf(seed)
					l := New(Bounds{Start: rate, Most: rate, Least: rate / 50})
					c := run(world{&chanceServer{p, rng}, latency / 20, false, false}, l, 1_000, start, rng)
					// Each refusal cost 2 s, or more, where nothing was learnt.
					before := 1_000/rate + 2*float64(c.refused)
					t.Logf("%.2f of before, refused %d, %+v", c.took.Seconds()/before, c.refused, l.Found())
					if c.took.Seconds() > 1.2*before {
						t.Errorf("took %v, before it was %v s", c.took, before)
					}
				})
			}
		}
	}
}

// Who uses up some of the limit for a while is given way to, and nothing of it stays.
func TestSomebodyElseIsGivenWay(t *testing.T) {
	for i, of := range []quota{
		{Rolling, 50, time.Minute, 0}, {Fixed, 50, time.Minute, 0}, {Bucket, 50, time.Minute, 5}, {Rolling, 10, time.Second, 0}, {Bucket, 10, time.Second, 1},
	} {
		t.Run(fmt.Sprint(of), func(t *testing.T) {
			sample(t, i, i == 0)
			rng, start := rngOf(1)
			requests := max(1_000, int(500*of.rate()))
			span := time.Duration(float64(requests) / of.rate() * float64(time.Second))
			theirs := time.Duration(2 / of.rate() * float64(time.Second)) // half of it
			w := world{&shared{server: of.server(), every: theirs, from: start.Add(span / 4), to: start.Add(span / 2)}, latency / 20, false, false}
			l := New(boundsFor(of, 0.96*1.0001))
			l.bounds.Most = l.bounds.Start
			c := run(w, l, requests, start, rng)
			ideal := span.Seconds() * 1.125
			t.Logf("%.2f x ideal, refused %d, in row %d, pace %v, %+v", c.took.Seconds()/ideal, c.refused, c.inRow, l.Pace(), l.Found())
			most := 1.4
			if of.burst == 1 { // one slot after the other goes to who happens to come first
				most = 2.5
			}
			if c.took.Seconds() > most*ideal || c.refused > requests/10 {
				t.Errorf("%.2f x ideal, refused %d", c.took.Seconds()/ideal, c.refused)
			}
		})
	}
}

// What was learnt before is where the next run begins, and it rises from there only late and slowly.
func TestWhatWasLearntIsWhereTheNextRunBegins(t *testing.T) {
	rng, start := rngOf(1)
	l := New(Bounds{Start: 20, Most: 20, Least: 1, Learned: 9.8})
	w := world{limit.Rolling(12, time.Second), 0, false, false}
	if c := run(w, l, learntHolds-1, start, rng); c.refused > 0 || l.Pace() != 9.8 {
		t.Errorf("took %v, refused %d, the pace is %v, want 9.8 still", c.took, c.refused, l.Pace())
	}
	if c := run(w, l, 200, start.Add(time.Hour), rng); c.refused > 0 || l.Pace() <= 9.8 {
		t.Errorf("took %v, refused %d, the pace is %v, want more than 9.8", c.took, c.refused, l.Pace())
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

// sample skips what takes long: in a plain run all but main cases, else those that are not in the share that is asked for,
// squared: a tenth of them at TEST_PERCENT=30.
func sample(t *testing.T, number int, main bool) {
	t.Helper()
	if testextent.Plain() && !main || !testextent.Plain() && number%(testextent.Step(1)*testextent.Step(1)) != 0 {
		t.Skip("a larger TEST_PERCENT runs it")
	}
}

// away is a server that refuses everything for a while.
type away struct {
	server
	from, to time.Time
}

func (s *away) Take(now time.Time) (time.Duration, bool) {
	if now.Before(s.from) || !now.Before(s.to) {
		return s.server.Take(now)
	}
	return 30 * time.Second, false
}

// When a server has refused everything for an hour, or somebody else used its limit up, what held before holds again. That is
// made sure of for limits of so many a minute, as the API's.
func TestAnHourOfRefusalsTeachesNothing(t *testing.T) {
	number := 0
	for i, of := range limits() {
		if of.per != time.Minute {
			continue
		}
		for _, trouble := range []string{"away", "eaten", "half eaten"} {
			for _, tells := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v %d per %v burst %d, %s, tells %v", of.kind, of.n, of.per, of.burst, trouble, tells), func(t *testing.T) {
					number++
					sample(t, number, i == 6 && !tells)
					rng, start := rngOf(1)
					l := New(boundsFor(of, 0.96))
					l.bounds.Most, l.bounds.Least = l.bounds.Start, 1.0/60
					hour := time.Hour // or as long as 3,000 requests take
					if most := time.Duration(3_000 / of.rate() * float64(time.Second)); most < hour {
						hour = max(most, 5*time.Minute)
					}
					from := start.Add(5 * time.Minute)
					to := from.Add(hour)
					var s server = &away{of.server(), from, to}
					switch every := time.Duration(float64(time.Second) / of.rate()); trouble {
					case "eaten":
						s = &shared{server: of.server(), every: every / 2, from: from, to: to}
					case "half eaten":
						s = &shared{server: of.server(), every: every * 2, from: from, to: to}
					}
					last, after := to, 0
					c := runUntil(world{s, latency / 20, false, tells}, l, start, rng, func(now time.Time, ok bool) bool {
						last = now
						if now.After(to) {
							after++
						}
						return now.After(to) && l.Pace() >= 0.9*l.bounds.Start || now.Sub(to) > hour
					})
					t.Logf("back after %v, %d requests; refused %d, %+v", last.Sub(to), after, c.refused, l.Found())
					if took := last.Sub(to); took > 4*time.Minute && after > 110 {
						t.Errorf("back after %v, %d requests", took, after)
					}
					// What is right may be known from before: one at once, that the way there jostles.
					if f := l.Found(); trouble == "away" && f.Kind != Unknown && f.Kind != Chance && (f.Kind != of.kind || math.Abs(f.Rate/of.rate()-1) > 0.02) {
						t.Errorf("it is taken for a limit: %+v", l.Found())
					}
				})
			}
		}
	}
}
