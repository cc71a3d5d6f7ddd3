package page

import (
	"fmt"
	"html/template"
	"math"
	"time"

	"github.com/bulknum/bulknum/report/page/chart"
	"github.com/bulknum/bulknum/report/page/html"
)

// Charts are drawn for a wide page and for a telephone.
func wideSize() chart.Size   { return chart.Size{Width: 560, Height: 240} }
func narrowSize() chart.Size { return chart.Size{Width: 340, Height: 230} }

// lines draws a chart of lines, with its legend.
func lines(c html.Chart, drawn chart.Chart) (html.Chart, error) {
	for _, s := range drawn.Series {
		c.Legend = append(c.Legend, html.Key{Class: string(s.Ink), Name: s.Name})
	}
	return withDrawings(c, drawn.Lines)
}

// withDrawings draws a chart in both sizes.
func withDrawings(c html.Chart, draw func(chart.Size) (template.HTML, error)) (html.Chart, error) {
	var err error
	if c.Wide, err = draw(wideSize()); err != nil {
		return c, err
	}
	c.Narrow, err = draw(narrowSize())
	return c, err
}

// spanName is a length of time without a unit that is zero: 5 m, 2 h.
func spanName(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= time.Minute:
		return fmt.Sprintf("%d m", d/time.Minute)
	default:
		return fmt.Sprintf("%d s", d/time.Second)
	}
}

// when is a value, or none.
func when(is bool, value float64) float64 {
	if is {
		return value
	}
	return math.NaN()
}

// yes says that something is, or nothing.
func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}
