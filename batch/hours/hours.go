// Package hours has the hours of the day in which rows may be begun, by the clock on the wall: [Hours] open and end when
// the clock shows so, also in the nights on which it is put forward or back.
package hours

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/internal/wallclock"
)

// Hours are windows of each day, in their order, of which none touches another; none: any hour is right.
type Hours []window

// window is a part of each day, in minutes of it. One that ends before it begins, or when it begins, ends the day after.
type window struct{ from, to int }

// always says that any hour is right.
const always = "always"

// day is how many minutes the clock shows.
const day = 24 * 60

// Parse reads windows as in 22:00-04:00 or 12:00-13:00,22:00-24:00; or always. Two that touch at midnight are one.
// An error quotes what is no window.
func Parse(text string) (Hours, error) {
	if text == always {
		return nil, nil
	}
	var h Hours
	for part := range strings.SplitSeq(text, ",") {
		w, err := parseWindow(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		h = append(h, w)
	}
	slices.SortFunc(h, func(a, b window) int { return cmp.Compare(a.from, b.from) })
	last := len(h) - 1
	overMidnight := last > 0 && h[last].to == day && h[0].from == 0
	for i, w := range h {
		next := h[(i+1)%len(h)].from
		if i == last {
			next += day
		}
		if w.ends() >= next && !(overMidnight && i == last) {
			return nil, fmt.Errorf("%q: windows overlap or follow one another, or last all day: write them as one, or %s", text, always)
		}
	}
	if overMidnight {
		h[last].to = h[0].to
		h = h[1:]
	}
	return h, nil
}

func parseWindow(text string) (w window, err error) {
	from, to, found := strings.Cut(text, "-")
	if w.from, err = parseClock(from); err == nil && found {
		w.to, err = parseClock(to)
	}
	if err != nil || !found || w.from == day {
		return w, fmt.Errorf("%q are no hours: write them as in 22:00-04:00, several as in 12:00-13:00,22:00-04:00, or %s", text, always)
	}
	return w, nil
}

// parseClock reads a time of the day, 24:00 among them, as minutes.
func parseClock(text string) (minutes int, err error) {
	if text == "24:00" {
		return day, nil
	}
	at, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return 0, errors.New("not a time of the day")
	}
	return at.Hour()*60 + at.Minute(), nil
}

// ends is the minute at which a window ends, from the beginning of the day on which it begins.
func (w window) ends() int {
	if w.to <= w.from {
		return w.to + day
	}
	return w.to
}

// String is the inverse of [Parse].
func (h Hours) String() string {
	if len(h) == 0 {
		return always
	}
	texts := make([]string, len(h))
	for i, w := range h {
		texts[i] = fmt.Sprintf("%02d:%02d-%02d:%02d", w.from/60, w.from%60, w.to/60, w.to%60)
	}
	return strings.Join(texts, ",")
}

// MarshalText writes the hours as [Parse] reads them.
func (h Hours) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *Hours) UnmarshalText(text []byte) (err error) {
	*h, err = Parse(string(text))
	return err
}

// Overnight reports whether the hours are one window that crosses midnight.
func (h Hours) Overnight() bool { return len(h) == 1 && h[0].to < h[0].from }

// Next is the window that is open at a moment, or else the next one, by the clock of the moment's zone. Both are zero
// where any hour is right.
func (h Hours) Next(at time.Time) (begins, ends time.Time) {
	if len(h) == 0 {
		return begins, ends
	}
	for days := -1; ; days++ { // one that crosses midnight began the day before
		for _, w := range h {
			begins, ends = wallclock.First(at, days, w.from), wallclock.First(at, days, w.ends())
			if ends.After(at) && ends.After(begins) { // it is none on a day whose clock leaves it out
				return begins, ends
			}
		}
	}
}

// Open reports whether a moment is in the hours.
func (h Hours) Open(at time.Time) bool {
	begins, _ := h.Next(at)
	return !begins.After(at)
}

// After is when so much time of the hours has gone by since a moment.
func (h Hours) After(at time.Time, takes time.Duration) time.Time {
	if len(h) == 0 || takes <= 0 {
		return at.Add(takes)
	}
	for {
		begins, ends := h.Next(at)
		if begins.After(at) {
			at = begins
		}
		if left := ends.Sub(at); takes > left {
			takes, at = takes-left, ends
			continue
		}
		return at.Add(takes)
	}
}

// Between is how much time of the hours is between two moments.
func (h Hours) Between(from, to time.Time) (open time.Duration) {
	if len(h) == 0 {
		return to.Sub(from)
	}
	for {
		begins, ends := h.Next(from)
		if begins.Before(from) {
			begins = from
		}
		if !begins.Before(to) {
			return open
		}
		if ends.After(to) {
			return open + to.Sub(begins)
		}
		open, from = open+ends.Sub(begins), ends
	}
}

// Windows is how many windows are open at some time between two moments.
func (h Hours) Windows(from, to time.Time) int {
	n := 0
	for len(h) > 0 {
		begins, ends := h.Next(from)
		if !begins.Before(to) {
			break
		}
		n++
		from = ends
	}
	return n
}
