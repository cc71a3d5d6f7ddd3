package control

import "time"

// The spans over which a meter is asked. Ten minutes, because that is longer
// than any single wait that the API may ask for by default.
const (
	rateSpan = time.Minute
	longSpan = 10 * time.Minute
)

// Speed that was measured holds in place of the allowed rate once so many came to an end,
// and it is so much slower: what is allowed is then not what the API takes.
const (
	measured = 20
	slower   = 1.1
)

// tally counts rows, or the requests of a reading.
type tally struct {
	started     time.Time // zero: not yet
	total, done int
	finished    meter
	clock       stopwatch // stands still while people, and not the API, keep the run from going on
	at          pace      // by clock
}

// pace is what came to an end since the rate was set last.
type pace struct {
	since time.Time
	done  int
	meter meter
}

// add counts one that came to an end.
func (t *tally) add(now time.Time) {
	t.done++
	t.measure(now)
}

// measure counts one for the speed.
func (t *tally) measure(now time.Time) {
	t.finished.add(now)
	t.at.done++
	t.at.meter.add(t.clock.at(now))
}

// measureAnew forgets the speed: what is allowed is another from now on.
func (t *tally) measureAnew(now time.Time) { t.at = pace{since: t.clock.at(now)} }

// speed is how many a minute came to an end: as in the last minutes, in which the odd wait
// is contained, or, after a long silence, as in the whole run until now.
func (t *tally) speed(now time.Time) float64 {
	at := t.clock.at(now)
	elapsed := at.Sub(t.at.since)
	if rate := t.at.meter.rate(at, min(elapsed, longSpan)); rate > 0 {
		return rate
	}
	return perMinute(float64(t.at.done), elapsed)
}

// every is the time from one to the next at the rate that holds: the allowed one, or what
// the API was seen to take where that is slower. 0 is not known.
func (t *tally) every(now time.Time, allowed time.Duration) time.Duration {
	speed := t.speed(now)
	if speed == 0 {
		return allowed
	}
	took := time.Duration(float64(time.Minute) / speed)
	if allowed == 0 || t.at.done >= measured && float64(took) > slower*float64(allowed) {
		return took
	}
	return allowed
}

// stopwatch is a clock that can be stopped.
type stopwatch struct {
	behind  time.Duration // the actual time
	stopped time.Time     // zero: it goes
}

// at is the time that it shows.
func (w *stopwatch) at(now time.Time) time.Time {
	if !w.stopped.IsZero() && now.After(w.stopped) {
		now = w.stopped
	}
	return now.Add(-w.behind)
}

// run lets it go, or stops it.
func (w *stopwatch) run(now time.Time, goes bool) {
	switch {
	case goes && !w.stopped.IsZero():
		w.behind += max(0, now.Sub(w.stopped))
		w.stopped = time.Time{}
	case !goes && w.stopped.IsZero():
		w.stopped = now
	}
}

// meter counts things by the second, for as long as longSpan, and the
// second in which that began.
type meter struct {
	counts [longSpan/time.Second + 1]int
	last   int64 // the second, since 1970, of the newest count
}

// add counts one.
func (m *meter) add(now time.Time) {
	m.forget(now.Unix())
	m.counts[m.slot(m.last)]++
}

// rate is how many a minute were counted during a span that ends now. Of the
// second in which the span begins, it takes the share that belongs to it. A clock that has
// gone back, be it to the zero time, costs no more.
func (m *meter) rate(now time.Time, span time.Duration) float64 {
	m.forget(now.Unix())
	begin := now.Add(-span)
	var n float64
	for second := m.last; second > max(begin.Unix(), m.last-int64(len(m.counts))); second-- {
		n += float64(m.counts[m.slot(second)])
	}
	share := 1 - time.Duration(begin.Nanosecond()).Seconds()
	return perMinute(n+share*float64(m.counts[m.slot(begin.Unix())]), span)
}

// forget clears the seconds that have begun since the last count. A clock that
// goes back counts for the last second.
func (m *meter) forget(second int64) {
	for ; m.last < second; m.last++ {
		if second-m.last > int64(len(m.counts)) {
			m.last = second - int64(len(m.counts))
		}
		m.counts[m.slot(m.last+1)] = 0
	}
}

func (m *meter) slot(second int64) int64 {
	n := int64(len(m.counts))
	return (second%n + n) % n
}

// perMinute is a rate; of the first second nothing is said yet.
func perMinute(n float64, span time.Duration) float64 {
	if span < time.Second {
		return 0
	}
	return n / span.Minutes()
}
