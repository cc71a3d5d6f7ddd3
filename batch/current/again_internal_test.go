package current

import (
	"testing"
	"time"
)

// One number and several are told of in words that fit.
func TestLagging(t *testing.T) {
	last := time.Date(2026, 3, 1, 20, 0, 5, 0, time.UTC)
	for n, want := range map[int]string{
		1: "1 number does not show yet what was sent a moment ago: it is read again, until 20:00:05 UTC at the latest",
		2: "2 numbers do not show yet what was sent a moment ago: they are read again, until 20:00:05 UTC at the latest",
	} {
		if got := lagging(n, last); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
