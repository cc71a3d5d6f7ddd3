package cli

import (
	"fmt"
	"time"
)

// noDeadline says that there is none.
const noDeadline = "none"

// parseDeadline reads a local time of day, which is the first moment after now at which
// the clock shows it, a time from now on, a moment with its date and zone, or
// [noDeadline].
func parseDeadline(text string, now time.Time) (time.Time, error) {
	if text == noDeadline {
		return time.Time{}, nil
	}
	if after, err := time.ParseDuration(text); err == nil {
		if after <= 0 {
			return time.Time{}, fmt.Errorf("%q is over already", text)
		}
		return now.Add(after), nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		if !at.After(now) {
			return time.Time{}, fmt.Errorf("%q is over already", text)
		}
		return at.In(now.Location()), nil
	}
	clock, err := time.ParseInLocation("15:04", text, now.Location())
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a deadline: use a local time such as 04:00, a duration such as 90m, or none", text)
	}
	return nextShowing(clock.Hour(), clock.Minute(), now), nil
}

// nextShowing is the first moment after now at which the clock shows a time of day. On
// a day that leaves it out it is the moment at which the clock passes it.
func nextShowing(hour, minute int, now time.Time) time.Time {
	year, month, day := now.Date()
	for {
		for _, at := range showing(time.Date(year, month, day, hour, minute, 0, 0, now.Location()), hour, minute) {
			if at.After(now) {
				return at
			}
		}
		day++
	}
}

// showing are the moments of a day at which the clock shows a time, of which [time.Date]
// has made one: two in an hour that comes twice.
func showing(at time.Time, hour, minute int) []time.Time {
	start, end := at.ZoneBounds()
	if at.Hour() != hour || at.Minute() != minute { // the clock leaves it out
		if at.Hour()*60+at.Minute() > hour*60+minute {
			return []time.Time{start}
		}
		return []time.Time{end}
	}
	_, offset := at.Zone()
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
