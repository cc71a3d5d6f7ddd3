// Package metrics is the Prometheus metrics of a run, counted from its events, scraped or kept in a file. It is the
// only package that knows Prometheus.
package metrics

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch/progress"
)

// Labels of the metrics. None ever has a number, a name or a text of the API.
const (
	// labelJob is not job, which Prometheus gives to what it scrapes.
	labelJob      = "bulknum_job"
	labelStatus   = "status"
	labelEndpoint = "endpoint"
	labelCode     = "code"
	labelReason   = "reason"
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

	mu       sync.Mutex
	job      string
	pace     float64
	started  time.Time
	running  bool
	verifies bool
	verified map[result.VerifyStatus]int // nil: nothing was
	rows     progress.StatusCounts
	waits    progress.WaitTimes
	last     lastRun
}

// New returns the metrics of a run that has not begun. The job's name is
// taken from the run when it begins, unless that is only verified.
func New(job, version string) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bulknum_requests_total",
			Help: "Requests to the API, by what was asked and the status code of the answer; none: there was no answer.",
		}, []string{labelEndpoint, labelCode}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "bulknum_request_duration_seconds",
			Help:    "Time from a request to the end of its answer, or of the waiting for it.",
			Buckets: []float64{0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 30},
		}, []string{labelEndpoint}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bulknum_rows_total",
			Help: "Rows that came to an end, by status. A row that was pending or unknown and is settled later counts again.",
		}, []string{labelStatus}),
		build: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "bulknum_build_info",
			Help: "The version of bulknum; always 1.",
		}, []string{"version"}),
		job: job,
	}
	m.build.WithLabelValues(version).Set(1)
	return m
}

// Listen is the metrics' [event.Listener].
func (m *Metrics) Listen(e event.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows.Listen(e)
	switch e := e.(type) {
	case event.Began:
		m.started, m.running, m.verifies = e.At, true, e.Verifies
		if !e.Verifies {
			m.job = e.Run.Job
		}
	case event.NumbersVerified:
		m.verified = e.Counts
	case event.Attempted:
		m.attempted(e.Attempt)
	case event.Waiting:
		m.waits.Wait(e.Wait)
	case event.Commanded:
		if rate, ok := progress.NewRate(e); ok {
			m.pace = rate.PerSecond()
		}
	case event.Held:
		m.waits.Held(time.Now(), e)
	case event.Finished:
		m.ended.WithLabelValues(string(e.Status)).Inc()
	case event.Ended:
		m.running = false
		m.waits.End(e.At)
	}
}

// SetPace tells the allowed rate of requests.
func (m *Metrics) SetPace(rate client.Rate) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pace = rate.PerSecond()
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
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = false
	if o.Summary != nil {
		m.rows.Set(o.Summary.Counts)
	}
	m.last.end(o, m.started)
}
