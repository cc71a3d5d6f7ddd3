// Package wallclock is the clock on the wall: when it shows a time of the day, also where it is put forward or back.
package wallclock

import "time"

// Next is the first moment after now at which the clock shows a time of day. On a day that leaves it out it is the
// moment at which the clock passes it.
func Next(hour, minute int, now time.Time) time.Time {
	year, month, date := now.Date()
	for {
		for _, at := range Showing(year, month, date, hour*60+minute, now.Location()) {
			if at.After(now) {
				return at
			}
		}
		date++
	}
}

// Showing are the moments of a day at which the clock shows so many minutes after midnight: two in an hour that comes
// twice, and where the clock leaves it out, the one at which it passes that.
func Showing(year int, month time.Month, date, minutes int, in *time.Location) []time.Time {
	want := time.Date(year, month, date, 0, minutes, 0, 0, time.UTC)
	at := time.Date(year, month, date, 0, minutes, 0, 0, in)
	start, end := at.ZoneBounds()
	_, offset := at.Zone()
	switch shown := at.Add(time.Duration(offset) * time.Second).UTC(); {
	case shown.After(want):
		return []time.Time{start}
	case shown.Before(want):
		return []time.Time{end}
	}
	moments := []time.Time{at}
	if !start.IsZero() {
		_, before := start.Add(-time.Nanosecond).Zone()
		if first := at.Add(time.Duration(offset-before) * time.Second); first.Before(at) && first.Before(start) {
			moments = []time.Time{first, at}
		}
	}
	if !end.IsZero() {
		_, after := end.Zone()
		if second := at.Add(time.Duration(offset-after) * time.Second); second.After(at) && !second.Before(end) {
			moments = append(moments, second)
		}
	}
	return moments
}

// First is the first moment of a day, so many days after that of another moment, at which the clock shows so many minutes
// after midnight, or passes them; more than a day has is the day after.
func First(of time.Time, days, minutes int) time.Time {
	const day = 24 * 60
	year, month, date := of.Date()
	return Showing(year, month, date+days+minutes/day, minutes%day, of.Location())[0]
}

// Text is a moment with its date and zone, and the same in UTC where that is another time of the day.
func Text(t time.Time) string {
	text := t.Format("2006-01-02 15:04:05 MST")
	if _, ahead := t.Zone(); ahead != 0 {
		text += t.UTC().Format(" (15:04:05 UTC)")
	}
	return text
}
