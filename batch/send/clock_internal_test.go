package send

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/internal/wallclock"
)

// A moment is told in UTC too, but not twice the same.
func TestClock(t *testing.T) {
	at := time.Date(2026, 11, 24, 2, 30, 0, 0, time.UTC)
	for zone, want := range map[*time.Location]string{
		time.UTC:                       "2026-11-24 02:30:00 UTC",
		time.FixedZone("GMT", 0):       "2026-11-24 02:30:00 GMT",
		time.FixedZone("CET", 3600):    "2026-11-24 03:30:00 CET (02:30:00 UTC)",
		time.FixedZone("EST", -5*3600): "2026-11-23 21:30:00 EST (02:30:00 UTC)",
	} {
		if got := wallclock.Text(at.In(zone)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The clock by which readings age and the deadline comes is the one of the wall alone.
func TestTheClockGoesOnWhileTheMachineSleeps(t *testing.T) {
	if now := (Options{}).WallClock(); now.String() != now.Round(0).String() {
		t.Errorf("%s has the clock that stands still meanwhile", now)
	}
}
