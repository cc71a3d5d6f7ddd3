package page

import (
	"iter"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/page/chart"
	"github.com/bulknum/bulknum/report/page/html"
)

// mostSpans is into how many spans of time a run is divided at most.
const mostSpans = 60

// span is a part of a run's time.
type span struct {
	at        time.Time // its beginning
	length    time.Duration
	done      int     // rows that were answered in it
	requests  int     // that left in it
	throttled int     // of those answered 429
	took      []int64 // how long answers took, in milliseconds
	waiting   bool    // everything waited
}

// timeline is how a run went over time.
type timeline struct {
	spans  []span
	length time.Duration
	took   []int64 // of all answers, from the shortest
	// tries are the attempts of the rows, by line, that were more than one
	// good answer.
	tries map[int][]html.Try
}

// newTimeline divides a run's time and takes in its requests. That of a plan which was applied later begins with what
// applied it.
func newTimeline(run *runs.Run) (*timeline, error) {
	start, err := beginning(run)
	if err != nil {
		return nil, err
	}
	end := run.EndedAt
	if end.IsZero() {
		if end, err = latest(start, run.Requests()); err != nil {
			return nil, err
		}
	}
	t := divided(start, end)
	for r, err := range run.Requests() {
		if err != nil {
			return nil, err
		}
		if !r.At.Before(start) {
			t.add(r)
		}
	}
	slices.Sort(t.took)
	for i := range t.spans {
		slices.Sort(t.spans[i].took)
	}
	return t, nil
}

// beginning is when the execution of a run began that sent first, or the run, if nothing was sent.
func beginning(run *runs.Run) (time.Time, error) {
	if !run.Applied || len(run.Executions) < 2 {
		return run.StartedAt, nil
	}
	for r, err := range run.Requests() {
		if err != nil {
			return time.Time{}, err
		}
		if r.Endpoint != client.EndpointUpdate || r.Wait != "" {
			continue
		}
		for _, e := range slices.Backward(run.Executions) {
			if !r.At.Before(e.StartedAt) {
				return e.StartedAt, nil
			}
		}
	}
	return run.StartedAt, nil
}

// latest is when the last request was answered of a run that has no end.
func latest(at time.Time, requests iter.Seq2[request.Request, error]) (time.Time, error) {
	for r, err := range requests {
		if err != nil {
			return at, err
		}
		if answered := r.At.Add(time.Duration(r.DurationMs) * time.Millisecond); answered.After(at) {
			at = answered
		}
	}
	return at, nil
}

// divided divides the time between two moments into spans.
func divided(start, end time.Time) *timeline {
	t := &timeline{length: chart.TimeStep(end.Sub(start), mostSpans), tries: map[int][]html.Try{}}
	for at := start; at.Before(end) || at.Equal(start); at = at.Add(t.length) {
		t.spans = append(t.spans, span{at: at, length: min(t.length, end.Sub(at))})
	}
	return t
}

// index is the place of the span of a moment.
func (t *timeline) index(at time.Time) int {
	i := int(at.Sub(t.spans[0].at) / t.length)
	return max(0, min(i, len(t.spans)-1))
}

// add takes in an attempt or a wait.
func (t *timeline) add(r request.Request) {
	if r.Wait != "" {
		t.wait(r)
		return
	}
	s := &t.spans[t.index(r.At)]
	s.requests++
	if r.HTTPStatus != 0 {
		s.took = append(s.took, r.DurationMs)
		t.took = append(t.took, r.DurationMs)
	}
	if client.Throttles(r.HTTPStatus) {
		s.throttled++
	}
	if r.Endpoint == client.EndpointUpdate && (r.Error != "" || r.Attempt > 1) {
		t.tries[r.Line] = append(t.tries[r.Line], html.Try{At: r.At, DurationMs: r.DurationMs, HTTPStatus: r.HTTPStatus, Error: r.Error})
	}
}

// wait marks the spans of a wait that held everything.
func (t *timeline) wait(r request.Request) {
	if r.Wait == client.WaitBackoff {
		return // of one row
	}
	until := r.Until
	if until.Before(r.At) {
		until = r.At // not known
	}
	for i := t.index(r.At); i <= t.index(until); i++ {
		t.spans[i].waiting = true
	}
}

// result takes in when a row was answered.
func (t *timeline) result(r result.Result) {
	if !r.StartedAt.IsZero() {
		t.spans[t.index(r.StartedAt.Add(time.Duration(r.DurationMs)*time.Millisecond))].done++
	}
}

// perMinute is how many requests left in a minute of the span, at least a
// second long.
func (s span) perMinute() float64 {
	return float64(s.requests) / max(s.length, time.Second).Minutes()
}

// quantile is the value below which a share of sorted values lie; 0 of none.
func quantile(sorted []int64, share float64) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

// total adds something of all spans up.
func (t *timeline) total(of func(span) int) (n int) {
	for _, s := range t.spans {
		n += of(s)
	}
	return n
}

// clock is how moments of the timeline are shown.
func (t *timeline) clock() string {
	last := t.spans[len(t.spans)-1].at
	layout := "15:04"
	if t.length < time.Minute {
		layout = "15:04:05"
	}
	if last.Sub(t.spans[0].at) > 20*time.Hour {
		layout = "2 Jan 15:04"
	}
	return layout
}
