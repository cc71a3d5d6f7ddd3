// Package metrics has the Prometheus metrics of a run, counted from its events: scraped, kept in a file, or
// pushed. It is the only package that knows Prometheus.
package metrics

import (
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
)

// Labels of the metrics. None ever has a number, a name or a text of the API.
const (
	// labelJob is not job, which Prometheus gives to what it scrapes.
	labelJob      = "bulknum_job"
	labelStatus   = "status"
	labelEndpoint = "endpoint"
	labelCode     = "code"
	labelReason   = "reason"
	labelVersion  = "version"
)

// noCode is the code of a request without an answer.
const noCode = "none"

// Metrics counts the events of a run for Prometheus. It is safe for concurrent
// use.
type Metrics struct {
	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	ended     *prometheus.CounterVec
	build     *prometheus.GaugeVec

	status control.View

	mu      sync.Mutex
	job     string
	outcome *runs.Outcome // nil: the command goes on
	last    lastRun
	kept    bool // in a file, from one run to the next
}

// New returns the metrics of a run that has not begun, whose status is told. The
// job's name is taken from the run when it begins, unless that is only verified.
func New(job, version string, status control.View) *Metrics {
	f := described()
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts(f.requests.counted()), f.requests.Labels),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: f.durations.Name, Help: f.durations.Help,
			Buckets: []float64{0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30},
		}, f.durations.Labels),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts(f.ended.counted()), f.ended.Labels),
		build: prometheus.NewGaugeVec(prometheus.GaugeOpts(f.build.counted()), f.build.Labels),
		job:   job, status: status,
	}
	m.build.WithLabelValues(version).Set(1)
	return m
}

// Listen is the metrics' [event.Listener].
func (m *Metrics) Listen(e event.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch e := e.(type) {
	case event.Began:
		if !e.Verifies {
			m.job = e.Run.Job
		}
	case event.Attempted:
		m.attempted(e.Attempt)
	case event.PlanMade: // it ends the rows that need nothing, or cannot be sent
		for status, rows := range e.Counts {
			if status != result.Planned {
				m.ended.WithLabelValues(string(status)).Add(float64(rows))
			}
		}
	case event.Finished:
		if e.Status != result.NotAttempted { // all of them are known at the end
			m.ended.WithLabelValues(string(e.Status)).Inc()
		}
	}
}

// name is the job, as far as it is known.
func (m *Metrics) name() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.job
}

func (m *Metrics) attempted(a client.Attempt) {
	code := noCode
	if a.HTTPStatus != 0 {
		code = strconv.Itoa(a.HTTPStatus)
	}
	m.requests.WithLabelValues(string(a.Endpoint), code).Inc()
	m.durations.WithLabelValues(string(a.Endpoint)).Observe(a.Duration.Seconds())
}

// End takes in what the run came to.
func (m *Metrics) End(o runs.Outcome) {
	status := m.status(o.At)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.outcome = &o
	if o.Summary != nil && !status.Verifies {
		m.ended.WithLabelValues(string(result.NotAttempted)).Add(float64(o.Summary.Counts[result.NotAttempted]))
	}
	m.last.end(o, status.StartedAt)
}
