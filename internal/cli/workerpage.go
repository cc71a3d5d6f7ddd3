package cli

import (
	"context"
	"html/template"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/bulknum/bulknum/internal/queue"
	"github.com/bulknum/bulknum/report/words"
)

// ends counts how the commands of a worker ended.
type ends struct {
	mu sync.Mutex
	of map[queue.End]int
}

// endNames are what the metrics call them.
var endNames = map[queue.End]string{queue.Done: "done", queue.NeedsPerson: "needs_person", queue.Outage: "outage", queue.Again: "again"}

// count counts one.
func (e *ends) count(end queue.End) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.of == nil {
		e.of = map[queue.End]int{}
	}
	e.of[end]++
}

// workerMetrics are those of a worker.
type workerMetrics struct {
	going func() []queue.Going
	most  int
	ends  *ends
}

var (
	accountsMetric = prometheus.NewDesc("bulknum_worker_accounts", "Accounts that the worker works for now.", nil, nil)
	mostMetric     = prometheus.NewDesc("bulknum_worker_accounts_limit", "For how many accounts the worker works at a time.", nil, nil)
	endsMetric     = prometheus.NewDesc("bulknum_worker_ended_total", "Commands that ended, by what follows.", []string{"outcome"}, nil)
	doneMetric     = prometheus.NewDesc("bulknum_worker_rows_done", "Updates of an account's run that came to an end.", []string{"account"}, nil)
	totalMetric    = prometheus.NewDesc("bulknum_worker_rows", "Updates of an account's run.", []string{"account"}, nil)
)

// Describe is of [prometheus.Collector].
func (m workerMetrics) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, to) }

// Collect is of [prometheus.Collector].
func (m workerMetrics) Collect(to chan<- prometheus.Metric) {
	going := m.going()
	to <- prometheus.MustNewConstMetric(accountsMetric, prometheus.GaugeValue, float64(len(going)))
	to <- prometheus.MustNewConstMetric(mostMetric, prometheus.GaugeValue, float64(m.most))
	m.ends.mu.Lock()
	for end, name := range endNames {
		to <- prometheus.MustNewConstMetric(endsMetric, prometheus.CounterValue, float64(m.ends.of[end]), name)
	}
	m.ends.mu.Unlock()
	for _, g := range going {
		to <- prometheus.MustNewConstMetric(doneMetric, prometheus.GaugeValue, float64(g.Done), g.Account)
		to <- prometheus.MustNewConstMetric(totalMetric, prometheus.GaugeValue, float64(g.Total), g.Account)
	}
}

// workerPage is the page of a worker.
var workerPage = template.Must(template.New("worker").Funcs(template.FuncMap{
	"clock": func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Local().Format(words.Clock)
	},
}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>bulknum worker on {{.Host}}</title><meta http-equiv="refresh" content="5">
<style>body{font:15px system-ui,sans-serif;margin:2em}table{border-collapse:collapse}td,th{padding:.3em .9em;text-align:left;border-bottom:1px solid #ccc}td.n{text-align:right}</style>
</head><body><h1>bulknum worker on {{.Host}}</h1>
<p>{{len .Going}} of up to {{.Most}} accounts, at {{clock .At}}</p>
<table><thead><tr><th>Account</th><th>Run</th><th>Phase</th><th>Rows</th><th>Ends</th><th>Why</th></tr></thead><tbody>
{{range .Going}}<tr><td>{{.Account}}</td><td>{{.Run}}{{range .Command}} {{.}}{{end}}</td><td>{{.Phase}}</td><td class="n">{{.Done}} of {{.Total}}</td><td>{{clock .Ends}}</td><td>{{.Why}}</td></tr>
{{end}}</tbody></table></body></html>
`))

// readWithin is how long a reader of the page may take to ask.
const readWithin = 10 * time.Second

// serve serves what a worker does, if that is asked for, until done is called.
func (c *carrier) serve(ctx context.Context, w *queue.Worker) (done func(), err error) {
	if c.f.listen == "" {
		return func() {}, nil
	}
	listener, err := listenLocally(ctx, c.f.listen)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(workerMetrics{going: w.Going, most: c.f.parallel, ends: &c.ends})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(rw http.ResponseWriter, r *http.Request) {
		if err := w.Healthy(r.Context()); err != nil {
			http.Error(rw, "the queue cannot be reached", http.StatusServiceUnavailable)
			return
		}
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = rw.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /{$}", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		rw.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		_ = workerPage.Execute(rw, map[string]any{"Host": hostName(), "Going": w.Going(), "Most": strconv.Itoa(c.f.parallel), "At": time.Now()})
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: readWithin, ReadTimeout: readWithin, WriteTimeout: readWithin}
	go func() { _ = server.Serve(listener) }() // ends by done
	c.a.note("the worker is shown at http://%s", listener.Addr())
	return func() { _ = server.Close() }, nil
}
