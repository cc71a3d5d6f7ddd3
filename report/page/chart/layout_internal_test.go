package chart

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// charts are charts of any values, as many as there are labels or not.
func charts() *rapid.Generator[Chart] {
	return rapid.Custom(func(t *rapid.T) Chart {
		value := rapid.OneOf(
			rapid.Float64Range(0, 10_000), rapid.Float64(),
			rapid.SampledFrom([]float64{0, -1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64}),
		)
		c := Chart{
			X:      rapid.SampledFrom([]string{"", "Time, UTC"}).Draw(t, "X"),
			Y:      rapid.SampledFrom([]string{"", "rows"}).Draw(t, "Y"),
			Labels: rapid.SliceOfN(rapid.String(), 0, 80).Draw(t, "labels"),
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

func sizes() *rapid.Generator[Size] {
	return rapid.Custom(func(t *rapid.T) Size {
		return Size{rapid.IntRange(0, 2000).Draw(t, "width"), rapid.IntRange(0, 1000).Draw(t, "height")}
	})
}

// places are where a layout draws values.
func (l *layout) places() (all []point) {
	for _, a := range l.Areas {
		all = append(all, point{a.Box.Left, a.Box.Top}, point{a.Box.Right, a.Box.Bottom})
	}
	for _, c := range l.Curves {
		all = slices.Concat(append([]path{all}, c.Parts...)...)
	}
	for _, m := range l.Marks {
		for _, at := range m.At {
			all = append(all, point(at))
		}
	}
	return slices.Concat(append([]path{all}, l.Grid...)...)
}

// Every value is drawn in the plot, whatever it is. NaN is in no plot.
func TestEveryPointIsInThePlot(t *testing.T) {
	for name, laid := range map[string]func(Chart, Size) layout{"lines": Chart.lines, "upright": Chart.upright, "lying": Chart.lying} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				l := laid(charts().Draw(t, "chart"), sizes().Draw(t, "size"))
				const off = 1e-6 // rounding
				for _, at := range l.places() {
					across := at.X >= l.Plot.Left-off && at.X <= l.Plot.Right+off
					if down := at.Y >= l.Plot.Top-off && at.Y <= l.Plot.Bottom+off; !across || !down {
						t.Fatalf("%v is not in %+v", at, l.Plot)
					}
				}
				for _, text := range l.Labels {
					if sum := float64(text.X + text.Y); math.IsNaN(sum) || math.IsInf(sum, 0) {
						t.Fatalf("%q stands at %v", text.Text, text.point)
					}
				}
			})
		})
	}
}

// In the sizes of the page, a plot is in its drawing, and the labels below it
// neither overlap nor leave it.
func TestLabelsHaveRoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"0", "60+", "02:00", "02:00:00", "2 Jan 15:04"}).Draw(t, "label")
		c := Chart{X: "Time", Y: "rows", Labels: slices.Repeat([]string{text}, rapid.IntRange(1, 100).Draw(t, "n"))}
		c.Series = []Series{{Ink: Main, Values: []float64{float64(rapid.IntRange(0, 1e7).Draw(t, "highest"))}}}
		size := Size{rapid.IntRange(300, 1000).Draw(t, "width"), 240}
		for _, laid := range []func(Chart, Size) layout{Chart.lines, Chart.upright, Chart.lying} {
			l := laid(c, size)
			if l.Plot.Left < 0 || l.Plot.Top < 0 || l.Plot.Right > px(size.Width) || l.Plot.Bottom > px(size.Height) {
				t.Fatalf("the plot %+v is not in %v", l.Plot, size)
			}
			end := px(math.Inf(-1))
			for _, below := range l.Labels {
				if below.Y != l.Plot.Bottom+tick+line-under {
					continue
				}
				half := width(below.Text) / 2
				if below.X-half < max(end, -1e-6) || below.X+half > px(size.Width)+1e-6 {
					t.Fatalf("%q at %v overlaps or is cut off", below.Text, below.X)
				}
				end = below.X + half
			}
		}
	})
}

// A line ends where there is no value, and begins anew after it.
func TestGaps(t *testing.T) {
	none := math.NaN()
	c := Chart{Labels: []string{"a", "b", "c", "d", "e"}, Series: []Series{
		{Ink: Main, Values: []float64{0, 1, none, none, 1}},
		{Ink: Wait, Values: []float64{none, 0, 0, none, 0}},
	}}
	l := c.lines(Size{129, 100})
	plot := box{Left: 13.5, Top: 10, Right: 113, Bottom: 77}
	if d := cmp.Diff(plot, l.Plot); d != "" {
		t.Fatal(d)
	}
	if d := cmp.Diff([]string{"M13.5 77L38.4 10", "M113 10m-2 0h4"}, []string{l.Curves[0].Parts[0].String(), l.Curves[0].Parts[1].String()}); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"M25.9 71H75.7V77H25.9z", "M100.6 71H113V77H100.6z"}, []string{l.Areas[0].Box.String(), l.Areas[1].Box.String()}); d != "" {
		t.Error(d)
	}
}
