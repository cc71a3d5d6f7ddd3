package cli

import (
	"fmt"
	"time"

	"github.com/bulknum/bulknum/internal/wallclock"
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
	return wallclock.Next(clock.Hour(), clock.Minute(), now), nil
}
