package cli

import (
	"testing"
	"time"
	_ "time/tzdata" // the zones of the test, wherever it runs
)

func TestParseDeadline(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		parsed, err := time.ParseInLocation("2006-01-02 15:04", text, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, c := range []struct {
		now, text string
		want      time.Time
	}{
		{"2026-11-23 02:00", "04:00", at("2026-11-23 04:00")},
		{"2026-11-23 04:00", "04:00", at("2026-11-24 04:00")},
		{"2026-11-23 22:00", "04:00", at("2026-11-24 04:00")},
		{"2026-11-23 22:00", "90m", at("2026-11-23 23:30")},
		{"2026-11-23 22:00", "2026-11-25T03:00:00Z", at("2026-11-25 04:00")},
		{"2026-11-23 22:00", "none", time.Time{}},
		// The nights on which the clock changes have 23 and 25 hours.
		{"2026-03-28 23:00", "04:00", at("2026-03-28 23:00").Add(4 * time.Hour)},
		{"2026-10-24 23:00", "04:00", at("2026-10-24 23:00").Add(6 * time.Hour)},
	} {
		got, err := parseDeadline(c.text, at(c.now))
		if err != nil || !got.Equal(c.want) {
			t.Errorf("%s at %s: got %v, want %v, error %v", c.text, c.now, got, c.want, err)
		}
	}
	for _, text := range []string{"", "4", "25:00", "-5m", "0s", "tomorrow", "2026-11-23T00:59:59Z"} {
		if got, err := parseDeadline(text, at("2026-11-23 02:00")); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
