package terminal

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/report/words"
)

// failureLine is a line about the n-th of the last failures, the newest being
// the first; or nothing.
func failureLine(s *control.Status, n int, zone *time.Location, width int, color bool) string {
	if n >= len(s.Failures) {
		return ""
	}
	r := s.Failures[n]
	text := fmt.Sprintf("%s  %s  %s  %s", r.At.In(zone).Format(words.ClockTime), result.Place(r.Line, r.Row), printable(r.Number), r.Status)
	if r.Error != "" {
		text += ": " + printable(r.Error)
	}
	return fit([]part{{text: cut(text, width), color: statusColor(r.Status)}}, width, color)
}

// printable is a text from outside on one line, without anything that a
// terminal obeys or that is not a column wide: such characters become a ?.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r > unicode.MaxASCII || !unicode.IsPrint(r):
			return '?'
		default:
			return r
		}
	}, strings.Join(strings.Fields(text), " "))
}

// cut is as much of a text of ASCII as there is room for.
func cut(text string, width int) string {
	if len(text) <= max(0, width) {
		return text
	}
	return text[:max(0, width)]
}
