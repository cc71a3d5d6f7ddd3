package chart

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// charts are charts of any values, as many as there are labels or not.
func charts() *rapid.Generator[Chart] {
	return rapid.Custom(func(t *rapid.T) Chart {
		value := rapid.OneOf(
			rapid.Float64Range(0, 10_000), rapid.Float64(),
			rapid.SampledFrom([]float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64}),
		)
		c := Chart{
			X:      rapid.SampledFrom([]string{"", "Time, UTC"}).Draw(t, "X"),
			Y:      rapid.SampledFrom([]string{"", "rows"}).Draw(t, "Y"),
			Labels: rapid.SliceOfN(rapid.String(), 0, 80).Draw(t, "labels"),
			Times:  times().Draw(t, "times"),
		}
		for range rapid.IntRange(0, 5).Draw(t, "series") {
			c.Series = append(c.Series, Series{
				Ink:    rapid.SampledFrom([]Ink{Main, Second, Limit, Alarm, Wait}).Draw(t, "ink"),
				Values: rapid.SliceOfN(value, 0, 80).Draw(t, "values"),
			})
		}
		return c
	})
}

// times begin at any moment, in zones whose hours are not those of others.
func times() *rapid.Generator[Times] {
	return rapid.Custom(func(t *rapid.T) Times {
		zone := time.FixedZone("", rapid.SampledFrom([]int{0, 5*3600 + 1800, -7 * 3600}).Draw(t, "zone"))
		return Times{
			From:   time.UnixMilli(rapid.Int64Range(1_700_000_000_000, 1_900_000_000_000).Draw(t, "from")).In(zone),
			Every:  time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "every")),
			Layout: rapid.SampledFrom([]string{"15:04", "15:04:05", "2 Jan 15:04"}).Draw(t, "layout"),
		}
	})
}

func sizes() *rapid.Generator[Size] {
	return rapid.Custom(func(t *rapid.T) Size {
		return Size{rapid.IntRange(0, 2000).Draw(t, "width"), rapid.IntRange(0, 1000).Draw(t, "height")}
	})
}

// forms are the two forms of a chart.
func forms() map[string]func(Chart, Size) Drawing {
	return map[string]func(Chart, Size) Drawing{
		"lines": Chart.Lines,
		"bars":  func(c Chart, s Size) Drawing { return c.Bars(s.Width) },
	}
}

// places are where a drawing has values.
func (d *Drawing) places() (all []point) {
	for _, p := range d.Paths {
		if p.Class == "axis line" { // its ticks are outside the plot
			continue
		}
		for _, shape := range p.Shapes {
			switch s := shape.(type) {
			case box:
				all = append(all, point{s.Left, s.Top}, point{s.Right, s.Bottom})
			case curve:
				all = append(all, s...)
			case diamond:
				all = append(all, point(s))
			}
		}
	}
	return all
}

// Every value is drawn in the plot, whatever it is. NaN is in no plot.
func TestEveryPointIsInThePlot(t *testing.T) {
	for name, drawn := range forms() {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				d := drawn(charts().Draw(t, "chart"), sizes().Draw(t, "size"))
				const off = 1e-6 // rounding
				for _, at := range d.places() {
					across := at.X >= d.plot.Left-off && at.X <= d.plot.Right+off
					if down := at.Y >= d.plot.Top-off && at.Y <= d.plot.Bottom+off; !across || !down {
						t.Fatalf("%v is not in %+v", at, d.plot)
					}
				}
				for _, text := range d.Labels {
					if sum := float64(text.X + text.Y); math.IsNaN(sum) || math.IsInf(sum, 0) {
						t.Fatalf("%q stands at %v, %v", text.Text, text.X, text.Y)
					}
				}
			})
		})
	}
}

