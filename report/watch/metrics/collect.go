package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/result"
)

// Registry returns the metrics, to be gathered once: it is a new one each time,
// because the job's name comes with the run.
func (m *Metrics) Registry() (*prometheus.Registry, error) {
	return m.registry(prometheus.Labels{labelJob: m.name()})
}

// registry is that of the metrics, with labels that all of them have.
func (m *Metrics) registry(labels prometheus.Labels) (*prometheus.Registry, error) {
	registry := prometheus.NewRegistry()
	labelled := prometheus.WrapRegistererWith(labels, registry)
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
	families
}

// Describe is of [prometheus.Collector].
func (s snapshot) Describe(to chan<- *prometheus.Desc) {
	for _, f := range s.made() {
		to <- f.desc()
	}
}

// Collect is of [prometheus.Collector].
func (s snapshot) Collect(to chan<- prometheus.Metric) {
	now, m := time.Now(), s.metrics
	status := m.status(now)
	m.mu.Lock()
	defer m.mu.Unlock()
	gauge := func(f Family, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(f.desc(), prometheus.GaugeValue, value, labels...)
	}
	m.collectRows(status, s.families, gauge)
	for reason, waited := range status.Waited {
		to <- prometheus.MustNewConstMetric(s.waiting.desc(), prometheus.CounterValue, waited.Seconds(), string(reason))
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
func (m *Metrics) collectRows(s *control.Status, f families, gauge func(Family, float64, ...string)) {
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
