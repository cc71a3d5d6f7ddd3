package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/result"
)

// figure describes a metric whose value is made when it is asked for.
func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("bulknum_"+name, help, labels, nil)
}

// figures are the metrics besides those that the library counts.
type figures struct {
	rows, verified                            *prometheus.Desc
	waiting, rate, started, running           *prometheus.Desc
	lastAt, lastCode, lastDuration, succeeded *prometheus.Desc
	lastStop                                  *prometheus.Desc
}

// described are the figures' names. They do not change.
func described() figures {
	return figures{
		rows:         figure("rows", "Rows of the input, by how they stand; planned are still to be sent.", labelStatus),
		verified:     figure("verified_rows", "Rows of the run that was verified, by what their numbers were found to be.", labelStatus),
		waiting:      figure("waiting_seconds_total", "Time in which requests were held back, by reason; the rate itself does not count.", labelReason),
		rate:         figure("rate_per_second", "Requests that are allowed in a second."),
		started:      figure("run_start_timestamp_seconds", "When the run began."),
		running:      figure(runningName, "1 while a run is running, else 0."),
		lastAt:       figure(lastAtName, "When the last run ended."),
		lastCode:     figure(lastCodeName, "The exit code of the last run."),
		lastDuration: figure(lastDurationName, "How long the last run took."),
		lastStop:     figure(lastStopName, "Always 1: the reason for which the last run stopped early, if it did.", labelReason),
		succeeded:    figure(succeededName, "When a run last ended with exit code 0."),
	}
}

// Registry returns the metrics, to be gathered once: it is a new one each time,
// because the job's name comes with the run.
func (m *Metrics) Registry() (*prometheus.Registry, error) {
	m.mu.Lock()
	job := m.job
	m.mu.Unlock()
	registry := prometheus.NewRegistry()
	labelled := prometheus.WrapRegistererWith(prometheus.Labels{labelJob: job}, registry)
	for _, c := range []prometheus.Collector{m.requests, m.durations, m.ended, m.build, snapshot{m, described()}} {
		if err := labelled.Register(c); err != nil {
			return nil, err
		}
	}
	return registry, nil
}

// ServeHTTP serves the metrics as they are scraped.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	registry, err := m.Registry()
	if err != nil {
		http.Error(w, "the metrics cannot be written", http.StatusInternalServerError)
		return
	}
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// snapshot collects the figures.
type snapshot struct {
	metrics *Metrics
	figures
}

// Describe is of [prometheus.Collector].
func (s snapshot) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		s.rows, s.verified, s.waiting, s.rate, s.started, s.running, s.lastAt, s.lastCode, s.lastDuration, s.lastStop, s.succeeded,
	} {
		to <- d
	}
}

// Collect is of [prometheus.Collector].
func (s snapshot) Collect(to chan<- prometheus.Metric) {
	now, m := time.Now(), s.metrics
	status := m.status(now)
	m.mu.Lock()
	defer m.mu.Unlock()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	m.collectRows(status, s.figures, gauge)
	for reason, waited := range status.Waited {
		to <- prometheus.MustNewConstMetric(s.waiting, prometheus.CounterValue, waited.Seconds(), string(reason))
	}
	if rate := status.Allowed.PerSecond(); rate > 0 {
		gauge(s.rate, rate)
	}
	if status.Begun {
		gauge(s.started, seconds(status.StartedAt))
	}
	running := 0.0
	if status.Begun && status.Step != control.PhaseEnded && m.outcome == nil {
		running = 1
	}
	gauge(s.running, running)
	if l := m.last; !l.at.IsZero() {
		gauge(s.lastAt, seconds(l.at))
		gauge(s.lastCode, float64(l.code))
		gauge(s.lastDuration, l.took.Seconds())
		if l.stop != "" {
			gauge(s.lastStop, 1, string(l.stop))
		}
	}
	switch l := m.last; {
	case !l.succeeded.IsZero():
		gauge(s.succeeded, seconds(l.succeeded))
	case m.kept: // an alert that compares it finds a value before the first success too
		gauge(s.succeeded, 0)
	}
}

// collectRows gives how many rows stand how, or were found to be how.
func (m *Metrics) collectRows(s *control.Status, f figures, gauge func(*prometheus.Desc, float64, ...string)) {
	if !s.Verifies {
		counts := s.Counts
		if m.outcome != nil && m.outcome.Summary != nil {
			counts = m.outcome.Summary.Counts
		}
		for _, status := range result.Statuses() {
			gauge(f.rows, float64(counts[status]), string(status))
		}
	}
	if s.Verified != nil {
		for _, status := range result.VerifyStatuses() {
			gauge(f.verified, float64(s.Verified[status]), string(status))
		}
	}
}

// seconds is a time as Prometheus counts it.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
