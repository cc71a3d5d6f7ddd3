package learn

import "testing"

// A limit that has just changed when the oldest entries are forgotten: what was seen before the change is of no use, and
// what has been seen since is kept.
func TestAChangeJustBeforeTheOldestAreForgotten(t *testing.T) {
	for _, since := range []int{1, 90, memory / 4, memory / 2} {
		l := New(Bounds{Start: 1, Most: 10, Least: 0.1})
		for i := range memory {
			if i == memory-since {
				l.from = i
			}
			l.keep(entry{at: float64(i), refused: i%7 == 0})
		}
		if got, want := len(l.all)-l.from, min(since, memory/4); got != want {
			t.Errorf("a change %d entries ago: %d are looked at, want %d", since, got, want)
		}
	}
}
