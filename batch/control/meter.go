package control

import "time"

// The spans over which a meter is asked. Ten minutes, because that is longer
// than any single wait that the API may ask for by default.
const (
	rateSpan = time.Minute
	longSpan = 10 * time.Minute
)

// tally counts rows, or the requests of a reading.
type tally struct {
	started     time.Time // zero: not yet
	total, done int
	finished    meter
}

// add counts one that came to an end.
func (t *tally) add(now time.Time) {
	t.done++
	t.finished.add(now)
}

// rate is what the rest will go at: as the last minutes, in which the odd wait
// is contained, or, after a long silence, as the whole run until now.
func (t *tally) rate(now time.Time, elapsed time.Duration) float64 {
	if rate := t.finished.rate(now, min(elapsed, longSpan)); rate > 0 {
		return rate
	}
	return perMinute(float64(t.done), elapsed)
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
// second in which the span begins, it takes the share that belongs to it.
func (m *meter) rate(now time.Time, span time.Duration) float64 {
	m.forget(now.Unix())
	begin := now.Add(-span)
	var n float64
	for second := m.last; second > begin.Unix(); second-- {
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
