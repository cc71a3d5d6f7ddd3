// Package chart has the drawings of report.html: lines over time, and bars with their numbers.
//
// A [Drawing] says where everything stands; [Template] writes it as SVG, and escapes. What is drawn has classes instead
// of colours, so that one drawing serves light, dark and paper, and it has no style attributes, which a strict content
// security policy forbids. The classes are those of [Ink], and "line" or "shape" beside them for what is stroked only
// or filled; "grid", "axis" and "label" are the rest.
package chart

import (
	_ "embed" // the template
	"strings"
	"time"
)

// Template defines the template "chart", which writes a [Drawing].
//
//go:embed chart.tmpl
var Template string

// Ink is how a series looks: a class, to which the page gives a colour, and a
// dash or a shape for those who cannot tell colours.
type Ink string

// The inks.
const (
	Main   Ink = "main"   // a line, or bars
	Second Ink = "second" // another line
	Limit  Ink = "limit"  // what is allowed
	Alarm  Ink = "alarm"  // marks, without a line
	Wait   Ink = "wait"   // a band along the ground, whatever the values
)

// Series are the values of one kind. NaN is no value. Values are counts: what is
// below 0 is drawn as 0, and what is beyond 1e15 as 1e15.
type Series struct {
	Name   string
	Ink    Ink
	Values []float64
}

// Chart is what is to be drawn: values over time, or one bar a label.
type Chart struct {
	// Title says what it shows, to those who do not see it.
	Title string
	// X and Y name the axes, with their units.
	X, Y   string
	Series []Series
	Times  Times    // of [Chart.Lines]
	Labels []string // of [Chart.Bars]
}

// Times are when the values of lines were measured: the first at From, the others
// Every so long after the one before. Layout is how times are shown, as in package
// time.
type Times struct {
	From   time.Time
	Every  time.Duration
	Layout string
}

// Size is how large a chart is drawn, in pixels of a page that does not scale it.
type Size struct{ Width, Height int }

// described tells the highest value of each line, or every bar.
func (c Chart) described() string {
	var parts []string
	for i, text := range c.Labels {
		if n, there := c.bar(i); there {
			parts = append(parts, text+" "+plain(n))
		}
	}
	for _, s := range c.Series {
		if s.Name != "" && s.Ink != Alarm && s.Ink != Wait {
			parts = append(parts, s.Name+" up to "+plain(highest(s.Values)))
		}
	}
	return strings.Join(parts, ", ")
}
