package chart

const band = 6 // how high a band along the ground is

// lines is the layout of a chart of lines, marks and bands.
func (c Chart) lines(size Size) layout {
	v := scale(highest(c.Series), mostSteps)
	l := c.framed(size, c.X, c.Y, widest(v.labels()), aside)
	l.rise(v)
	step, at := l.Plot.along(len(c.Labels))
	l.ground(c.Labels, step, at)
	for _, s := range c.Series {
		s.Values = s.Values[:min(len(s.Values), len(c.Labels))]
		parts := l.Plot.parts(s.Values, v, at)
		switch s.Ink {
		case Wait:
			l.Areas = append(l.Areas, l.Plot.bands(s.Ink, parts, step)...)
		case Alarm:
			l.Marks = append(l.Marks, marks{s.Ink, diamonds(parts)})
		default:
			l.Curves = append(l.Curves, curve{s.Ink, parts})
		}
	}
	return l
}

// along divides a plot's width: the first of n places is at its left, the last
// at its right; a single one is in the middle.
func (b box) along(n int) (step px, at func(i int) px) {
	if n < 2 {
		return b.width(), func(int) px { return b.Left + b.width()/2 }
	}
	step = b.width() / px(n-1)
	return step, func(i int) px { return b.Left + b.width()*px(i)/px(n-1) }
}

// parts are the points of values, divided where there is none.
func (b box) parts(of []float64, v values, at func(i int) px) []path {
	var parts []path
	gap := true
	for i, value := range of {
		y, there := present(value)
		if !there {
			gap = true
			continue
		}
		if gap {
			parts = append(parts, nil)
		}
		gap = false
		last := &parts[len(parts)-1]
		*last = append(*last, point{at(i), b.Bottom - b.height()*v.share(y)})
	}
	return parts
}

// bands lie on the ground under the points, half a step to each side.
func (b box) bands(ink Ink, parts []path, step px) []area {
	areas := make([]area, len(parts))
	for i, part := range parts {
		areas[i] = area{ink, box{
			Left: max(b.Left, part[0].X-step/2), Right: min(b.Right, part[len(part)-1].X+step/2),
			Top: max(b.Top, b.Bottom-band), Bottom: b.Bottom,
		}}
	}
	return areas
}

func diamonds(parts []path) []diamond {
	var all []diamond
	for _, part := range parts {
		for _, at := range part {
			all = append(all, diamond(at))
		}
	}
	return all
}
