package page

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/page/chart"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/words"
)

// Charts are drawn for a wide page and for a telephone.
func wideSize() chart.Size   { return chart.Size{Width: 560, Height: 240} }
func narrowSize() chart.Size { return chart.Size{Width: 340, Height: 230} }

// fewestRequests is how many there must be for their course to say anything.
const fewestRequests = 20

// figures draws how a run went.
func figures(s *runs.Summary, t *timeline) []html.Chart {
	var all []html.Chart
	if s.Rows > 0 {
		all = append(all, statusChart(s))
	}
	if len(t.spans) < 2 || t.total(func(s span) int { return s.requests }) < fewestRequests {
		return all
	}
	if t.total(func(s span) int { return s.done }) > 0 {
		all = append(all, t.doneChart())
	}
	all = append(all, t.rateChart(s.Run.Rate))
	if len(t.took) > 0 {
		all = append(all, t.answerChart(), t.spreadChart())
	}
	return all
}

// bars draws a chart of bars.
func bars(c html.Chart, drawn chart.Chart) html.Chart {
	drawn.Title = c.Title
	c.Wide, c.Narrow = drawn.Bars(wideSize().Width), drawn.Bars(narrowSize().Width)
	return c
}

// lines draws a chart of lines over the spans, with its legend.
func (t *timeline) lines(c html.Chart, unit string, series ...chart.Series) html.Chart {
	for _, s := range series {
		c.Legend = append(c.Legend, html.Key{Class: string(s.Ink), Name: s.Name})
	}
	drawn := chart.Chart{
		Title: c.Title, X: t.times(), Y: unit, Series: series,
		Times: chart.Times{From: t.spans[0].at, Every: t.length, Layout: t.clock()},
	}
	c.Wide, c.Narrow = drawn.Lines(wideSize()), drawn.Lines(narrowSize())
	return c
}

// statusChart is how many rows ended in each status.
func statusChart(s *runs.Summary) html.Chart {
	c := html.Chart{
		Title:   "Rows by status",
		Numbers: columns("Status", "Rows"),
	}
	drawn := chart.Chart{Y: "rows", Series: []chart.Series{{Ink: chart.Main}}}
	for _, status := range result.Statuses() {
		if n := s.Counts[status]; n > 0 {
			drawn.Labels = append(drawn.Labels, string(status))
			drawn.Series[0].Values = append(drawn.Series[0].Values, float64(n))
			c.Numbers.Lines = append(c.Numbers.Lines, []string{string(status), words.Count(n)})
		}
	}
	return bars(c, drawn)
}

// doneChart is how many rows were done by when.
func (t *timeline) doneChart() html.Chart {
	c := html.Chart{
		Title:   "Rows done",
		Caption: "How many rows had their answer by when.",
		Numbers: columns(t.times(), "Rows done", "429s", "Waiting"),
	}
	total := 0
	done := t.each(func(s span) float64 {
		total += s.done
		t.tell(&c, s, words.Count(total), words.Count(s.throttled), yes(s.waiting))
		return float64(total)
	})
	return t.lines(c, "rows done", t.marked(chart.Series{Name: "rows done", Ink: chart.Main, Values: done})...)
}

// rateChart is how many requests left in a minute, beside the allowed rate.
func (t *timeline) rateChart(allowed string) html.Chart {
	c := html.Chart{
		Title:   "Requests per minute",
		Caption: fmt.Sprintf("Of all requests together, in spans of %s; %s is allowed.", spanName(t.length), allowed),
		Numbers: columns(t.times(), "Requests per minute", "429s", "Waiting"),
	}
	highest := 0.0
	series := []chart.Series{{Name: "requests per minute", Ink: chart.Main, Values: t.each(func(s span) float64 {
		highest = max(highest, s.perMinute())
		t.tell(&c, s, fmt.Sprintf("%.1f", s.perMinute()), words.Count(s.throttled), yes(s.waiting))
		return s.perMinute()
	})}}
	if rate, err := client.ParseRate(allowed); err == nil && rate.PerSecond()*60 < 5*highest {
		limit := t.each(func(span) float64 { return rate.PerSecond() * 60 })
		series = append(series, chart.Series{Name: "allowed rate", Ink: chart.Limit, Values: limit})
	}
	return t.lines(c, "requests per minute", t.marked(series...)...)
}

