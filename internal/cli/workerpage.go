package cli

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/bulknum/bulknum/internal/queue"
	"github.com/bulknum/bulknum/report/watch/metrics"
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

// metricsOf is what a worker is at.
func (c *carrier) metricsOf(w *queue.Worker) metrics.Worker {
	now := metrics.Worker{Most: c.f.parallel, Ended: map[string]int{}}
	c.ends.mu.Lock()
	for end, name := range endNames {
		now.Ended[name] = c.ends.of[end]
	}
	c.ends.mu.Unlock()
	seen := map[string]bool{}
	for _, g := range w.Going() {
		if !seen[g.Account] {
			seen[g.Account] = true
			now.Accounts = append(now.Accounts, metrics.WorkedAccount{Name: g.Account, Done: g.Done, Total: g.Total})
		}
	}
	return now
}

// line is what a worker is at, in a line.
func (c *carrier) line(w *queue.Worker) string {
	return fmt.Sprintf("Working for %d of up to %d accounts", len(w.Going()), c.f.parallel)
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
{{range .Going}}<tr><td>{{.Account}}</td><td>{{.Run}}{{range .Command}} {{.}}{{end}}</td><td>{{.Phase}}</td><td class="n">{{if .Total}}{{.Done}} of {{.Total}}{{end}}</td><td>{{clock .Ends}}</td><td>{{.Why}}</td></tr>
{{end}}</tbody></table></body></html>
`))

// readWithin is how long a reader of the page may take to ask.
const readWithin = 10 * time.Second

// serve serves what a worker does, if that is asked for, until done is called.
func (c *carrier) serve(ctx context.Context, w *queue.Worker) (done func(), err error) {
	if c.f.listen.at == "" {
		return func() {}, nil
	}
	listener, token, err := c.f.listen.listen(ctx)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.ServeWorker(func() metrics.Worker { return c.metricsOf(w) }))
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
	server := &http.Server{Handler: token.Guard(listener.Addr(), mux), ReadHeaderTimeout: readWithin, ReadTimeout: readWithin, WriteTimeout: readWithin}
	go func() { _ = server.Serve(listener) }() // ends by done
	c.a.note("the worker is shown at http://%s", listener.Addr())
	return func() { _ = server.Close() }, nil
}
