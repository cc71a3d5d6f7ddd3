package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/report/page/chart"
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
		"grid line", "axis line", "label shape", "main line", "second line", "limit line", "alarm shape", "wait shape",
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

// A drawing has a size of its own, and a name for those who do not see it.
func TestSVG(t *testing.T) {
	c := chart.Chart{X: "ms", Y: `"a" & <b>`, Labels: []string{"0", "<5>"}, Series: []chart.Series{{Ink: chart.Main, Values: []float64{2, 1}}}}
	const want = `<svg role="img" aria-label="Chart of &#34;a&#34; &amp; &lt;b&gt;" width="140" height="100" viewBox="0 0 140 100" font-size="12">` +
		`<path class="grid line" d="M29.5 35.5L124 35.5M29.5 10L124 10"></path>` +
		`<path class="main shape" d="M34.2 10H72V61H34.2z"></path><path class="main shape" d="M81.5 35.5H119.3V61H81.5z"></path>` +
		`<path class="axis line" d="M29.5 61L124 61M53.1 61L53.1 66M100.4 61L100.4 66"></path>` +
		`<text class="label shape" x="12" y="35.5" text-anchor="middle" transform="rotate(-90 12 35.5)">&#34;a&#34; &amp; &lt;b&gt;</text>` +
		`<text class="label shape" x="76.8" y="96" text-anchor="middle">ms</text>` +
		`<text class="label shape" x="23.5" y="65" text-anchor="end">0</text>` +
		`<text class="label shape" x="23.5" y="39.5" text-anchor="end">1</text>` +
		`<text class="label shape" x="23.5" y="14" text-anchor="end">2</text>` +
		`<text class="label shape" x="53.1" y="78" text-anchor="middle">0</text>` +
		`<text class="label shape" x="100.4" y="78" text-anchor="middle">&lt;5&gt;</text></svg>`
	for range 2 {
		svg, err := c.Bars(chart.Size{Width: 140, Height: 100}, false)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, string(svg)); d != "" {
			t.Error(d)
		}
	}
}

// A chart without labels or series is drawn as well.
func TestNothing(t *testing.T) {
	for _, c := range []chart.Chart{{}, {Labels: []string{"a"}}, {Series: []chart.Series{{Values: []float64{1}}}}} {
		if _, err := c.Lines(chart.Size{Width: 340, Height: 200}); err != nil {
			t.Error(err)
		}
		for _, lying := range []bool{false, true} {
			if _, err := c.Bars(chart.Size{Width: 340, Height: 200}, lying); err != nil {
				t.Error(err)
			}
		}
	}
}
