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
	// An hour that comes twice: the first moment after now at which the clock shows it.
	twice := time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC) // 02:00 for the first time, and an hour later again
	for _, c := range []struct {
		now  time.Time
		text string
		want time.Time
	}{
		{twice.Add(-time.Hour), "02:55", twice.Add(55 * time.Minute)},
		{twice.Add(45 * time.Minute), "02:55", twice.Add(55 * time.Minute)},
		{twice.Add(45 * time.Minute), "02:30", twice.Add(90 * time.Minute)},
		{twice.Add(105 * time.Minute), "02:55", twice.Add(115 * time.Minute)},
		{twice.Add(105 * time.Minute), "02:30", twice.Add(26*time.Hour - 30*time.Minute)},
		// An hour that is left out: when the clock passes it.
		{at("2026-03-29 01:00"), "02:30", at("2026-03-29 03:00")},
		{at("2026-03-29 01:00"), "03:00", at("2026-03-29 03:00")},
		{at("2026-03-29 04:00"), "02:30", at("2026-03-30 02:30")},
	} {
		if got, err := parseDeadline(c.text, c.now.In(berlin)); err != nil || !got.Equal(c.want) {
			t.Errorf("%s at %s: got %v, want %v, error %v", c.text, c.now.In(berlin), got, c.want.In(berlin), err)
		}
	}
	for _, text := range []string{"", "4", "25:00", "-5m", "0s", "tomorrow", "2026-11-23T00:59:59Z"} {
		if got, err := parseDeadline(text, at("2026-11-23 02:00")); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
