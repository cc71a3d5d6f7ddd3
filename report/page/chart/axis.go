package chart

import (
	"math"
	"strconv"
	"strings"
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

func widest(texts []string) (most px) {
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

// scale is the axis that reaches a value in no more than so many steps. A step
// is 1, 2 or 5 times a power of ten: what is drawn is counted in whole numbers.
func scale(highest float64, most int) values {
	for power := 1.0; ; power *= 10 {
		for _, factor := range []float64{1, 2, 5} {
			if step := factor * power; step*float64(most) >= highest {
				return values{step, max(1, int(math.Ceil(highest/step)))}
			}
		}
	}
}

// scaleWithin is the axis that reaches a value and whose labels fit side by
// side.
func scaleWithin(highest float64, room px) values {
	for most := mostSteps; ; most-- {
		v := scale(highest, most)
		if most == 1 || (widest(v.labels())+apart)*px(v.steps) <= room {
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
func present(v float64) (float64, bool) {
	return max(0, min(v, mostValue)), !math.IsNaN(v)
}

// highest is the highest value, at least 1.
func highest(series []Series) float64 {
	most := 1.0
	for _, s := range series {
		for _, value := range s.Values {
			if v, there := present(value); there {
				most = max(most, v)
			}
		}
	}
	return most
}

// every says that each so many-th of the labels along an axis is shown, where
// they are a step apart and need so much room. It is a divisor or a multiple of
// 60, so that times stay even.
func every(step, need px) int {
	n := max(1, int(math.Ceil(float64(need/step))))
	for 60%n != 0 && n%60 != 0 {
		n++
	}
	return n
}
