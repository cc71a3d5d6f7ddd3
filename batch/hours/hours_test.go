package hours_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests, wherever they run

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/internal/testextent"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"22:00-04:00":                         "22:00-04:00",
		" 22:00-24:00, 02:00-3:0":             "",
		"22:00-24:00, 02:00-03:00":            "02:00-03:00,22:00-24:00",
		"23:00-01:00,12:00-13:00":             "12:00-13:00,23:00-01:00",
		"00:00-23:59":                         "00:00-23:59",
		"22:00-24:00,00:00-04:00":             "22:00-04:00",
		"00:00-04:00,12:00-13:00,22:00-24:00": "12:00-13:00,22:00-04:00",
		"always":                              "always",
		"":                                    "", "22:00": "", "22-4": "", "22:00-": "", "22:00-25:00": "", "24:00-04:00": "", "22:00 - 04:00": "", "never": "",
		// What is one window is written as one, and all day as always.
		"22:00-22:00": "", "00:00-24:00": "", "10:00-12:00,12:00-13:00": "", "22:00-24:00,00:00-22:00": "", "21:00-24:00,00:00-04:00,22:00-23:00": "",
		"10:00-12:00,11:00-13:00": "", "22:00-04:00,03:00-05:00": "", "10:00-12:00,10:00-12:00": "",
	} {
		h, err := hours.Parse(text)
		if (err == nil) != (want != "") || err == nil && h.String() != want {
			t.Errorf("%q: %s, %v, want %q", text, h, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "always") {
			t.Errorf("%q: it does not say what to write: %v", text, err)
		}
		if err != nil {
			continue
		}
		doc, err := json.Marshal(h)
		var back hours.Hours
		if err != nil || json.Unmarshal(doc, &back) != nil || back.String() != want {
			t.Errorf("%q: read back from %s as %s, %v", text, doc, back, err)
		}
	}
}

// zoned is a moment of a zone.
func zoned(t *testing.T, zone, text string) time.Time {
	t.Helper()
	in, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, in)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// In the nights in which the clock is put forward or back, hours begin and end when the clock shows so.
func TestNightsOnWhichTheClockChanges(t *testing.T) {
	for _, c := range []struct {
		zone, at, hours string
		begins          string
		long            time.Duration
	}{
		{"Europe/Berlin", "2026-11-27 12:00", "22:00-04:00", "2026-11-27 22:00", 6 * time.Hour},
		{"Europe/Berlin", "2026-11-27 03:59", "22:00-04:00", "2026-11-26 22:00", 6 * time.Hour},
		{"Europe/Berlin", "2026-11-27 04:00", "22:00-04:00", "2026-11-27 22:00", 6 * time.Hour},
		{"Europe/Berlin", "2026-03-28 23:00", "22:00-04:00", "2026-03-28 22:00", 5 * time.Hour},
		{"Europe/Berlin", "2026-10-24 23:00", "22:00-04:00", "2026-10-24 22:00", 7 * time.Hour},
		{"Europe/Berlin", "2026-10-24 23:00", "22:00-02:30", "2026-10-24 22:00", 4*time.Hour + 30*time.Minute}, // at the first of two
		{"Europe/Berlin", "2026-10-24 23:00", "02:30-04:00", "2026-10-25 00:00", 2*time.Hour + 30*time.Minute}, // from the first of two
		{"Europe/Berlin", "2026-03-28 23:00", "02:30-04:00", "2026-03-29 03:00", time.Hour},
		{"Europe/Berlin", "2026-03-28 23:00", "22:00-02:30", "2026-03-28 22:00", 4 * time.Hour},
		{"Europe/Berlin", "2026-03-28 23:00", "02:10-02:40", "2026-03-30 02:10", 30 * time.Minute}, // there is none that night
		{"America/Havana", "2026-03-07 12:00", "00:30-03:00", "2026-03-08 01:00", 2 * time.Hour},   // midnight is left out
		{"America/Havana", "2026-03-07 12:00", "22:00-24:00", "2026-03-07 22:00", 2 * time.Hour},
	} {
		h, err := hours.Parse(c.hours)
		if err != nil {
			t.Fatal(err)
		}
		begins, ends := h.Next(zoned(t, c.zone, c.at))
		want := zoned(t, c.zone, c.begins)
		if c.begins == "2026-10-25 00:00" {
			want = want.Add(2*time.Hour + 30*time.Minute)
		}
		if !begins.Equal(want) || ends.Sub(begins) != c.long {
			t.Errorf("%s at %s in %s: from %s for %s, want from %s for %s", c.hours, c.at, c.zone, begins, ends.Sub(begins), want, c.long)
		}
	}
}

// look is how often somebody looks at the clock.
const look = 5 * time.Minute

