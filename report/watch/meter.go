package watch

import "time"

// The spans over which a meter is asked. Ten minutes, because that is longer
// than any single wait that the API may ask for by default.
const (
	rateSpan = time.Minute
	paceSpan = 10 * time.Minute
)

// meter counts things by the second, for as long as paceSpan.
type meter struct {
	counts [paceSpan / time.Second]int
	last   int64 // the second, since 1970, of the newest count
}

// add counts one.
func (m *meter) add(now time.Time) {
	m.forget(now.Unix())
	m.counts[m.slot(m.last)]++
}

// rate is how many a minute were counted during a span that ends now.
func (m *meter) rate(now time.Time, span time.Duration) float64 {
	m.forget(now.Unix())
	n := 0
	for s := range int64(min(span, paceSpan-time.Second)/time.Second) + 1 {
		n += m.counts[m.slot(m.last-s)]
	}
	return perMinute(n, span)
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
func perMinute(n int, span time.Duration) float64 {
	if span < time.Second {
		return 0
	}
	return float64(n) / span.Minutes()
}
