// Package chart draws charts as SVG that a page can colour: what is drawn has
// classes instead of colours, so that one drawing serves light, dark and paper,
// and it has no style attributes, which a strict content security policy
// forbids.
//
// The classes are those of [Ink], and "line" or "shape" beside them for what is
// stroked only or filled; "grid", "axis" and "label" are the rest.
package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-analyze/charts"
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
	Wait   Ink = "wait"   // a band along the ground
)

// inks in the order of the colours that stand for them while the library draws.
func inks() []Ink { return []Ink{Main, Second, Limit, Alarm, Wait} }

// Series are the values of one kind, as many as the chart has labels. NaN is no
// value.
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

const (
	fontSize    = 9 // points, which are 12 pixels
	strokeWidth = 2
	beside      = 6 // pixels between the axis and the labels beside it
)

// Lines draws the series over the labels.
func (c Chart) Lines(size Size) (string, error) {
	opt := charts.NewLineChartOptionWithSeries(c.lines())
	opt.Theme = theme(c.Series)
	opt.Legend.Show = new(false)
	opt.Symbol.Shape = charts.SymbolNone
	opt.LineStrokeWidth = strokeWidth
	opt.Padding = charts.NewBox(4, 8, 16, 4)
	opt.XAxis = charts.XAxisOption{
		Title: c.X, TitleFontStyle: font(), Labels: c.Labels, LabelFontStyle: font(),
		BoundaryGap: new(false), LabelCount: c.room(size),
	}
	opt.YAxis = []charts.YAxisOption{c.values()}
	p := painter(size)
	if err := p.LineChart(opt); err != nil {
		return "", fmt.Errorf("chart of %s: %w", c.Y, err)
	}
	return c.repainted(p)
}

// lines are the series as the library has them.
func (c Chart) lines() charts.LineSeriesList {
	list := make(charts.LineSeriesList, len(c.Series))
	for i, s := range c.Series {
		list[i] = charts.LineSeries{Name: s.Name, Values: present(s.Values)}
		if s.Ink == Alarm {
			list[i].Symbol = charts.Symbol{Shape: charts.SymbolDiamond, Size: 4}
		}
	}
	return list
}

// Bars draws the first series as bars, upright or lying; lying ones stand one
// under the other, with their labels beside them and their numbers at their
// ends.
func (c Chart) Bars(size Size, lying bool) (string, error) {
	values, labels := slices.Clone(c.Series[0].Values), slices.Clone(c.Labels)
	if lying { // the library begins below
		slices.Reverse(values)
		slices.Reverse(labels)
	}
	opt := charts.NewBarChartOptionWithSeries(charts.BarSeriesList{{
		Values: values, Label: charts.SeriesLabel{Show: new(lying), FontStyle: font(), ValueFormatter: plain},
	}})
	opt.Horizontal = lying
	opt.Theme = theme(c.Series)
	opt.Legend.Show = new(false)
	opt.Padding = charts.NewBox(4, 8, 16, 4)
	if lying {
		opt.Padding.Right = 56 // the number at the end of the longest bar
	}
	opt.CategoryAxis = charts.CategoryAxisOption{
		Title: c.X, TitleFontStyle: font(), Labels: labels, LabelFontStyle: font(), LabelCount: c.room(size),
	}
	if lying {
		opt.Padding.Left += beside
		opt.CategoryAxis.LabelOffset.Left = -beside
	}
	opt.ValueAxis = []charts.ValueAxisOption{c.values()}
	p := painter(size)
	if err := p.BarChart(opt); err != nil {
		return "", fmt.Errorf("chart of %s: %w", c.Y, err)
	}
	return c.repainted(p)
}

// room is how many labels there is room for side by side.
func (c Chart) room(size Size) int {
	const axis, letter, gap = 80, 7, 26 // pixels
	widest := 1
	for _, label := range c.Labels {
		widest = max(widest, utf8.RuneCountInString(label))
	}
	return max(2, min((size.Width-axis)/(widest*letter+gap), len(c.Labels)))
}

// values is the axis of the values, which begins at 0.
func (c Chart) values() charts.ValueAxisOption {
	highest := 1.0
	for _, s := range c.Series {
		for _, v := range s.Values {
			if !math.IsNaN(v) {
				highest = max(highest, v)
			}
		}
	}
	top, step := scale(highest)
	return charts.ValueAxisOption{
		Title: c.Y, TitleFontStyle: font(), LabelFontStyle: font(), Min: new(0.0), Max: new(top),
		LabelCount: int(math.Round(top/step)) + 1, PreferNiceIntervals: new(false),
		RangeValuePaddingScale: new(0.0), ValueFormatter: plain,
	}
}

// scale is where an axis ends that has to reach a value, and its step: 1, 2 or 5
// times a power of ten. What is drawn is counted in whole numbers.
func scale(highest float64) (top, step float64) {
	const steps = 4
	power := math.Pow(10, math.Floor(math.Log10(highest/steps)))
	for _, factor := range []float64{1, 2, 5, 10} {
		step = factor * power
		if step*(steps+1) >= highest {
			break
		}
	}
	step = max(step, 1)
	return math.Ceil(highest/step) * step, step
}

// plain is a number without a unit: 12,000, 0.5.
func plain(v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	whole, _, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// present has the library's word for values that are not there.
func present(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v
		if math.IsNaN(v) {
			out[i] = charts.GetNullValue()
		}
	}
	return out
}

func font() charts.FontStyle { return charts.FontStyle{FontSize: fontSize} }

func painter(size Size) *charts.Painter {
	return charts.NewPainter(charts.PainterOptions{
		OutputFormat: charts.ChartOutputSVG, Width: size.Width, Height: size.Height,
	})
}
