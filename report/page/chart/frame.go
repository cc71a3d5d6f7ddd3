package chart

// Distances within a chart, in pixels.
const (
	beside = 6  // between an axis and the labels beside it
	tick   = 5  // how long the ticks of an axis are
	line   = 16 // a line of text
	under  = 4  // from the middle of a text to the ground that its letters stand on
	edge   = 10 // above the plot: half of a text, or of a mark
	aside  = 16 // to the right of the plot
)

// framed is the layout of a chart that has nothing in it yet, with the names of
// its axes. The labels beside the plot are as wide as given, and so is what may
// stand to its right.
func (c Chart) framed(size Size, below, upwards string, left, right px) layout {
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
	l := layout{Size: size, Name: c.Y, Plot: plot}
	if upwards != "" {
		l.Labels = append(l.Labels, label{point{line - under, plot.Top + plot.height()/2}, "middle", upwards, true})
	}
	if below != "" {
		l.Labels = append(l.Labels, label{point{plot.Left + plot.width()/2, px(size.Height) - under}, "middle", below, false})
	}
	return l
}

// rise has the values upwards, with a grid.
func (l *layout) rise(v values) {
	for i, text := range v.labels() {
		y := l.Plot.Bottom - l.Plot.height()*px(i)/px(v.steps)
		l.Labels = append(l.Labels, label{point{l.Plot.Left - beside, y + under}, "end", text, false})
		if i > 0 {
			l.Grid = append(l.Grid, path{{l.Plot.Left, y}, {l.Plot.Right, y}})
		}
	}
}

// ground draws the axis below, with those of its labels that there is room for.
func (l *layout) ground(labels []string, step px, at func(i int) px) {
	l.Axis = append(l.Axis, path{{l.Plot.Left, l.Plot.Bottom}, {l.Plot.Right, l.Plot.Bottom}})
	wide := widest(labels)
	moved := max(0, wide/2-aside) + max(0, wide/2-l.Plot.Left) // what stands at an edge is moved inwards
	each := every(step, wide+apart+moved)
	for i := 0; i < len(labels); i += each {
		l.Axis = append(l.Axis, path{{at(i), l.Plot.Bottom}, {at(i), l.Plot.Bottom + tick}})
		l.below(at(i), labels[i])
	}
}

// below writes a label under the plot.
func (l *layout) below(x px, text string) {
	half := width(text) / 2
	x = max(half, min(x, px(l.Width)-half))
	l.Labels = append(l.Labels, label{point{x, l.Plot.Bottom + tick + line - under}, "middle", text, false})
}
