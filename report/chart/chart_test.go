package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/report/chart"
)

func drawn(t *testing.T) string {
	t.Helper()
	none := math.NaN()
	svg, err := chart.Chart{
		X: "Time, <UTC>", Y: `rows & "more"`,
		Labels: []string{"02:00", "<script>", "02:20", "02:30"},
		Series: []chart.Series{
			{Name: "rows", Ink: chart.Main, Values: []float64{0, 200, 300, 8812}},
			{Name: "slowest", Ink: chart.Second, Values: []float64{0, 200, none, 8812}},
			{Name: "allowed", Ink: chart.Limit, Values: []float64{48, 48, 48, 48}},
			{Name: "429", Ink: chart.Alarm, Values: []float64{none, 200, 300, none}},
			{Name: "waits", Ink: chart.Wait, Values: []float64{none, 0, none, none}},
		},
	}.Lines(chart.Size{Width: 560, Height: 240})
	if err != nil {
		t.Fatal(err)
	}
	return string(svg)
}

// The page gives the colours, and its policy forbids style attributes.
func TestLinesHaveClassesInsteadOfColours(t *testing.T) {
	svg := drawn(t)
	for _, bad := range []string{"style=", "rgb", "<script", "stroke=", "fill="} {
		if strings.Contains(svg, bad) {
			t.Errorf("%q in %s", bad, svg)
		}
	}
	for _, class := range []string{
		"grid line", "axis line", "label shape", "main line", "second line", "limit line", "alarm shape", "wait",
	} {
		if !strings.Contains(svg, `class="`+class) {
			t.Errorf("nothing has the class %q", class)
		}
	}
	if !strings.Contains(svg, "10,000") {
		t.Error("the axis does not reach 10,000")
	}
}

func TestLinesAreWellFormed(t *testing.T) {
	decoder := xml.NewDecoder(strings.NewReader(drawn(t)))
	for {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestLyingBarsHaveTheirNumbers(t *testing.T) {
	c := chart.Chart{Y: "rows", Labels: []string{"updated", "failed"}, Series: []chart.Series{{Ink: chart.Main, Values: []float64{9957, 32}}}}
	svg, err := c.Bars(chart.Size{Width: 560, Height: 120}, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{">9,957<", ">32<", ">updated<", ">failed<"} {
		if !strings.Contains(string(svg), text) {
			t.Errorf("%s is missing in %s", text, svg)
		}
	}
	if c.Labels[0] != "updated" {
		t.Error("the labels were turned round")
	}
}

// No values at all are drawn as well.
func TestEmptyCharts(t *testing.T) {
	none := chart.Chart{Y: "rows", Labels: []string{"a", "b"}, Series: []chart.Series{{Ink: chart.Main, Values: []float64{math.NaN(), 0}}}}
	if _, err := none.Lines(chart.Size{Width: 340, Height: 200}); err != nil {
		t.Error(err)
	}
	if _, err := none.Bars(chart.Size{Width: 340, Height: 200}, false); err != nil {
		t.Error(err)
	}
}
