package plan

import (
	"testing"
	"time"
)

// The point of no return is when a rollback of what is done would have had to begin:
// once it has passed, it stays where it was, whatever the time.
func TestPointOfNoReturnStays(t *testing.T) {
	deadline := time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		done, left int
		every      time.Duration
		want       time.Duration // before the deadline
	}{
		"some is left":     {58, 100, time.Second, 70 * time.Second},
		"nothing is left":  {58, 0, time.Second, 70 * time.Second},
		"at a slower rate": {58, 100, 2 * time.Second, 140 * time.Second},
		"nothing was done": {0, 100, time.Second, 0},
		"nothing at all":   {0, 0, time.Second, 0},
	} {
		for _, before := range []time.Duration{0, -time.Minute, -time.Hour} { // the deadline has passed
			f := Forecast{Now: deadline.Add(-before), Deadline: deadline, Every: c.every, Done: c.done, Left: c.left, Pages: 10}
			if before == 0 {
				f.Now = deadline.Add(-c.want + time.Millisecond) // just too late
			}
			w := f.Window()
			if want := deadline.Add(-c.want); !w.NoReturnAt.Equal(want) || w.NoReturnRows != c.done {
				t.Errorf("%s, at %s: %s after %d rows, want %s after %d",
					name, f.Now, w.NoReturnAt, w.NoReturnRows, want, c.done)
			}
		}
	}
}
