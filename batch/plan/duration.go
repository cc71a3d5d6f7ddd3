package plan

import (
	"fmt"
	"strings"
	"time"
)

// Day is as long as people mean when they count days back.
const Day = 24 * time.Hour

// Duration is a length of time as options have it: 7d, 36h, 1h30m, 5m, 0s.
func Duration(d time.Duration) string {
	if d > 0 && d%Day == 0 {
		return fmt.Sprintf("%dd", d/Day)
	}
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if whole, ok := strings.CutSuffix(text, zero); ok {
			text = whole + zero[:1]
		}
	}
	return text
}

// Age is for how long something has been there, as exactly as people want to know it:
// 8d 3h, 25h10m, 42s. It is rounded up, so that what is older than a limit reads so.
func Age(d time.Duration) string {
	up := func(unit time.Duration) time.Duration { return (d + unit - 1).Truncate(unit) }
	switch {
	case d < time.Hour:
		return Duration(up(time.Second))
	case d < 2*Day:
		return Duration(up(time.Minute))
	}
	d = up(time.Hour)
	text := Duration(d.Truncate(Day))
	if rest := d % Day; rest > 0 {
		text += " " + Duration(rest)
	}
	return text
}
