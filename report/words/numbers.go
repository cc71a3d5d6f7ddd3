// Package words is the wording that reports, listeners and the command line share: numbers, durations and times, why a
// run ended, and what comes next.
package words

import (
	"fmt"
	"strconv"
	"time"

	"github.com/bulknum/bulknum/client"
)

// Count is a number with a comma between thousands: 10,000.
func Count(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// CountOf is a number of things: 1 page, 1,184 pages.
func CountOf(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Count(n) + " " + thing + "s"
}

// Rate is how many things were done in a length of time, in the unit of a rate such
// as "20/s", or a minute if that names none: 8.5/s.
func Rate(n int, took time.Duration, of string) string {
	unit, per := "m", time.Minute
	if rate, err := client.ParseRate(of); err == nil {
		unit, per = rate.Unit()
	}
	return fmt.Sprintf("%.1f/%s", float64(n)/(float64(took)/float64(per)), unit)
}

// Verb is "is" for one thing, and "are" for others.
func Verb(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// Duration is a length of time in the two units that matter: 0.4 s, 42 s,
// 3 m 12 s, 3 h 34 m, 2 d 3 h.
func Duration(d time.Duration) string {
	switch {
	case d.Round(time.Second/10) < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d.Round(time.Second) < time.Minute:
		return fmt.Sprintf("%d s", d.Round(time.Second)/time.Second)
	case d.Round(time.Second) < time.Hour:
		return units(d.Round(time.Second), time.Minute, "m", time.Second, "s")
	case d.Round(time.Minute) < 24*time.Hour:
		return units(d.Round(time.Minute), time.Hour, "h", time.Minute, "m")
	default:
		return units(d.Round(time.Hour), 24*time.Hour, "d", time.Hour, "h")
	}
}

func units(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	return fmt.Sprintf("%d %s %d %s", d/large, largeName, d%large/small, smallName)
}

// Milliseconds is [Duration] of milliseconds.
func Milliseconds(ms int64) string { return Duration(time.Duration(ms) * time.Millisecond) }

// Clock is how a time is shown to people, always with its zone.
const Clock = "2006-01-02 15:04:05 MST"

// ClockTime is how the time of a day is shown to people, always with its zone.
const ClockTime = "15:04:05 MST"

// FirstRows is up to how many rows of a kind a plan lists.
const FirstRows = 50

// PlaceCell is [result.Place] in a column that is called so.
func PlaceCell(line, row int) string { return fmt.Sprintf("%s (%s)", Count(line), Count(row)) }

// PlaceColumn is the head of such a column.
const PlaceColumn = "Line (row)"
