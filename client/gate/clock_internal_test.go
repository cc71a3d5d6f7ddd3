package gate

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

func TestARateByTheClockIsRead(t *testing.T) {
	for text, want := range map[string]string{
		"08:00 10/m, 20:00 48/m": "08:00 10/m, 20:00 48/m",
		"20:00 48/m,8:00 10/m":   "08:00 10/m, 20:00 48/m",
		"06:30 2/s":              "06:30 2/s",
	} {
		if r, err := ParseRate(text); err != nil || r.String() != want {
			t.Errorf("%q: got %v, %v", text, r, err)
		}
	}
	for _, text := range []string{"08:00", "08:00 10/d", "24:00 10/m", "08:00 10/m, 08:00 20/m", "08:00 10/m,", "8 10/m, 20:00 48/m", "10/m, 20:00 48/m"} {
		if r, err := ParseRate(text); err == nil {
			t.Errorf("%q: got %v", text, r)
		}
	}
	_, err := ParseRate("auto, 20:00 48/m")
	if want := `rate "auto, 20:00 48/m": "auto" is not of the form 08:00 10/m, as each part of a rate by the clock is`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

// The rate of the evening holds until the morning, and where clocks are set a step begins once: at the change when its
// time is skipped, and the first time when it comes twice.
func TestARateByTheClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	utc := func(text string) time.Time {
		at, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return at.In(berlin)
	}
	for _, c := range []struct{ rate, now, holds, changes string }{
		{"08:00 10/m, 20:00 48/m", "2026-01-10 06:59", "48/m", "2026-01-10 07:00"},
		{"08:00 10/m, 20:00 48/m", "2026-01-10 07:00", "10/m", "2026-01-10 19:00"},
		{"08:00 10/m, 20:00 48/m", "2026-01-10 19:00", "48/m", "2026-01-11 07:00"},
		{"08:00 10/m, 20:00 48/m", "2026-07-10 06:00", "10/m", "2026-07-10 18:00"},
		{"02:30 10/m, 20:00 48/m", "2026-03-29 00:59", "48/m", "2026-03-29 01:00"}, // 02:00 becomes 03:00
		{"02:30 10/m, 20:00 48/m", "2026-03-29 01:00", "10/m", "2026-03-29 18:00"},
		{"02:30 10/m, 20:00 48/m", "2026-10-25 00:29", "48/m", "2026-10-25 00:30"}, // 03:00 becomes 02:00
		{"02:30 10/m, 20:00 48/m", "2026-10-25 00:30", "10/m", "2026-10-25 19:00"},
		{"02:30 10/m, 20:00 48/m", "2026-10-25 01:10", "10/m", "2026-10-25 19:00"},
	} {
		r, err := ParseRate(c.rate)
		if err != nil {
			t.Fatal(err)
		}
		if now := utc(c.now); r.At(now).String() != c.holds || !r.Changes(now).Equal(utc(c.changes)) {
			t.Errorf("%s at %v: %v until %v, want %s until %v", c.rate, now, r.At(now), r.Changes(now), c.holds, utc(c.changes))
		}
	}
	if plain := DefaultRate(); plain.At(time.Now()) != plain || !plain.Changes(time.Now()).IsZero() {
		t.Error("a rate that is the same all day changes")
	}
}

// Who waits for the rate when it changes leaves by the new one.
func TestTheClockWakesWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		change := start.Add(90 * time.Minute)
		r, err := ParseRate(start.Local().Format("15:04") + " 1/h, " + change.Local().Format("15:04") + " 1/m")
		if err != nil {
			t.Fatal(err)
		}
		g := New(r, rand.Float64)
		for i, want := range []time.Duration{0, 60 * time.Minute, 90*time.Minute + 30*time.Second, 91*time.Minute + 30*time.Second} {
			if open, err := g.Pass(t.Context(), always, ignore); !open || err != nil {
				t.Fatal(open, err)
			}
			if got := time.Since(start); got < want || got > want+time.Second {
				t.Errorf("request %d left after %v, want %v", i+1, got, want)
			}
		}
	})
}
