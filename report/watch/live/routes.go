package live

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
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
		// Who restarts what is not well must not restart a run that waits: that it answers is all that is asked.
		answer(w, "text/plain; charset=utf-8", []byte("ok: "+string(l.recent.status(time.Now()).Phase)+"\n"))
	})
	mux.HandleFunc("GET /metrics", l.scrape)
	mux.HandleFunc("GET /events", l.events)
	return mux
}

// answerPart is how much a reader has to take in the time for one message.
const answerPart = 256 << 10

// answer writes a whole answer, as long as the reader takes it.
func answer(w http.ResponseWriter, kind string, body ...[]byte) {
	size := 0
	for _, part := range body {
		size += len(part)
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(size))
	control := http.NewResponseController(w)
	for part := range chunks(body) {
		_ = control.SetWriteDeadline(time.Now().Add(liveWrite)) // every connection of ours has one
		if _, err := w.Write(part); err != nil {
			return // a reader who has gone needs nothing
		}
	}
}

// chunks are the parts of an answer, none of which is too large for a reader.
func chunks(body [][]byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, part := range body {
			for chunk := range slices.Chunk(part, answerPart) {
				if !yield(chunk) {
					return
				}
			}
		}
	}
}

// readerOf is the name of the page that asks; empty: who asks is none, or one that is loaded now.
func readerOf(r *http.Request) string { return r.URL.Query().Get("page") }

// show serves the page: with a key of its own to who loads it, with its proof to a page that is there already.
func (l *Live) show(w http.ResponseWriter, r *http.Request) {
	made, err := l.pages.get(r.Context())
	if err != nil {
		http.Error(w, "the page cannot be made now; try again", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Security-Policy", l.pages.page.Policy+"; frame-ancestors 'none'")
	const kind = "text/html; charset=utf-8"
	place := []byte(l.pages.page.Place)
	before, after, found := bytes.Cut(made.body, place)
	switch reader := readerOf(r); {
	case reader != "":
		w.Header().Set("Proof", l.proofs.of(reader, "html", made.body))
		answer(w, kind, made.body)
	case found && len(place) > 0:
		answer(w, kind, before, l.proofs.token(), after)
	default:
		answer(w, kind, made.body)
	}
}

// scrape serves the metrics.
func (l *Live) scrape(w http.ResponseWriter, r *http.Request) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(liveWrite)) // as of every answer
	l.metrics.ServeHTTP(w, r)
}

// events serves the state each time that it changed, as server-sent events. The
// last one is called end. A page that follows is then sent what it is in the
// end, as an event called page; to it, each has its proof as a second line.
func (l *Live) events(w http.ResponseWriter, r *http.Request) {
	if !l.join() {
		http.Error(w, "too many readers", http.StatusServiceUnavailable)
		return
	}
	defer l.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	to := stream{w: w, control: http.NewResponseController(w), reader: readerOf(r), proofs: l.proofs}
	_ = to.control.SetReadDeadline(time.Time{}) // its request is read, and it stays
	// The first state is made for this reader: the newest frame may be old.
	told := l.current()
	sent := to.send("state", l.state())
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
		sent = to.send(name, told.body)
	}
	if sent && r.URL.Query().Has("page") {
		l.sendPage(r.Context(), to)
	}
}

// sendPage sends the page as an event.
func (l *Live) sendPage(ctx context.Context, to stream) {
	made, err := l.pages.get(ctx)
	if err != nil {
		return // who reads is told that nothing comes any more
	}
	if text, err := made.quoted(); err == nil {
		to.send("page", text)
	}
}

// stream is who is told of events.
type stream struct {
	w       io.Writer
	control *http.ResponseController
	reader  string // the name of the page
	proofs  proofs
}

// send writes one event, and reports whether the reader took it in time.
func (s stream) send(name string, body []byte) bool {
	if s.control.SetWriteDeadline(time.Now().Add(liveWrite)) != nil {
		return false
	}
	proof := ""
	if s.reader != "" {
		proof = "\ndata: " + s.proofs.of(s.reader, name, body)
	}
	if _, err := fmt.Fprintf(s.w, "event: %s\ndata: %s%s\n\n", name, body, proof); err != nil {
		return false
	}
	return s.control.Flush() == nil
}
