package chart_test

import (
	"encoding/xml"
	"errors"
	"html/template"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/report/page/chart"
)

// svg is a drawing as the page has it.
func svg(t *testing.T, d chart.Drawing) string {
	t.Helper()
	markup, err := template.New("").Parse(chart.Template)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := markup.ExecuteTemplate(&b, "chart", d); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func drawn(t *testing.T) string {
	t.Helper()
	none := math.NaN()
	return svg(t, chart.Chart{
		Title: "Rows done", X: "Time, UTC", Y: "rows",
		Times: chart.Times{From: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC), Every: 5 * time.Minute, Layout: "15:04"},
		Series: []chart.Series{
			{Name: "done", Ink: chart.Main, Values: []float64{10, 200, 300, 8812}},
			{Name: "slow", Ink: chart.Second, Values: []float64{none, 20, 30, 40}},
			{Name: "allowed", Ink: chart.Limit, Values: []float64{48, 48, 48, 48}},
			{Name: "429", Ink: chart.Alarm, Values: []float64{none, 200, 300, none}},
			{Name: "waits", Ink: chart.Wait, Values: []float64{none, 0, none, none}},
		},
	}.Lines(chart.Size{Width: 560, Height: 240}))
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
		if strings.Count(svg, `class="`+class) == 0 {
			t.Errorf("nothing has the class %q", class)
		}
	}
	if !strings.Contains(svg, ">10,000<") {
		t.Error("the axis does not reach 10,000")
	}
}

// Those who do not see a drawing are told what it shows.
func TestDrawingsAreDescribed(t *testing.T) {
	for want, svg := range map[string]string{
		"<title>Rows done</title><desc>done up to 8,812, slow up to 40, allowed up to 48</desc>": drawn(t),
		"<title>Rows</title><desc>updated 9,957, failed 32</desc>": svg(t, chart.Chart{
			Title: "Rows", Labels: []string{"updated", "failed", "unknown"},
			Series: []chart.Series{{Ink: chart.Main, Values: []float64{9957, 32, math.NaN()}}},
		}.Bars(560)),
	} {
		if !strings.Contains(svg, want) || !strings.HasPrefix(svg, `<svg role="img" `) {
			t.Errorf("%s is missing in %s", want, svg)
		}
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

// A drawing has a size of its own; what is said in it is text, and each time the
// same.
func TestSVG(t *testing.T) {
	c := chart.Chart{
		Title: `"a" & <b>`, Y: "rows", Labels: []string{"updated", "<5>"},
		Series: []chart.Series{{Ink: chart.Main, Values: []float64{9957, 32}}},
	}
	const want = `<svg role="img" width="340" height="103" viewBox="0 0 340 103" font-size="12">` +
		`<title>&#34;a&#34; &amp; &lt;b&gt;</title><desc>updated 9,957, &lt;5&gt; 32</desc>` +
		`<path class="grid line" d="M58.5 10L58.5 64M174.5 10L174.5 64M290.5 10L290.5 64"></path>` +
		`<path class="axis line" d="M58.5 10L58.5 64"></path>` +
		`<path class="main shape" d="M58.5 12.5H289.5V34.5H58.5zM58.5 39.5H59.2V61.5H58.5z"></path>` +
		`<text class="label shape" x="174.5" y="99" text-anchor="middle">rows</text>` +
		`<text class="label shape" x="58.5" y="81" text-anchor="middle">0</text>` +
		`<text class="label shape" x="174.5" y="81" text-anchor="middle">5,000</text>` +
		`<text class="label shape" x="290.5" y="81" text-anchor="middle">10,000</text>` +
		`<text class="label shape" x="52.5" y="27.5" text-anchor="end">updated</text>` +
		`<text class="label shape" x="295.5" y="27.5">9,957</text>` +
		`<text class="label shape" x="52.5" y="54.5" text-anchor="end">&lt;5&gt;</text>` +
		`<text class="label shape" x="65.2" y="54.5">32</text></svg>`
	for range 2 {
		if d := cmp.Diff(want, svg(t, c.Bars(340))); d != "" {
			t.Error(d)
		}
	}
}

// A chart without labels or series, or without values, is drawn as well.
func TestNothing(t *testing.T) {
	for _, c := range []chart.Chart{
		{}, {Labels: []string{"a"}}, {Series: []chart.Series{{Values: []float64{1}}}},
		{Y: "rows", Labels: []string{"a", "b"}, Series: []chart.Series{{Ink: chart.Main, Values: []float64{math.NaN(), 0}}}},
	} {
		for _, d := range []chart.Drawing{c.Lines(chart.Size{Width: 340, Height: 200}), c.Bars(340)} {
			if text := svg(t, d); strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || !strings.Contains(text, ">0<") {
				t.Errorf("%+v is drawn as %s", c, text)
			}
		}
	}
}
