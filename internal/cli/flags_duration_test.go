package cli

import (
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90d": 90 * 24 * time.Hour, "0d": 0, "30m": 30 * time.Minute, "1h30m": 90 * time.Minute, "0": 0, "36525d": 36525 * 24 * time.Hour,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "-1d", "-5m", "1.5d", "90", "3w", "soon", "36526d", "99999999999999999999d"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

// The text of a length of time is short, and is read as the same.
func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 30 * time.Second: "30s", 5 * time.Minute: "5m", 12 * time.Hour: "12h", 7 * 24 * time.Hour: "7d",
		90 * time.Minute: "1h30m", time.Hour + time.Second: "1h0m1s", 10*time.Minute + 10*time.Second: "10m10s",
		10 * time.Hour: "10h", 1500 * time.Millisecond: "1.5s",
	} {
		got := plan.Duration(d)
		if got != want {
			t.Errorf("%v is shown as %s, want %s", d, got, want)
		}
		if back, err := parseDuration(got); err != nil || back != d {
			t.Errorf("%s is read as %v, %v", got, back, err)
		}
	}
}
