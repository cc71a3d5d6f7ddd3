package chart_test

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/report/chart"
)

func TestX(t *testing.T) {
	nan := math.NaN()
	c := chart.Chart{X: "time of day, UTC", Y: "rows", Labels: []string{"02:00", "02:10", "02:20", "02:30"}, Series: []chart.Series{
		{Ink: chart.Main, Values: []float64{0, 200, 300, 8812}},
		{Ink: chart.Alarm, Values: []float64{nan, 200, 300, nan}},
		{Ink: chart.Wait, Values: []float64{nan, 0, 0, nan}},
		{Ink: chart.Limit, Values: []float64{48,48,48,48}},
	}}
	s, err := c.Lines(chart.Size{640, 260, 8})
	if err != nil { t.Fatal(err) }
	os.WriteFile("/tmp/gchart/l.svg", []byte(strings.ReplaceAll(s,">",">\n")), 0o644)
	s, err = chart.Chart{Y: "rows", Labels: []string{"updated", "not_attempted"}, Series: []chart.Series{{Ink: chart.Main, Values: []float64{9000, 12}}}}.Bars(chart.Size{640, 160, 8}, true)
	if err != nil { t.Fatal(err) }
	os.WriteFile("/tmp/gchart/b.svg", []byte(strings.ReplaceAll(s,">",">\n")), 0o644)
}
