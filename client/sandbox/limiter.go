package sandbox

import "time"

// A limiter counts requests in time.
type limiter interface {
	// take uses up one request at now, or says how long until there is one again.
	take(now time.Time) (wait time.Duration, ok bool)
	// giveBack undoes the take at that time.
	giveBack(at time.Time)
}

// newLimiter returns the limiter of a quota that has its defaults.
func newLimiter(q Quota) limiter {
	if q.N == 0 {
		return unlimited{}
	}
	switch q.Window {
	case Fixed:
		return &fixedWindow{n: q.N, per: q.Per}
	case Bucket:
		return &bucket{every: q.Per / time.Duration(q.N), burst: q.N}
	case Spaced:
		return &bucket{every: q.Per / time.Duration(q.N), burst: 1}
	default:
		return &rollingWindow{n: q.N, per: q.Per}
	}
}

type unlimited struct{}

func (unlimited) take(time.Time) (time.Duration, bool) { return 0, true }
func (unlimited) giveBack(time.Time)                   {}

// fixedWindow counts in windows that begin at whole multiples of their length.
type fixedWindow struct {
	n     int
	per   time.Duration
	start time.Time
	used  int
}

func (f *fixedWindow) take(now time.Time) (time.Duration, bool) {
	if start := now.Truncate(f.per); !start.Equal(f.start) {
		f.start, f.used = start, 0
	}
	if f.used >= f.n {
		return f.start.Add(f.per).Sub(now), false
	}
	f.used++
	return 0, true
}

func (f *fixedWindow) giveBack(at time.Time) {
	if at.Truncate(f.per).Equal(f.start) && f.used > 0 {
		f.used--
	}
}

// rollingWindow remembers when the last n requests passed, oldest first.
type rollingWindow struct {
	n      int
	per    time.Duration
	passed []time.Time
}

func (r *rollingWindow) take(now time.Time) (time.Duration, bool) {
	old := 0
	for old < len(r.passed) && now.Sub(r.passed[old]) >= r.per {
		old++
	}
	r.passed = r.passed[old:]
	if len(r.passed) >= r.n {
		return r.passed[0].Add(r.per).Sub(now), false
	}
	r.passed = append(r.passed, now)
	return 0, true
}

func (r *rollingWindow) giveBack(at time.Time) {
	for i, t := range r.passed {
		if t.Equal(at) {
			r.passed = append(r.passed[:i:i], r.passed[i+1:]...)
			return
		}
	}
}

// bucket is a token bucket, kept as the time at which it will be full again.
type bucket struct {
	every time.Duration // time to refill one token
	burst int
	full  time.Time
}

func (b *bucket) take(now time.Time) (time.Duration, bool) {
	if b.full.Before(now) {
		b.full = now
	}
	if wait := b.full.Add(-time.Duration(b.burst-1) * b.every).Sub(now); wait > 0 {
		return wait, false
	}
	b.full = b.full.Add(b.every)
	return 0, true
}

func (b *bucket) giveBack(time.Time) { b.full = b.full.Add(-b.every) }