// answerChart is how long answers took over time.
func (t *timeline) answerChart() html.Chart {
	c := html.Chart{
		Title: "Answer times",
		Caption: "Half of the answers took no longer than the median, 95 of 100 no longer than the 95th percentile; " +
			fmt.Sprintf("over all %d and %d ms.", quantile(t.took, .5), quantile(t.took, .95)),
		Numbers: columns(t.times(), "Median, ms", "95th percentile, ms", "Answers"),
	}
	for _, s := range t.spans {
		half, most := quantile(s.took, .5), quantile(s.took, .95)
		t.tell(&c, s, words.Count(int(half)), words.Count(int(most)), words.Count(len(s.took)))
	}
	share := func(q float64) []float64 {
		return t.each(func(s span) float64 { return when(len(s.took) > 0, float64(quantile(s.took, q))) })
	}
	return t.lines(c, "milliseconds",
		chart.Series{Name: "median", Ink: chart.Main, Values: share(.5)},
		chart.Series{Name: "95th percentile", Ink: chart.Second, Values: share(.95)})
}

// mostBins is into how many bars a distribution is divided at most; one more is
// for all that took longer.
const mostBins = 10

// spreadChart is how many answers took how long.
func (t *timeline) spreadChart() html.Chart {
	c := html.Chart{
		Title:   "How long answers took",
		Caption: "Answers by the milliseconds that they took.",
		Numbers: columns("Milliseconds", "Answers"),
	}
	width := int64(chart.Step(float64(quantile(t.took, .95)+1), mostBins))
	bins := make([]float64, min(t.took[len(t.took)-1]/width, mostBins)+1)
	for _, ms := range t.took {
		bins[min(ms/width, mostBins)]++
	}
	drawn := chart.Chart{X: "milliseconds", Y: "answers", Series: []chart.Series{{Ink: chart.Main, Values: bins}}}
	for i, n := range bins {
		from := int64(i) * width
		name := fmt.Sprintf("%d to %d", from, from+width-1)
		switch {
		case i == mostBins:
			name = fmt.Sprintf("%d and more", from)
		case width == 1:
			name = strconv.FormatInt(from, 10)
		}
		drawn.Labels = append(drawn.Labels, name)
		c.Numbers.Lines = append(c.Numbers.Lines, []string{name, words.Count(int(n))})
	}
	return bars(c, drawn)
}

// marked adds the marks of 429s, on the first series, and of waits, if there are
// any.
func (t *timeline) marked(series ...chart.Series) []chart.Series {
	if t.total(func(s span) int { return s.throttled }) > 0 {
		on := series[0].Values
		marks := make([]float64, len(on))
		for i, s := range t.spans {
			marks[i] = when(s.throttled > 0, on[i])
		}
		series = append(series, chart.Series{Name: "throttled (429)", Ink: chart.Alarm, Values: marks})
	}
	if t.total(func(s span) int { return len(yes(s.waiting)) }) > 0 {
		waits := t.each(func(s span) float64 { return when(s.waiting, 0) })
		series = append(series, chart.Series{Name: "everything waits", Ink: chart.Wait, Values: waits})
	}
	return series
}

// tell adds the numbers of a span to those of a chart.
func (t *timeline) tell(c *html.Chart, s span, numbers ...string) {
	c.Numbers.Lines = append(c.Numbers.Lines, append([]string{s.at.Format(t.clock())}, numbers...))
}

// each is a value for each span.
func (t *timeline) each(value func(span) float64) []float64 {
	values := make([]float64, len(t.spans))
	for i, s := range t.spans {
		values[i] = value(s)
	}
	return values
}

// times names the spans' beginnings.
func (t *timeline) times() string { return "Time, " + t.spans[0].at.Format("MST") }

// columns are those of a table of numbers, the first one apart.
func columns(first string, numbers ...string) html.Table {
	t := html.Table{Columns: []html.Column{{Name: first}}}
	for _, name := range numbers {
		t.Columns = append(t.Columns, html.Column{Name: name, Numeric: true})
	}
	return t
}

// spanName is a length of time without a unit that is zero: 5 m, 2 h.
func spanName(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	case d >= time.Minute:
		return fmt.Sprintf("%d m", d/time.Minute)
	default:
		return fmt.Sprintf("%d s", d/time.Second)
	}
}

// when is a value, or none.
func when(is bool, value float64) float64 {
	if is {
		return value
	}
	return math.NaN()
}

// yes says that something is, or nothing.
func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}
