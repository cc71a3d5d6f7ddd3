package chart

import (
	"math"
	"strconv"
	"strings"
)

// px is a distance in pixels. A drawing has tenths of them.
type px float64

func (p px) String() string {
	return strconv.FormatFloat(math.Round(float64(p)*10)/10, 'f', -1, 64)
}

// layout is a chart with a place for everything, from the top left.
type layout struct {
	Size
	Name   string
	Plot   box // where the values are drawn
	Grid   []path
	Axis   []path
	Areas  []area
	Curves []curve
	Marks  []marks
	Labels []label
}

type point struct{ X, Y px }

// box is what lies between two points.
type box struct{ Left, Top, Right, Bottom px }

func (b box) width() px  { return b.Right - b.Left }
func (b box) height() px { return b.Bottom - b.Top }

func (b box) String() string {
	return "M" + b.Left.String() + " " + b.Top.String() + "H" + b.Right.String() + "V" + b.Bottom.String() + "H" + b.Left.String() + "z"
}

// path is a line without a gap.
type path []point

func (p path) String() string {
	var b strings.Builder
	for i, at := range p {
		b.WriteString([]string{"M", "L"}[min(i, 1)] + at.X.String() + " " + at.Y.String())
	}
	if len(p) == 1 { // a line of no length would not be seen
		b.WriteString("m-2 0h4")
	}
	return b.String()
}

// area is a bar or a band.
type area struct {
	Ink Ink
	Box box
}

// curve is a line, which has gaps where there are no values.
type curve struct {
	Ink   Ink
	Parts []path
}

// marks are diamonds.
type marks struct {
	Ink Ink
	At  []diamond
}

// diamond is a mark around a point.
type diamond point

func (d diamond) String() string {
	return "M" + d.X.String() + " " + (d.Y - 5).String() + "l5 5-5 5-5-5z"
}

// label is a text. Its anchor is that of SVG; without one it begins at its
// place. A turned one reads upwards.
type label struct {
	point
	Anchor, Text string
	Turned       bool
}
