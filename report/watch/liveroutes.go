package watch

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// page has the live page and what belongs to it.
//
//go:embed live.html live.css live.js
var page embed.FS

// routes are all there is to read.
func (l *Live) routes() http.Handler {
	mux := http.NewServeMux()
	file := func(name, kind string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			body, err := page.ReadFile(name)
			if err != nil {
				http.Error(w, "not found", http.StatusNotFound)
				return
			}
			answer(w, kind, body)
		}
	}
	mux.Handle("GET /{$}", file("live.html", "text/html; charset=utf-8"))
	mux.Handle("GET /live.css", file("live.css", "text/css; charset=utf-8"))
	mux.Handle("GET /live.js", file("live.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET /state.json", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, "application/json", append(l.state(), '\n'))
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, "text/plain; charset=utf-8", []byte("ok\n"))
	})
	mux.HandleFunc("GET /metrics", l.scrape)
	mux.HandleFunc("GET /events", l.events)
	return mux
}

// answer writes a whole answer, in the time that a reader has for it.
func answer(w http.ResponseWriter, kind string, body []byte) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(liveWrite)) // every connection of ours has one
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(body) // a reader who has gone needs nothing
}

// scrape serves the metrics.
func (l *Live) scrape(w http.ResponseWriter, r *http.Request) {
	registry, err := l.metrics.Registry()
	if err != nil {
		http.Error(w, "the metrics cannot be told", http.StatusInternalServerError)
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(liveWrite)) // as of every answer
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

// events serves the state each time that it changed, as server-sent events. The
// last one is called end.
func (l *Live) events(w http.ResponseWriter, r *http.Request) {
	if !l.join() {
		http.Error(w, "too many readers", http.StatusServiceUnavailable)
		return
	}
	defer l.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	// The first state is made for this reader: the newest frame may be old.
	told := l.current()
	sent := send(w, control, "state", l.state())
	for sent && !told.last {
		select {
		case <-told.next:
		case <-r.Context().Done():
			return
		}
		told = l.current()
		name := "state"
		if told.last {
			name = "end"
		}
		sent = send(w, control, name, told.body)
	}
}

// send writes one event, and reports whether the reader took it in time.
func send(w io.Writer, control *http.ResponseController, name string, body []byte) bool {
	var event bytes.Buffer
	fmt.Fprintf(&event, "event: %s\ndata: %s\n\n", name, body)
	if control.SetWriteDeadline(time.Now().Add(liveWrite)) != nil {
		return false
	}
	if _, err := w.Write(event.Bytes()); err != nil {
		return false
	}
	return control.Flush() == nil
}