// In the sizes of the page, a plot is in its drawing, and the labels below it
// neither overlap nor leave it, and there is one at least.
func TestLabelsHaveRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Chart{X: "Time", Y: "rows", Times: times().Draw(t, "times")}
		values := make([]float64, rapid.IntRange(1, 100).Draw(t, "n"))
		values[0] = float64(rapid.IntRange(0, 1e7).Draw(t, "highest"))
		c.Series = []Series{{Ink: Main, Values: values}}
		c.Labels = slices.Repeat([]string{"not_attempted"}, len(values))
		size := Size{rapid.IntRange(300, 1000).Draw(t, "width"), 240}
		for name, drawn := range forms() {
			d := drawn(c, size)
			if d.plot.Left < 0 || d.plot.Top < 0 || d.plot.Right > px(size.Width) || d.plot.Bottom > px(d.Height) {
				t.Fatalf("%s: the plot %+v is not in %v", name, d.plot, d.Size)
			}
			end, labels := px(math.Inf(-1)), 0
			for _, below := range d.Labels {
				if below.Y != d.plot.Bottom+tick+line-under {
					continue
				}
				labels++
				half := width(below.Text) / 2
				if below.X-half < max(end, -1e-6) || below.X+half > px(size.Width)+1e-6 {
					t.Fatalf("%s: %q at %v overlaps or is cut off", name, below.Text, below.X)
				}
				end = below.X + half
			}
			if labels == 0 {
				t.Fatalf("%s: the axis has no label", name)
			}
		}
	})
}

// Labels of the time axis are whole steps of the clock, in its zone, where they
// belong.
func TestTheTimeAxis(t *testing.T) {
	india := time.FixedZone("IST", 5*3600+1800)
	for _, tc := range []struct {
		from  time.Time
		every time.Duration
		n     int
		want  []string
	}{
		{time.Date(2026, 11, 26, 22, 15, 36, 0, time.UTC), time.Second, 45, []string{
			"22:15:40 61.7", "22:15:50 182.3", "22:16:00 302.9", "22:16:10 423.4", "22:16:20 530",
		}},
		{time.Date(2026, 11, 26, 22, 15, 0, 0, india), 10 * time.Minute, 31, []string{
			"23:00:00 93.1", "00:00:00 199.2", "01:00:00 305.3", "02:00:00 411.4", "03:00:00 517.5",
		}},
		{time.Date(2026, 11, 26, 22, 15, 36, 0, time.UTC), time.Second, 1, []string{"22:15:36 278.8"}},
	} {
		c := Chart{Times: Times{tc.from, tc.every, "15:04:05"}, Series: []Series{{Ink: Main, Values: make([]float64, tc.n)}}}
		d := c.Lines(Size{560, 240})
		var got []string
		for _, label := range d.Labels[2:] { // after 0 and 1 of the values
			got = append(got, fmt.Sprintf("%s %v", label.Text, label.X))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%v: %s", tc.from, diff)
		}
	}
}

// A line ends where there is no value, and begins anew after it; a band lies below
// all that is drawn.
func TestGaps(t *testing.T) {
	none := math.NaN()
	c := Chart{Series: []Series{
		{Ink: Main, Values: []float64{0, 1, none, none, 1}}, {Ink: Wait, Values: []float64{none, 0, 0, none, 0}},
	}}
	d := c.Lines(Size{129, 100})
	plot := box{Left: 13.5, Top: 10, Right: 113, Bottom: 77}
	if diff := cmp.Diff(plot, d.plot); diff != "" {
		t.Fatal(diff)
	}
	of := func(p Path) []string { return []string{p.Class, p.Shapes[0].String(), p.Shapes[1].String()} }
	if diff := cmp.Diff([]string{"main line", "M13.5 77L38.4 10", "M113 10m-2 0h4"}, of(d.Paths[len(d.Paths)-1])); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"wait shape", "M25.9 71H75.7V77H25.9z", "M100.6 71H113V77H100.6z"}, of(d.Paths[0])); diff != "" {
		t.Error(diff)
	}
}
