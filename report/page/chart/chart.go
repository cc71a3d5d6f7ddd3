// Package chart draws charts as SVG that a page can colour: what is drawn has
// classes instead of colours, so that one drawing serves light, dark and paper,
// and it has no style attributes, which a strict content security policy
// forbids.
//
// The classes are those of [Ink], and "line" or "shape" beside them for what is
// stroked only or filled; "grid", "axis" and "label" are the rest.
//
// There are two forms, [Chart.Lines] and [Chart.Bars]. Each is a layout, which
// says where everything stands, written by one template, which escapes.
package chart

import (
	_ "embed" // the template
	"fmt"
	"html/template"
	"strings"
	"sync"
)

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

// Series are the values of one kind, as many as the chart has labels. NaN is no
// value. Values are counts: what is below 0 is drawn as 0, and what is beyond
// 1e15 as 1e15.
type Series struct {
	Name   string
	Ink    Ink
	Values []float64
}

// Chart is what is to be drawn.
type Chart struct {
	// X and Y name the axes, with their units.
	X, Y string
	// Labels stand along the X axis, or in bars beside them.
	Labels []string
	Series []Series
}

// Size is how large a chart is drawn, in pixels of a page that does not scale
// it.
type Size struct{ Width, Height int }

// Lines draws the series over the labels.
func (c Chart) Lines(size Size) (template.HTML, error) { return c.drawn(c.lines(size)) }

// Bars draws the first series as bars, upright or lying; lying ones stand one
// under the other, with their labels beside them and their numbers at their
// ends.
func (c Chart) Bars(size Size, lying bool) (template.HTML, error) {
	if lying {
		return c.drawn(c.lying(size))
	}
	return c.drawn(c.upright(size))
}

//go:embed chart.tmpl
var markup string

// drawing is the template of all charts.
var drawing = sync.OnceValues(func() (*template.Template, error) { return template.New("chart").Parse(markup) })

// drawn is a layout as SVG.
func (c Chart) drawn(l layout) (template.HTML, error) {
	t, err := drawing()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := t.Execute(&b, l); err != nil {
		return "", fmt.Errorf("chart of %s: %w", c.Y, err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // the template escapes
}
