// Package limit has limits of requests in time, as of servers that allow only so many: the sandbox counts by them, and what
// finds a limit is tried against them. No client uses them.
package limit

import "time"

// A Limiter counts requests in time.
type Limiter interface {
	// Take uses up one request at now, or says how long until there is one again.
	Take(now time.Time) (wait time.Duration, ok bool)
	// GiveBack undoes the Take at that time.
	GiveBack(at time.Time)
}

// None lets everything pass.
func None() Limiter { return unlimited{} }

// Fixed lets n requests pass in each window of that length, which begin at whole multiples of it.
func Fixed(n int, per time.Duration) Limiter { return &fixedWindow{n: n, per: per} }

// Rolling lets n requests pass in any stretch of that length.
func Rolling(n int, per time.Duration) Limiter { return &rollingWindow{n: n, per: per} }

// Bucket lets as many requests pass at once as it has tokens, of which it gets one in every such span.
func Bucket(tokens int, every time.Duration) Limiter { return &bucket{every: every, burst: tokens} }

type unlimited struct{}

func (unlimited) Take(time.Time) (time.Duration, bool) { return 0, true }
func (unlimited) GiveBack(time.Time)                   {}

// fixedWindow counts in windows that begin at whole multiples of their length.
type fixedWindow struct {
	n     int
	per   time.Duration
	start time.Time
	used  int
}

func (f *fixedWindow) Take(now time.Time) (time.Duration, bool) {
	if start := now.Truncate(f.per); !start.Equal(f.start) {
		f.start, f.used = start, 0
	}
	if f.used >= f.n {
		return f.start.Add(f.per).Sub(now), false
	}
	f.used++
	return 0, true
}

func (f *fixedWindow) GiveBack(at time.Time) {
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

func (r *rollingWindow) Take(now time.Time) (time.Duration, bool) {
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

func (r *rollingWindow) GiveBack(at time.Time) {
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

func (b *bucket) Take(now time.Time) (time.Duration, bool) {
	if b.full.Before(now) {
		b.full = now
	}
	if wait := b.full.Add(-time.Duration(b.burst-1) * b.every).Sub(now); wait > 0 {
		return wait, false
	}
	b.full = b.full.Add(b.every)
	return 0, true
}

func (b *bucket) GiveBack(time.Time) { b.full = b.full.Add(-b.every) }
