package chart

import (
	"fmt"
	"slices"
	"time"
)

const band = 6 // how high a band along the ground is

// Lines draws the series over the times, as lines, marks and bands.
func (c Chart) Lines(size Size) Drawing {
	most, n := 1.0, 0
	for _, s := range c.Series {
		most, n = max(most, highest(s.Values)), max(n, len(s.Values))
	}
	v := scale(most, mostSteps)
	d := c.framed(size, c.X, c.Y, widest(v.labels()...), margin)
	for i, text := range v.labels() {
		y := d.plot.Bottom - d.plot.height()*px(i)/px(v.steps)
		d.left(y, text)
		d.draw("grid line", curve{{d.plot.Left, y}, {d.plot.Right, y}})
	}
	at := d.clock(c.Times, n)
	step := d.plot.width() / px(max(1, n-1))
	for _, s := range c.Series {
		parts := d.plot.parts(s.Values, v, at)
		switch s.Ink {
		case Wait: // below all that is drawn
			d.Paths = slices.Insert(d.Paths, 0, Path{string(s.Ink) + " shape", d.plot.bands(parts, step)})
		case Alarm:
			var marks []fmt.Stringer
			for _, p := range slices.Concat(parts...) {
				marks = append(marks, diamond(p))
			}
			d.draw(string(s.Ink)+" shape", marks...)
		default:
			var curves []fmt.Stringer
			for _, part := range parts {
				curves = append(curves, part)
			}
			d.draw(string(s.Ink)+" line", curves...)
		}
	}
	return *d
}

// clock draws the axis of times below the plot, with as many labels as there is
// room for, and returns where each of n values stands: the first at the left, the
// last at the right; a single one is in the middle.
func (d *Drawing) clock(t Times, n int) (at func(i int) px) {
	d.draw("axis line", curve{{d.plot.Left, d.plot.Bottom}, {d.plot.Right, d.plot.Bottom}})
	if n < 2 {
		middle := d.plot.Left + d.plot.width()/2
		d.below(middle, t.From.Format(t.Layout))
		return func(int) px { return middle }
	}
	span := t.Every * time.Duration(n-1)
	wide := widest(t.From.Format(t.Layout), t.From.Add(span).Format(t.Layout))
	room := wide + apart + max(0, wide/2-margin) + max(0, wide/2-d.plot.Left) // what stands at an edge is moved inwards
	for _, moment := range round(t.From, span, TimeStep(span, max(1, int(d.plot.width()/room)))) {
		x := d.plot.Left + d.plot.width()*px(moment.Sub(t.From))/px(max(1, span))
		d.draw("axis line", curve{{x, d.plot.Bottom}, {x, d.plot.Bottom + tick}})
		d.below(x, moment.Format(t.Layout))
	}
	return func(i int) px { return d.plot.Left + d.plot.width()*px(i)/px(n-1) }
}

// parts are the points of values, divided where there is none.
func (b box) parts(of []float64, v values, at func(i int) px) (parts []curve) {
	gap := true
	for i, value := range of {
		y, there := present(value)
		if there && gap {
			parts = append(parts, nil)
		}
		if gap = !there; there {
			last := &parts[len(parts)-1]
			*last = append(*last, point{at(i), b.Bottom - b.height()*v.share(y)})
		}
	}
	return parts
}

// bands lie on the ground under the points, half a step to each side.
func (b box) bands(parts []curve, step px) (bands []fmt.Stringer) {
	for _, part := range parts {
		bands = append(bands, box{
			Left: max(b.Left, part[0].X-step/2), Right: min(b.Right, part[len(part)-1].X+step/2),
			Top: max(b.Top, b.Bottom-band), Bottom: b.Bottom,
		})
	}
	return bands
}
