package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Worker is what a worker for many accounts is at, at a moment.
type Worker struct {
	// Most is for how many accounts it works at a time, and Ended counts what has ended, by what follows.
	Most     int
	Ended    map[string]int
	Accounts []WorkedAccount
}

// WorkedAccount is an account that a worker works for: Done of Total updates of its run have come to an end.
type WorkedAccount struct {
	Name        string
	Done, Total int
}

var (
	accountsMetric = prometheus.NewDesc("bulknum_worker_accounts", "Accounts that the worker works for now.", nil, nil)
	mostMetric     = prometheus.NewDesc("bulknum_worker_accounts_limit", "For how many accounts the worker works at a time.", nil, nil)
	endedMetric    = prometheus.NewDesc("bulknum_worker_ended_total", "Commands that ended, by what follows.", []string{"outcome"}, nil)
	doneMetric     = prometheus.NewDesc("bulknum_worker_rows_done", "Updates of an account's run that came to an end.", []string{"account"}, nil)
	totalMetric    = prometheus.NewDesc("bulknum_worker_rows", "Updates of an account's run.", []string{"account"}, nil)
)

// workerCollector collects them when they are asked for.
type workerCollector func() Worker

// Describe is of [prometheus.Collector].
func (c workerCollector) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, to) }

// Collect is of [prometheus.Collector].
func (c workerCollector) Collect(to chan<- prometheus.Metric) {
	w := c()
	gauge := func(d *prometheus.Desc, value int, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value), labels...)
	}
	gauge(accountsMetric, len(w.Accounts))
	gauge(mostMetric, w.Most)
	for outcome, n := range w.Ended {
		to <- prometheus.MustNewConstMetric(endedMetric, prometheus.CounterValue, float64(n), outcome)
	}
	for _, a := range w.Accounts {
		gauge(doneMetric, a.Done, a.Name)
		gauge(totalMetric, a.Total, a.Name)
	}
}

// ServeWorker serves the metrics of a worker.
func ServeWorker(now func() Worker) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(workerCollector(now))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}