// The hours are those that a clock on the wall would open and end: whether they are open is told by looking at it.
func TestHoursAreThoseOfTheClockOnTheWall(t *testing.T) {
	zones := map[string][]string{ // with days about which the clock is put forward or back
		"Europe/Berlin": {"2026-03-29", "2026-10-25", "2026-11-27"}, "America/Havana": {"2026-03-08", "2026-11-01"},
		"Australia/Lord_Howe": {"2026-04-05", "2026-10-04"}, "UTC": {"2026-02-28"},
	}
	if err := testextent.Checks(300); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		zone := rapid.SampledFrom([]string{"Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "UTC"}).Draw(r, "zone")
		day := zoned(t, zone, rapid.SampledFrom(zones[zone]).Draw(r, "day")+" 00:00")
		clock := rapid.Custom(func(r *rapid.T) string {
			return time.Time{}.Add(time.Duration(rapid.IntRange(0, 24*60/5-1).Draw(r, "minute")) * look).Format("15:04")
		})
		text := clock.Draw(r, "from") + "-" + clock.Draw(r, "to")
		if rapid.Bool().Draw(r, "two") {
			text += "," + clock.Draw(r, "from 2") + "-" + clock.Draw(r, "to 2")
		}
		h, err := hours.Parse(text)
		if err != nil {
			r.Skip(text)
		}
		open := seen(h.String(), day.AddDate(0, 0, -3), day.AddDate(0, 0, 3))
		left, at := 0, day.AddDate(0, 0, -1)
		for to := day.AddDate(0, 0, 2); at.Before(to); at = at.Add(look) {
			if h.Open(at) != open[at.Unix()] {
				r.Fatalf("%s: open at %s: %t", h, at, h.Open(at))
			}
			if open[at.Unix()] {
				left++
			}
		}
		for _, takes := range []int{1, left / 2, left - 1} {
			if takes <= 0 {
				continue
			}
			done, passed := h.After(day.AddDate(0, 0, -1), time.Duration(takes)*look), 0
			for at := day.AddDate(0, 0, -1); at.Before(done); at = at.Add(look) {
				if open[at.Unix()] {
					passed++
				}
			}
			if passed != takes || !open[done.Add(-look).Unix()] {
				r.Fatalf("%s: after %d looks it is %s, when %d have gone by", h, takes, done, passed)
			}
		}
	})
}

// seen are the moments between two others that are in the hours, by somebody who looks at the clock: hours begin when it
// shows their beginning, or has passed it, and end so.
func seen(text string, from, to time.Time) map[int64]bool {
	passed := map[string]time.Time{} // when the clock first showed a time of a day, or had passed it
	var latest string
	for at := from; at.Before(to); at = at.Add(look) {
		now := at.Format("2006-01-02 15:04")
		if now <= latest {
			continue
		}
		if latest == "" {
			latest = now
		}
		for wall := utc(latest); !wall.After(utc(now)); wall = wall.Add(look) {
			if shown := wall.Format("2006-01-02 15:04"); passed[shown].IsZero() {
				passed[shown] = at
			}
		}
		latest = now
	}
	open := map[int64]bool{}
	for wall := utc(from.Format("2006-01-02") + " 00:00"); wall.Before(utc(latest)); wall = wall.AddDate(0, 0, 1) {
		for part := range strings.SplitSeq(text, ",") {
			begins, ends, _ := strings.Cut(part, "-")
			until := wall
			if ends <= begins {
				until = wall.AddDate(0, 0, 1)
			}
			first, last := passed[wall.Format("2006-01-02 ")+begins], passed[until.Format("2006-01-02 ")+ends]
			for at := first; !first.IsZero() && at.Before(last); at = at.Add(look) {
				open[at.Unix()] = true
			}
		}
	}
	return open
}

func utc(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return at
}

// Nights are counted that are needed at least in part; where any hour is right there are none.
func TestWindows(t *testing.T) {
	h, err := hours.Parse("22:00-04:00")
	if err != nil {
		t.Fatal(err)
	}
	noon := zoned(t, "Europe/Berlin", "2026-11-27 12:00")
	for takes, want := range map[time.Duration]int{
		time.Minute: 1, 6 * time.Hour: 1, 6*time.Hour + time.Minute: 2, 12 * time.Hour: 2, 60 * time.Hour: 10,
	} {
		if got := h.Windows(noon, h.After(noon, takes)); got != want {
			t.Errorf("%s takes %d, want %d", takes, got, want)
		}
	}
	var always hours.Hours
	if begins, ends := always.Next(noon); !always.Open(noon) || always.Windows(noon, noon.AddDate(1, 0, 0)) != 0 ||
		!always.After(noon, time.Hour).Equal(noon.Add(time.Hour)) || !begins.IsZero() || !ends.IsZero() {
		t.Error("any hour is not right")
	}
}
