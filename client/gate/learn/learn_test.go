package learn_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/client/gate/learn"
	"github.com/bulknum/bulknum/internal/testextent"
)

// limits are a server's way of counting.
type limits struct {
	kind   learn.Kind
	n      int // in a window, or the tokens of a bucket
	period time.Duration
	every  time.Duration // one token of a bucket
}

func (l limits) rate() float64 {
	if l.kind == learn.Bucket {
		return 1 / l.every.Seconds()
	}
	return float64(l.n) / l.period.Seconds()
}

func (l limits) String() string {
	if l.kind == learn.Bucket {
		return fmt.Sprintf("bucket %.4g/s burst %d", l.rate(), l.n-1)
	}
	return fmt.Sprintf("%s %d/%v", l.kind, l.n, l.period)
}

// server counts requests.
type server struct {
	limits
	passed []time.Time // of the window
	full   time.Time   // when a bucket is full again
}

// take accepts a request, or says how long until it would.
func (s *server) take(now time.Time) (wait time.Duration) {
	switch s.kind {
	case learn.Bucket:
		if s.full.Before(now) {
			s.full = now
		}
		if wait := s.full.Add(-time.Duration(s.n-1) * s.every).Sub(now); wait > 0 {
			return wait
		}
		s.full = s.full.Add(s.every)
		return 0
	case learn.Fixed:
		start := now.Truncate(s.period)
		s.passed = slices.DeleteFunc(s.passed, func(t time.Time) bool { return t.Before(start) })
		if len(s.passed) >= s.n {
			return start.Add(s.period).Sub(now)
		}
	default:
		old := 0
		for old < len(s.passed) && now.Sub(s.passed[old]) >= s.period {
			old++
		}
		s.passed = s.passed[old:]
		if len(s.passed) >= s.n {
			return s.passed[0].Add(s.period).Sub(now)
		}
	}
	s.passed = append(s.passed, now)
	return 0
}

// world is what a run meets.
type world struct {
	limits
	headers bool
	latency time.Duration // of a round trip
	workers int
	skew    time.Duration // of the server's clock
	seed    uint64
	// other is the rate of another client, of the limit, which comes at one time and goes at another.
	other      float64
	from, till time.Duration
	watch      func(learn.Answer) // optional
}

// outcome is what a run came to.
type outcome struct {
	took          time.Duration
	refused, sent int
	events        int // refusals, those that were under way together counted once
	again         int // two in a row, after 500 requests without a change of the limit
	belief        learn.Belief
	news          []learn.News
}

type flight struct {
	sent, at time.Time
	answer   learn.Answer
}

