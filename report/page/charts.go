package page

import (
	"fmt"
	"html/template"
	"strconv"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/page/chart"
	"github.com/bulknum/bulknum/report/page/html"
	"github.com/bulknum/bulknum/report/words"
)

// fewestRequests is how many there must be for their course to say anything.
const fewestRequests = 20

// figures draws how a run went.
func figures(s *runs.Summary, t *timeline) ([]html.Chart, error) {
	var all []html.Chart
	add := func(c html.Chart, err error) error {
		all = append(all, c)
		return err
	}
	if s.Rows > 0 {
		if err := add(statusChart(s)); err != nil {
			return nil, err
		}
	}
	if len(t.spans) < 2 || t.total(func(s span) int { return s.requests }) < fewestRequests {
		return all, nil
	}
	if t.total(func(s span) int { return s.done }) > 0 {
		if err := add(t.doneChart()); err != nil {
			return nil, err
		}
	}
	if err := add(t.paceChart(s.Run.Rate)); err != nil {
		return nil, err
	}
	if len(t.took) == 0 {
		return all, nil
	}
	if err := add(t.answerChart()); err != nil {
		return nil, err
	}
	return all, add(t.spreadChart())
}

// statusChart is how many rows ended in each status.
func statusChart(s *runs.Summary) (html.Chart, error) {
	c := html.Chart{
		Title: "Rows by status", Caption: "",
		Numbers: html.Table{Columns: []html.Column{{Name: "Status"}, {Name: "Rows", Numeric: true}}},
	}
	drawn := chart.Chart{Y: "rows", Series: []chart.Series{{Ink: chart.Main}}}
	for _, status := range result.Statuses() {
		if n := s.Counts[status]; n > 0 {
			drawn.Labels = append(drawn.Labels, string(status))
			drawn.Series[0].Values = append(drawn.Series[0].Values, float64(n))
			c.Numbers.Lines = append(c.Numbers.Lines, []string{string(status), words.Count(n)})
		}
	}
	height := 60 + 28*len(drawn.Labels)
	return withDrawings(c, func(size chart.Size) (template.HTML, error) {
		size.Height = height
		return drawn.Bars(size, true)
	})
}

// doneChart is how many rows were done by when.
func (t *timeline) doneChart() (html.Chart, error) {
	drawn, times := t.chart("rows done")
	c := html.Chart{
		Title:   "Rows done",
		Caption: "How many rows had their answer by when.",
		Numbers: html.Table{Columns: []html.Column{{Name: times}, {Name: "Rows done", Numeric: true}, {Name: "429s", Numeric: true}, {Name: "Waiting"}}},
	}
	total := 0
	values := make([]float64, len(t.spans))
	for i, s := range t.spans {
		total += s.done
		values[i] = float64(total)
		c.Numbers.Lines = append(c.Numbers.Lines, []string{drawn.Labels[i], words.Count(total), words.Count(s.throttled), yes(s.waiting)})
	}
	drawn.Series = []chart.Series{{Name: "rows done", Ink: chart.Main, Values: values}}
	return t.marked(c, drawn)
}

// paceChart is how many requests left in a minute, beside the allowed pace.
func (t *timeline) paceChart(allowed string) (html.Chart, error) {
	drawn, times := t.chart("requests a minute")
	c := html.Chart{
		Title:   "Requests a minute",
		Caption: fmt.Sprintf("Of all requests together, in spans of %s; %s is allowed.", spanName(t.length), allowed),
		Numbers: html.Table{Columns: []html.Column{{Name: times}, {Name: "Requests a minute", Numeric: true}, {Name: "429s", Numeric: true}, {Name: "Waiting"}}},
	}
	values := make([]float64, len(t.spans))
	highest := 0.0
	for i, s := range t.spans {
		values[i] = s.perMinute()
		highest = max(highest, values[i])
		c.Numbers.Lines = append(c.Numbers.Lines, []string{drawn.Labels[i], fmt.Sprintf("%.1f", values[i]), words.Count(s.throttled), yes(s.waiting)})
	}
	drawn.Series = []chart.Series{{Name: "requests a minute", Ink: chart.Main, Values: values}}
	if rate, err := client.ParseRate(allowed); err == nil && rate.PerSecond()*60 < 5*highest {
		drawn.Series = append(drawn.Series, chart.Series{Name: "allowed pace", Ink: chart.Limit, Values: t.each(func(int, span) float64 { return rate.PerSecond() * 60 })})
	}
	return t.marked(c, drawn)
}

