package learn

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/client/internal/limit"
	"github.com/bulknum/bulknum/internal/testextent"
)

// turning is a server whose limit is another one from a moment on.
type turning struct {
	before, after server
	at            time.Time
}

func (s turning) Take(now time.Time) (time.Duration, bool) {
	if now.Before(s.at) {
		return s.before.Take(now)
	}
	return s.after.Take(now)
}

// both is a server with two limits at once: so many a second, and so many a minute.
type both struct{ short, long limit.Limiter }

func (s both) Take(now time.Time) (time.Duration, bool) {
	if wait, ok := s.short.Take(now); !ok {
		return wait, false
	}
	wait, ok := s.long.Take(now)
	if !ok {
		s.short.GiveBack(now)
	}
	return wait, ok
}

// countsAll is a server that counts what it refuses as well: who goes on too fast gets nothing.
type countsAll struct {
	n    int
	per  time.Duration
	came []time.Time
}

func (s *countsAll) Take(now time.Time) (time.Duration, bool) {
	for len(s.came) > 0 && now.Sub(s.came[0]) >= s.per {
		s.came = s.came[1:]
	}
	s.came = append(s.came, now)
	if len(s.came) > s.n {
		return s.came[len(s.came)-s.n].Add(s.per).Sub(now), false
	}
	return 0, true
}

// endpoints is a server that counts each of its endpoints apart: a request is for one of them by turns.
type endpoints struct {
	all  []server
	next int
}

func (s *endpoints) Take(now time.Time) (time.Duration, bool) {
	s.next++
	return s.all[s.next%len(s.all)].Take(now)
}

// In unusual weather a run still ends, is refused little, and has most of what is allowed.
func TestUnusualWeather(t *testing.T) {
	_, start := rngOf(1)
	const minute = time.Minute
	fifty := func() limit.Limiter { return limit.Rolling(50, minute) }
	for i, c := range []struct {
		name     string
		server   server
		tells    bool
		bounds   Bounds
		requests int
		ideal    time.Duration
		most     float64 // times the ideal
		refused  int     // of a hundred
	}{
		{"a proxy refuses all for a minute", &away{fifty(), start.Add(10 * minute), start.Add(11 * minute)}, false, boundsFor(quota{Rolling, 50, minute, 0}, 0.96), 2_000, 40 * minute, 1.15, 2},
		{"another uses nine tenths for ten minutes", &shared{server: fifty(), every: 1333 * time.Millisecond, from: start.Add(10 * minute), to: start.Add(20 * minute)}, false, boundsFor(quota{Rolling, 50, minute, 0}, 0.96), 2_000, 49 * minute, 1.25, 5},
		{"the limit falls to a third", turning{limit.Rolling(60, minute), limit.Rolling(20, minute), start.Add(10 * minute)}, false, boundsFor(quota{Rolling, 60, minute, 0}, 2), 1_500, 55 * minute, 1.25, 8},
		{"the limit rises threefold", turning{limit.Rolling(20, minute), limit.Rolling(60, minute), start.Add(20 * minute)}, false, boundsFor(quota{Rolling, 60, minute, 0}, 1), 3_000, 64 * minute, 2.3, 2},
		{"refused requests count", &countsAll{n: 50, per: minute}, false, boundsFor(quota{Rolling, 50, minute, 0}, 2), 1_500, 30 * minute, 1.4, 5},
		{"ten a second and a hundred a minute", both{limit.Rolling(10, time.Second), limit.Rolling(100, minute)}, false, boundsFor(quota{Rolling, 100, minute, 0}, 10), 2_000, 20 * minute, 1.25, 4},
		{"each endpoint counted apart", &endpoints{all: []server{fifty(), limit.Rolling(10, minute)}}, false, boundsFor(quota{Rolling, 50, minute, 0}, 2), 1_000, 50 * minute, 1.45, 8},
		{"a thousand an hour", limit.Fixed(1_000, time.Hour), true, boundsFor(quota{Rolling, 1_000, time.Hour, 0}, 2), 4_000, 4 * time.Hour, 1.25, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			if testextent.Plain() && i != 4 {
				t.Skip("a larger TEST_PERCENT runs it")
			}
			rng, _ := rngOf(1)
			l := New(c.bounds)
			r := run(world{c.server, latency / 20, false, c.tells}, l, c.requests, start, rng)
			all := c.requests + r.refused
			t.Logf("%.2f x ideal, refused %d of %d, in row %d, the pace is %.3f, %+v", r.took.Seconds()/c.ideal.Seconds(), r.refused, all, r.inRow, l.Pace(), l.Found())
			if r.took.Seconds() > c.most*c.ideal.Seconds() || r.refused*100 > c.refused*c.requests {
				t.Errorf("%.2f x ideal, refused %d", r.took.Seconds()/c.ideal.Seconds(), r.refused)
			}
		})
	}
}

// A clock that is set, an answer that seems to come before its request, and a wait of nothing or of the past stop nobody.
func TestAClockThatJumps(t *testing.T) {
	for _, jump := range []time.Duration{-24 * time.Hour, -time.Second, time.Hour, 40 * 24 * time.Hour} {
		rng, start := rngOf(1)
		l := New(boundsFor(quota{Rolling, 50, time.Minute, 0}, 2))
		s := limit.Rolling(50, time.Minute)
		run(world{s, 0, false, false}, l, 200, start, rng)
		now := start.Add(10 * time.Minute)
		if wait := l.Answered(Answer{Sent: now, Answered: now.Add(jump), Refused: true, Asked: -time.Second, Told: nothingTold}); wait < 0 || wait > longest*time.Second {
			t.Errorf("a clock that jumps by %v: nothing leaves for %v", jump, wait)
		}
		from := now.Add(jump)
		if c := run(world{limit.Rolling(50, time.Minute), 0, false, false}, l, 500, from, rng); c.took > 15*time.Minute || l.Pace() < 0.5 {
			t.Errorf("a clock that jumps by %v: 500 requests took %v, the pace is %v", jump, c.took, l.Pace())
		}
	}
}
