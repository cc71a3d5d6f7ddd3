package chart

// Bars are so far from each other, and so thick.
const (
	pitch = 28
	thick = 22
)

// Bars draws the first series as bars, one under the other, with their labels
// beside them and their numbers at their ends.
func (c Chart) Bars(across int) Drawing {
	most := 1.0
	for i := range c.Labels {
		n, _ := c.bar(i)
		most = max(most, n)
	}
	size := Size{across, edge + pitch*len(c.Labels) + 2*line + tick}
	d := c.framed(size, c.Y, c.X, widest(c.Labels...), max(margin, width(plain(most))+2*beside))
	v := scaleWithin(most, d.plot.width())
	along := func(n float64) px { return d.plot.Left + d.plot.width()*v.share(n) }
	for i, text := range v.labels() {
		x := along(v.step * float64(i))
		d.below(x, text)
		d.draw("grid line", curve{{x, d.plot.Top}, {x, d.plot.Bottom}})
	}
	d.draw("axis line", curve{{d.plot.Left, d.plot.Top}, {d.plot.Left, d.plot.Bottom}})
	for i, text := range c.Labels {
		middle := d.plot.Top + d.plot.height()*(px(i)+.5)/px(len(c.Labels))
		d.left(middle, text)
		if n, there := c.bar(i); there {
			d.draw(string(c.Series[0].Ink)+" shape", box{d.plot.Left, middle - thick/2, along(n), middle + thick/2})
			d.Labels = append(d.Labels, Label{along(n) + beside, middle + under, "", plain(n), false})
		}
	}
	return *d
}

// bar is the value of a label, if it has one.
func (c Chart) bar(i int) (n float64, there bool) {
	if len(c.Series) == 0 || i >= len(c.Series[0].Values) {
		return 0, false
	}
	return present(c.Series[0].Values[i])
}