// run sends so many requests as fast as a learner lets them.
func (w world) run(l *learn.Learner, start time.Time, requests int) (o outcome) {
	rng := rand.New(rand.NewPCG(w.seed, 1))
	s := &server{limits: w.limits}
	var under []flight
	var last, arrived, other time.Time
	var lastRefused bool
	var lastEvent time.Time
	now, accepted, met := start, 0, 0
	other = start.Add(w.from)
	jitter := min(float64(w.latency)/4, 0.02/w.rate()*float64(time.Second))
	land := func(f flight) {
		now = f.at
		if f.answer.Refused {
			o.refused++
			if !f.sent.Before(lastEvent) {
				if lastRefused && accepted > met+500 {
					o.again++
				}
				if o.events++; o.events == 1 {
					met = accepted
				}
				lastRefused, lastEvent = true, f.at
			}
		} else {
			accepted++
			if !f.sent.Before(lastEvent) {
				lastRefused = false
			}
		}
		if news := l.Answered(f.answer); news != "" {
			o.news = append(o.news, news)
		}
		if w.watch != nil {
			w.watch(f.answer)
		}
	}
	for accepted < requests {
		next := last.Add(time.Duration(float64(time.Second) / l.Rate()))
		if l.Opens().After(next) {
			next = l.Opens()
		}
		if next.Before(now) {
			next = now
		}
		if len(under) > 0 && (len(under) >= w.workers || accepted+len(under) >= requests || under[0].at.Before(next)) {
			f := under[0]
			under = under[1:]
			land(f)
			continue
		}
		now, last = next, next
		at := next.Add(w.latency/2 + time.Duration(rng.Float64()*jitter)).Add(w.skew)
		if at.Before(arrived) {
			at = arrived
		}
		arrived = at
		if w.other > 0 {
			for ; other.Add(w.skew).Before(at) && other.Before(start.Add(w.till)); other = other.Add(time.Duration(float64(time.Second) / w.other)) {
				s.take(other.Add(w.skew))
			}
		}
		o.sent++
		l.Sent(next)
		wait := s.take(at)
		f := flight{sent: next, at: at.Add(w.latency/2 - w.skew)}
		f.answer = learn.Answer{Sent: f.sent, At: f.at, Refused: wait > 0, Date: at.Truncate(time.Second), Quota: learn.Quota{Remaining: -1}}
		if w.headers && wait > 0 {
			f.answer.RetryAfter = time.Duration(math.Ceil(wait.Seconds())) * time.Second
		}
		if w.headers && w.rate() > 100 { // an obeyed Retry-After of whole seconds costs too much there: the limit is told as well
			f.answer.Quota = learn.Quota{Limit: int(w.rate() + 0.5), Window: time.Second, Remaining: -1}
		}
		under = append(under, f)
		slices.SortStableFunc(under, func(a, b flight) int { return a.at.Compare(b.at) })
	}
	o.took, o.belief = now.Sub(start), l.Belief()
	return o
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func servers() (all []limits) {
	for _, w := range []limits{
		{n: 10, period: time.Minute}, {n: 50, period: time.Minute}, {n: 10, period: time.Second}, {n: 600, period: time.Minute},
		{n: 50, period: time.Second}, {n: 200, period: time.Second}, {n: 1000, period: time.Second}, {n: 300, period: 10 * time.Second},
	} {
		for _, kind := range []learn.Kind{learn.Fixed, learn.Rolling} {
			w.kind = kind
			all = append(all, w)
		}
	}
	for _, every := range []time.Duration{6 * time.Second, 1200 * time.Millisecond, 100 * time.Millisecond, 20 * time.Millisecond, 5 * time.Millisecond, time.Millisecond} {
		for _, burst := range []int{0, 5, 20, 50} {
			all = append(all, limits{kind: learn.Bucket, n: burst + 1, every: every})
		}
	}
	return all
}

// passes is what a server was met with, twice.
type passes struct {
	limits
	first, then outcome
}

// learnt runs against a server from a start at so many times its limit, and again with what was learnt.
func learnt(w world, times float64) passes {
	start := noon.Add(7300*time.Millisecond + time.Duration(w.seed*7919)*time.Millisecond)
	config := learn.Config{Now: start, Start: times * w.rate()}
	p := passes{limits: w.limits, first: w.run(learn.New(config), start, requests)}
	config.Now, config.Known = start.Add(p.first.took+time.Hour), p.first.belief
	p.then = w.run(learn.New(config), config.Now, requests)
	return p
}

// requests is the length of a run.
const requests = 5000

// share is a part of one, in percent.
func share(part, of int) float64 { return 100 * float64(part) / float64(of) }

// TestAims holds the figures of every server, from a start at half, twice and five times its limit. What cannot be known
// before the limit was met takes its toll in a few worlds in a hundred; so the aims of time, of refusals in a row and of
// the kind are held over all of them. Where the limit is above 100/s and there are headers, they tell the limit: to obey a
// Retry-After of a whole second takes a fifth of a run of five.
func TestAims(t *testing.T) {
	worlds, slow, again, named, rightly := 0, 0, 0, 0, 0
	every, n := min(4, testextent.Step(1)), 0
	for _, s := range servers() {
		for _, headers := range []bool{false, true} {
			for _, times := range []float64{0.5, 2, 5} {
				for seed := range uint64(testextent.Count(10)) {
					if n++; n%every != 0 {
						continue
					}
					w := world{limits: s, headers: headers, latency: min(20*time.Millisecond, time.Duration(8/s.rate()*1e9)), workers: 16,
						skew: 3700 * time.Millisecond, seed: seed}
					p := learnt(w, times)
					ideal := requests / s.rate()
					first, then := p.first.took.Seconds()/ideal, p.then.took.Seconds()/ideal
					refused, later := share(p.first.refused, p.first.sent), share(p.then.refused, p.then.sent)
					t.Logf("%-24v headers %-5v from x%-3v: %.2f of ideal, %.1f %% refused; then %.2f, %.1f %%; says %s %v, %.4g/s, sure %.2f",
						s, headers, times, first, refused, then, later, p.first.belief.Kind, p.first.belief.Period, p.first.belief.Rate, p.first.belief.Sure)
					worlds++
					if first > 1.25 || then > 1.10 {
						slow++
						t.Logf("slow: %v headers %v from x%v: %.2f, then %.2f", s, headers, times, first, then)
					}
					if p.first.again+p.then.again > 0 {
						again++
						t.Logf("two refusals in a row: %v headers %v from x%v", s, headers, times)
					}
					if refused >= 2 || later >= 1 {
						t.Errorf("%v headers %v from x%v: %.2f %% refused, then %.2f %%", s, headers, times, refused, later)
					}
					if p.first.events >= 3 {
						named++
						if p.first.belief.Kind == s.kind {
							rightly++
						}
					}
				}
			}
		}
	}
	t.Logf("of %d worlds %d slow, %d with two refusals in a row; %d of %d kinds rightly named", worlds, slow, again, rightly, named)
	if share(slow, worlds) > 2 || share(again, worlds) > 2 || share(rightly, named) < 90 {
		t.Errorf("of %d worlds %d slow, %d with two refusals in a row; %d of %d kinds rightly named", worlds, slow, again, rightly, named)
	}
}

// TestAnotherClientIsGivenWay has somebody else spend half of the limit for a while.
func TestAnotherClientIsGivenWay(t *testing.T) {
	for _, s := range []limits{
		{kind: learn.Rolling, n: 10, period: time.Second}, {kind: learn.Fixed, n: 50, period: time.Second},
		{kind: learn.Rolling, n: 50, period: time.Minute}, {kind: learn.Bucket, n: 6, every: 100 * time.Millisecond},
	} {
		span := func(requests float64) time.Duration { return time.Duration(requests / s.rate() * 1e9) }
		w := world{limits: s, latency: 5 * time.Millisecond, workers: 16, other: s.rate() / 2, from: span(1500), till: span(3500)}
		l := learn.New(learn.Config{Now: noon, Start: s.rate(), Known: learn.Belief{Rate: s.rate(), Kind: s.kind, Period: s.period, Sure: 1}})
		o := w.run(l, noon, requests)
		ideal := span(requests + 1000)
		t.Logf("%v: %.2f of ideal, %.1f %% refused, %v", s, o.took.Seconds()/ideal.Seconds(), share(o.refused, o.sent), o.news)
		if !slices.Contains(o.news, learn.GaveWay) {
			t.Errorf("%v: it did not give way: %v", s, o.news)
		}
		if !slices.Contains(o.news, learn.CameBack) || l.Rate() < 0.85*s.rate() {
			t.Errorf("%v: it did not come back: %v, at %.3g/s", s, o.news, l.Rate())
		}
		if o.took > ideal*5/4 {
			t.Errorf("%v: it took %v, ideal are %v", s, o.took, ideal)
		}
	}
}

// TestBoundsHold has any server and any other client, and a highest and a lowest rate.
func TestBoundsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := servers()
		w := world{
			limits: all[rapid.IntRange(0, len(all)-1).Draw(t, "server")], headers: rapid.Bool().Draw(t, "headers"), workers: 16,
			latency: time.Duration(rapid.IntRange(1, 400).Draw(t, "latency")) * time.Millisecond, seed: rapid.Uint64().Draw(t, "seed"),
		}
		w.other = w.rate() * float64(rapid.IntRange(0, 7).Draw(t, "other")) / 10
		w.from, w.till = time.Minute, 10*time.Minute
		most, least := w.rate()*rapid.Float64Range(0.2, 3).Draw(t, "most"), w.rate()*rapid.Float64Range(0.01, 0.1).Draw(t, "least")
		l := learn.New(learn.Config{Now: noon, Start: most, Most: most, Least: least})
		w.watch = func(a learn.Answer) {
			if r := l.Rate(); r > most*1.000001 || r < least*0.999999 {
				t.Fatalf("rate %v, allowed %v to %v", r, least, most)
			}
			if a.RetryAfter > 0 && l.Opens().Before(a.At.Add(a.RetryAfter)) {
				t.Fatalf("opens %v, asked to wait %v at %v", l.Opens(), a.RetryAfter, a.At)
			}
		}
		w.run(l, noon, 400)
	})
}