// chart is a chart over the spans, and the name of their times.
func (t *timeline) chart(y string) (drawn chart.Chart, times string) {
	times = "Time, " + t.spans[0].at.Format("MST")
	drawn = chart.Chart{X: times, Y: y, Labels: make([]string, len(t.spans))}
	for i, s := range t.spans {
		drawn.Labels[i] = s.at.Format(t.clock())
	}
	return drawn, times
}

// each is a value for each span.
func (t *timeline) each(value func(i int, s span) float64) []float64 {
	values := make([]float64, len(t.spans))
	for i, s := range t.spans {
		values[i] = value(i, s)
	}
	return values
}

// marked adds the marks of 429s, on the first series, and of waits to a chart
// over the spans, if there are any, and draws it.
func (t *timeline) marked(c html.Chart, drawn chart.Chart) (html.Chart, error) {
	on := drawn.Series[0].Values
	if t.total(func(s span) int { return s.throttled }) > 0 {
		drawn.Series = append(drawn.Series, chart.Series{Name: "answers of 429", Ink: chart.Alarm, Values: t.each(func(i int, s span) float64 {
			return when(s.throttled > 0, on[i])
		})})
	}
	waits := t.each(func(_ int, s span) float64 { return when(s.waiting, 0) })
	if t.total(func(s span) int { return len(yes(s.waiting)) }) > 0 {
		drawn.Series = append(drawn.Series, chart.Series{Name: "everything waits", Ink: chart.Wait, Values: waits})
	}
	return lines(c, drawn)
}

// answerChart is how long answers took over time.
func (t *timeline) answerChart() (html.Chart, error) {
	drawn, times := t.chart("milliseconds")
	c := html.Chart{
		Title:   "Answer times",
		Caption: fmt.Sprintf("Half of the answers took no longer than the median, 95 of 100 no longer than the 95th percentile; over all %d and %d ms.", quantile(t.took, .5), quantile(t.took, .95)),
		Numbers: html.Table{Columns: []html.Column{{Name: times}, {Name: "Median, ms", Numeric: true}, {Name: "95th percentile, ms", Numeric: true}, {Name: "Answers", Numeric: true}}},
	}
	share := func(q float64) []float64 {
		return t.each(func(_ int, s span) float64 { return when(len(s.took) > 0, float64(quantile(s.took, q))) })
	}
	for i, s := range t.spans {
		c.Numbers.Lines = append(c.Numbers.Lines, []string{drawn.Labels[i], words.Count(int(quantile(s.took, .5))), words.Count(int(quantile(s.took, .95))), words.Count(len(s.took))})
	}
	drawn.Series = []chart.Series{
		{Name: "median", Ink: chart.Main, Values: share(.5)},
		{Name: "95th percentile", Ink: chart.Second, Values: share(.95)},
	}
	return lines(c, drawn)
}

// mostBins is into how many bars a distribution is divided at most.
const mostBins = 12

// spreadChart is how many answers took how long.
func (t *timeline) spreadChart() (html.Chart, error) {
	width := binWidth(quantile(t.took, .95))
	bins := make([]float64, mostBins+1)
	last := 0
	for _, ms := range t.took {
		i := int(min(ms/width, mostBins))
		bins[i]++
		last = max(last, i)
	}
	bins = bins[:last+1]
	c := html.Chart{
		Title:   "How long answers took",
		Caption: "Answers by the milliseconds that they took.",
		Numbers: html.Table{Columns: []html.Column{{Name: "Milliseconds"}, {Name: "Answers", Numeric: true}}},
	}
	drawn := chart.Chart{X: "milliseconds, from", Y: "answers", Series: []chart.Series{{Ink: chart.Main, Values: bins}}}
	for i, n := range bins {
		from := int64(i) * width
		name := fmt.Sprintf("%d to %d", from, from+width-1)
		label := strconv.FormatInt(from, 10)
		if i == mostBins {
			name, label = fmt.Sprintf("%d and more", from), label+"+"
		}
		drawn.Labels = append(drawn.Labels, label)
		c.Numbers.Lines = append(c.Numbers.Lines, []string{name, words.Count(int(n))})
	}
	return withDrawings(c, func(size chart.Size) (template.HTML, error) { return drawn.Bars(size, false) })
}

// binWidth is 1, 2 or 5 times a power of ten, so that bins reach a value.
func binWidth(reach int64) int64 {
	for power := int64(1); ; power *= 10 {
		for _, factor := range []int64{1, 2, 5} {
			if factor*power*mostBins > reach {
				return factor * power
			}
		}
	}
}
