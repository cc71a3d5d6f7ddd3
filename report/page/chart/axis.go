package chart

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	letter    = 7.5 // about how wide a letter is at most, in the fonts of the page
	apart     = 10  // between two labels side by side
	mostSteps = 5
	mostValue = 1e15 // up to which floats are exact counts
)

// width is about how wide a text is.
func width(text string) px { return px(utf8.RuneCountInString(text)) * letter }

func widest(texts ...string) (most px) {
	for _, text := range texts {
		most = max(most, width(text))
	}
	return most
}

// values is an axis from 0 in steps.
type values struct {
	step  float64
	steps int
}

// Step is 1, 2 or 5 times a power of ten, no more than so many of which reach a
// value. It is a whole number: what is drawn is counted.
func Step(reach float64, most int) float64 {
	for power := 1.0; ; power *= 10 {
		for _, factor := range []float64{1, 2, 5} {
			if step := factor * power; step*float64(most) >= reach {
				return step
			}
		}
	}
}

// scale is the axis that reaches a value in no more than so many steps.
func scale(highest float64, most int) values {
	step := Step(highest, most)
	return values{step, max(1, int(math.Ceil(highest/step)))}
}

// scaleWithin is the axis that reaches a value and whose labels fit side by
// side.
func scaleWithin(highest float64, room px) values {
	for most := mostSteps; ; most-- {
		v := scale(highest, most)
		if most == 1 || (widest(v.labels()...)+apart)*px(v.steps) <= room {
			return v
		}
	}
}

func (v values) top() float64 { return v.step * float64(v.steps) }

// share is how far along the axis a value is.
func (v values) share(of float64) px { return px(of / v.top()) }

func (v values) labels() []string {
	texts := make([]string, v.steps+1)
	for i := range texts {
		texts[i] = plain(v.step * float64(i))
	}
	return texts
}

// plain is a number without a unit: 12,000, 0.5.
func plain(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	whole, _, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// present is a value as it is drawn, and whether it is there.
func present(v float64) (drawn float64, there bool) {
	if math.IsNaN(v) {
		return 0, false
	}
	return max(0, min(v, mostValue)), true
}

// highest is the highest value as it is drawn, 0 of none.
func highest(values []float64) (most float64) {
	for _, value := range values {
		if v, there := present(value); there {
			most = max(most, v)
		}
	}
	return most
}

// TimeStep is the shortest length of time that people count in, no more than so
// many of which fill a span.
func TimeStep(span time.Duration, most int) time.Duration {
	const s, m, h = time.Second, time.Minute, time.Hour
	atLeast := max(0, span-1) / time.Duration(most)
	for _, step := range []time.Duration{
		s, 2 * s, 5 * s, 10 * s, 15 * s, 30 * s, m, 2 * m, 5 * m, 10 * m, 15 * m, 30 * m, h, 2 * h, 6 * h, 12 * h,
	} {
		if atLeast < step {
			return step
		}
	}
	step := 24 * h
	for atLeast >= step && step < math.MaxInt64/2 {
		step *= 2
	}
	return step
}

// round are the moments within a span that are whole steps of the clock, or else
// its beginning.
func round(from time.Time, span, step time.Duration) (at []time.Time) {
	_, offset := from.Zone()
	zone := time.Duration(offset) * time.Second
	t := from.Add(zone).Truncate(step).Add(-zone)
	if t.Before(from) {
		t = t.Add(step)
	}
	for ; t.Sub(from) <= span; t = t.Add(step) {
		at = append(at, t)
	}
	if at == nil {
		at = []time.Time{from}
	}
	return at
}
