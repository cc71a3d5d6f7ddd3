package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/internal/wallclock"
)

// step is a rate that holds from a time of the day on.
type step struct {
	hour, minute int
	rate         Rate
}

// steps are those of a rate by the clock, in the order of the day; none: it is the same all day.
func (r Rate) steps() (all []step) {
	all, _ = parseSteps(r.clock)
	return all
}

// parseSteps reads "08:00 10/m, 20:00 48/m".
func parseSteps(text string) (all []step, err error) {
	if text == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		at, rate, _ := strings.Cut(strings.TrimSpace(part), " ")
		clock, err := time.Parse("15:04", at)
		if err != nil {
			return nil, fmt.Errorf("rate %q: %q is not of the form 08:00 10/m, as each part of a rate by the clock is", text, strings.TrimSpace(part))
		}
		r, err := parsePlain(rate)
		if err != nil {
			return nil, err
		}
		all = append(all, step{clock.Hour(), clock.Minute(), r})
	}
	slices.SortFunc(all, func(a, b step) int { return cmp.Or(a.hour-b.hour, a.minute-b.minute) })
	for i, s := range all[1:] {
		if s.hour == all[i].hour && s.minute == all[i].minute {
			return nil, fmt.Errorf("rate %q: %02d:%02d is there twice", text, s.hour, s.minute)
		}
	}
	return all, nil
}

// parseClock reads a rate by the clock.
func parseClock(text string) (Rate, error) {
	all, err := parseSteps(text)
	if err != nil {
		return Rate{}, err
	}
	parts := make([]string, len(all))
	for i, s := range all {
		parts[i] = fmt.Sprintf("%02d:%02d %v", s.hour, s.minute, s.rate)
	}
	return Rate{clock: strings.Join(parts, ", ")}, nil
}

// begins is when a step begins on a day, so many after that of a moment. A time that the day skips, when clocks go forward,
// is that of the change; one that it has twice is the first.
func (s step) begins(now time.Time, days int) time.Time {
	return wallclock.First(now, days, s.hour*60+s.minute)
}

// At is the rate that holds at a moment, by the clock of its location: the same at any moment unless it is a rate by the
// clock.
func (r Rate) At(now time.Time) Rate {
	all := r.steps()
	if len(all) == 0 {
		return r
	}
	for plus := 0; ; plus-- {
		for _, s := range slices.Backward(all) {
			if !s.begins(now, plus).After(now) {
				return s.rate
			}
		}
	}
}

// Changes is when another rate begins to hold after a moment, by the clock of its location; zero: never.
func (r Rate) Changes(now time.Time) time.Time {
	all := r.steps()
	if len(all) < 2 {
		return time.Time{}
	}
	for plus := 0; ; plus++ {
		for _, s := range all {
			if at := s.begins(now, plus); at.After(now) {
				return at
			}
		}
	}
}
