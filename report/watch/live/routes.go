package live

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// routes are all there is to read.
func (l *Live) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", l.show)
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

// answerPart is how much a reader has to take in the time for one message.
const answerPart = 256 << 10

// answer writes a whole answer, as long as the reader takes it.
func answer(w http.ResponseWriter, kind string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	control := http.NewResponseController(w)
	for part := range slices.Chunk(body, answerPart) {
		_ = control.SetWriteDeadline(time.Now().Add(liveWrite)) // every connection of ours has one
		if _, err := w.Write(part); err != nil {
			return // a reader who has gone needs nothing
		}
	}
}

// show serves the page.
func (l *Live) show(w http.ResponseWriter, r *http.Request) {
	made, err := l.pages.get(r.Context())
	if err != nil {
		http.Error(w, "the page cannot be made now; try again", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Security-Policy", l.pages.page.Policy+"; frame-ancestors 'none'")
	answer(w, "text/html; charset=utf-8", made.body)
}

// scrape serves the metrics.
func (l *Live) scrape(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(liveWrite)) // as of every answer
	l.metrics.ServeHTTP(w, r)
}

// events serves the state each time that it changed, as server-sent events. The
// last one is called end. A page that follows is then sent what it is in the
// end, as an event called page.
func (l *Live) events(w http.ResponseWriter, r *http.Request) {
	if !l.join() {
		http.Error(w, "too many readers", http.StatusServiceUnavailable)
		return
	}
	defer l.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // its request is read, and it stays
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
	if sent && r.URL.Query().Has("page") {
		l.sendPage(w, r, control)
	}
}

// sendPage sends the page as an event.
func (l *Live) sendPage(w io.Writer, r *http.Request, control *http.ResponseController) {
	made, err := l.pages.get(r.Context())
	if err != nil {
		return // who reads is told that nothing comes any more
	}
	if text, err := made.quoted(); err == nil {
		send(w, control, "page", text)
	}
}

// send writes one event, and reports whether the reader took it in time.
func send(w io.Writer, control *http.ResponseController, name string, body []byte) bool {
	if control.SetWriteDeadline(time.Now().Add(liveWrite)) != nil {
		return false
	}
	if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", name, body); err != nil {
		return false
	}
	return control.Flush() == nil
}
