package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Distances within a drawing, in pixels.
const (
	beside = 6  // between an axis and the labels beside it
	tick   = 5  // how long the ticks of an axis are
	line   = 16 // a line of text
	under  = 4  // from the middle of a text to the ground that its letters stand on
	edge   = 10 // above the plot: half of a text, or of a mark
	margin = 16 // to the right of the plot
)

// px is a distance in pixels. A drawing has tenths of them.
type px float64

func (p px) String() string {
	return strconv.FormatFloat(math.Round(float64(p)*10)/10, 'f', -1, 64)
}

// Drawing is a chart with a place for everything, from the top left.
type Drawing struct {
	Size
	Title, Description string
	Paths              []Path
	Labels             []Label
	plot               box // where the values are drawn
}

// Path is what is drawn in one class.
type Path struct {
	Class  string
	Shapes []fmt.Stringer
}

// Label is a text. Its anchor is that of SVG; without one it begins at its place.
// A turned one reads upwards.
type Label struct {
	X, Y         px
	Anchor, Text string
	Turned       bool
}

type point struct{ X, Y px }

// box is what lies between two points: a bar, a band.
type box struct{ Left, Top, Right, Bottom px }

func (b box) width() px  { return b.Right - b.Left }
func (b box) height() px { return b.Bottom - b.Top }

func (b box) String() string {
	return fmt.Sprintf("M%v %vH%vV%vH%vz", b.Left, b.Top, b.Right, b.Bottom, b.Left)
}

// curve is a line without a gap.
type curve []point

func (c curve) String() string {
	var b strings.Builder
	for i, at := range c {
		fmt.Fprintf(&b, "%c%v %v", "ML"[min(i, 1)], at.X, at.Y)
	}
	if len(c) == 1 { // a line of no length would not be seen
		b.WriteString("m-2 0h4")
	}
	return b.String()
}

// diamond is a mark around a point.
type diamond point

func (d diamond) String() string { return fmt.Sprintf("M%v %vl5 5-5 5-5-5z", d.X, d.Y-5) }

// framed is a chart that has nothing in it yet but the names of its axes. The
// labels beside the plot are as wide as given, and so is what may stand to its
// right.
func (c Chart) framed(size Size, below, upwards string, left, right px) *Drawing {
	plot := box{Left: left + beside, Top: edge, Right: px(size.Width) - right, Bottom: px(size.Height) - tick - line - 2}
	if upwards != "" {
		plot.Left += line
	}
	if below != "" {
		plot.Bottom -= line
	}
	plot.Left = min(plot.Left, px(size.Width)/2) // however long the labels
	plot.Right = max(plot.Right, plot.Left+1)
	plot.Bottom = max(plot.Bottom, plot.Top+1)
	d := &Drawing{Size: size, Title: c.Title, Description: c.described(), plot: plot}
	if upwards != "" {
		d.Labels = append(d.Labels, Label{line - under, plot.Top + plot.height()/2, "middle", upwards, true})
	}
	if below != "" {
		d.Labels = append(d.Labels, Label{plot.Left + plot.width()/2, px(size.Height) - under, "middle", below, false})
	}
	return d
}

func (d *Drawing) draw(class string, shapes ...fmt.Stringer) {
	if last := len(d.Paths) - 1; last >= 0 && d.Paths[last].Class == class {
		d.Paths[last].Shapes = append(d.Paths[last].Shapes, shapes...)
		return
	}
	d.Paths = append(d.Paths, Path{class, shapes})
}

// left writes a label to the left of the plot.
func (d *Drawing) left(y px, text string) {
	d.Labels = append(d.Labels, Label{d.plot.Left - beside, y + under, "end", text, false})
}

// below writes a label under the plot, within the drawing.
func (d *Drawing) below(x px, text string) {
	half := width(text) / 2
	x = max(half, min(x, px(d.Width)-half))
	d.Labels = append(d.Labels, Label{x, d.plot.Bottom + tick + line - under, "middle", text, false})
}
