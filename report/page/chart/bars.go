package chart

// Bars are so thick: a share of what each has, and a number of pixels at most.
const (
	barShare = 0.8
	thickest = 48
)

// upright is the layout of a chart of upright bars.
func (c Chart) upright(size Size) layout {
	bars := c.bars()
	v := scale(highest(bars), mostSteps)
	l := c.framed(size, c.X, c.Y, widest(v.labels()), aside)
	l.rise(v)
	step := l.Plot.width() / px(max(1, len(c.Labels)))
	middle := func(i int) px { return l.Plot.Left + step*(px(i)+.5) }
	l.ground(c.Labels, step, middle)
	half := min(step*barShare, thickest) / 2
	for _, s := range bars {
		for i, value := range s.Values {
			if n, there := present(value); there {
				l.Areas = append(l.Areas, area{s.Ink, box{
					Left: middle(i) - half, Right: middle(i) + half,
					Top: l.Plot.Bottom - l.Plot.height()*v.share(n), Bottom: l.Plot.Bottom,
				}})
			}
		}
	}
	return l
}

// lying is the layout of a chart of lying bars, with their numbers.
func (c Chart) lying(size Size) layout {
	bars := c.bars()
	most := highest(bars)
	l := c.framed(size, c.Y, c.X, widest(c.Labels), max(aside, width(plain(most))+2*beside))
	v := scaleWithin(most, l.Plot.width())
	for i, text := range v.labels() {
		x := l.Plot.Left + l.Plot.width()*px(i)/px(v.steps)
		l.below(x, text)
		if i > 0 {
			l.Grid = append(l.Grid, path{{x, l.Plot.Top}, {x, l.Plot.Bottom}})
		}
	}
	l.Axis = []path{{{l.Plot.Left, l.Plot.Top}, {l.Plot.Left, l.Plot.Bottom}}}
	step := l.Plot.height() / px(max(1, len(c.Labels)))
	middle := func(i int) px { return l.Plot.Top + step*(px(i)+.5) }
	for i, text := range c.Labels {
		l.Labels = append(l.Labels, label{point{l.Plot.Left - beside, middle(i) + under}, "end", text, false})
	}
	half := min(step*barShare, thickest) / 2
	for _, s := range bars {
		for i, value := range s.Values {
			if n, there := present(value); there {
				end := l.Plot.Left + l.Plot.width()*v.share(n)
				l.Areas = append(l.Areas, area{s.Ink, box{l.Plot.Left, middle(i) - half, end, middle(i) + half}})
				l.Labels = append(l.Labels, label{point{end + beside, middle(i) + under}, "", plain(n), false})
			}
		}
	}
	return l
}

// bars is the series that is drawn as bars, if there is one, with no more values
// than there are labels.
func (c Chart) bars() []Series {
	if len(c.Series) == 0 {
		return nil
	}
	s := c.Series[0]
	s.Values = s.Values[:min(len(s.Values), len(c.Labels))]
	return []Series{s}
}
