// Package live is the server of a running run: its page, its state as JSON and as a stream of events, and its
// metrics.
package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/netutil"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/report/watch/access"
)

const (
	// liveEvery is how often readers are told of changes at most, and liveTick
	// how often of the time that passes.
	liveEvery = 200 * time.Millisecond
	liveTick  = time.Second
	// liveWrite is how long a reader may take for one message, livePage how long
	// the last page may take to be made, and liveEnd how long all readers may take
	// for it.
	liveWrite = 5 * time.Second
	livePage  = 5 * time.Second
	liveEnd   = time.Second
	// mostConnections is how many there may be at a time: what connects to the page
	// takes no descriptors from the run. mostReaders is how many of them may be told
	// of changes.
	mostConnections = 64
	mostReaders     = 56
)

// Live serves a run as it goes: its page, its state as JSON and as a stream of
// events, and the metrics. It only tells, and never holds the run: every reader
// is told the newest state and nothing in between, and one who does not take it
// in time is dropped.
type Live struct {
	recent  *recentRows
	pages   *pageCache
	proofs  proofs
	metrics http.Handler
	server  *http.Server
	changed chan struct{} // has one when something did
	closing chan struct{} // is closed when there is nothing more to tell
	ended   chan struct{} // is closed when nothing more is published
	served  chan struct{} // is closed when the server has ended

	mu      sync.Mutex
	newest  *frame
	readers int
}

// frame is a state as it is told to all readers, and the way to the next.
type frame struct {
	n    int // counts from 1; 0: there is none yet
	body []byte
	last bool
	next chan struct{} // is closed when there is a newer one
}

// Serve begins to serve a page at a listener, with the status of the run and metrics beside it. Without a token the
// listener is one of loopback.
func Serve(listener net.Listener, token access.Token, page Page, status control.View, metrics http.Handler) *Live {
	l := &Live{
		recent: &recentRows{status: status}, pages: newPageCache(page), proofs: newProofs(), metrics: metrics,
		changed: make(chan struct{}, 1), closing: make(chan struct{}), ended: make(chan struct{}), served: make(chan struct{}),
		newest: &frame{next: make(chan struct{})},
	}
	l.server = &http.Server{
		Handler:        token.Guard(listener.Addr(), l.routes()),
		ReadTimeout:    liveWrite,
		IdleTimeout:    time.Minute,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // the terminal is the watcher's
	}
	go l.publish()
	go func() {
		defer close(l.served)
		_ = l.server.Serve(netutil.LimitListener(listener, mostConnections)) // ends by Close
	}()
	return l
}

// Listen is the live page's [event.Listener].
func (l *Live) Listen(e event.Event) {
	l.recent.listen(time.Now(), e)
	switch e.(type) {
	case event.PlanMade, event.Started:
		l.pages.expire()
	}
	l.touch()
}

// touch says that something changed.
func (l *Live) touch() {
	select {
	case l.changed <- struct{}{}:
	default: // it is known already
	}
}

// End tells what the run came to, lets the readers have it, and ends.
func (l *Live) End(o runs.Outcome) {
	l.recent.end(o)
	l.pages.expire()
	close(l.closing)
	<-l.ended
	if l.read() {
		ctx, cancel := context.WithTimeout(context.Background(), livePage)
		_, _ = l.pages.get(ctx) // who reads has it, or is told that nothing comes any more
		cancel()
	}
	ctx, cancel := context.WithTimeout(context.Background(), liveEnd)
	defer cancel()
	if err := l.server.Shutdown(ctx); err != nil {
		_ = l.server.Close() // who is not done by now is stuck
	}
	<-l.served
	l.pages.close()
}

// publish makes frames of what changed, as long as somebody reads.
func (l *Live) publish() {
	defer close(l.ended)
	ticker := time.NewTicker(liveTick)
	defer ticker.Stop()
	for {
		select {
		case <-l.closing:
			l.tell(true)
			return
		case <-ticker.C:
		case <-l.changed:
		}
		l.tell(false)
		pause := time.NewTimer(liveEvery)
		select {
		case <-l.closing:
			pause.Stop()
		case <-pause.C:
		}
	}
}

// tell makes a frame, if somebody reads or it is the last.
func (l *Live) tell(last bool) {
	if !l.read() && !last {
		return
	}
	body := l.state()
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.newest
	l.newest = &frame{n: old.n + 1, body: body, last: last, next: make(chan struct{})}
	close(old.next)
}

// read reports whether somebody reads.
func (l *Live) read() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.readers > 0
}

// state is the state of this moment as JSON.
func (l *Live) state() []byte {
	body, err := json.Marshal(l.recent.at(time.Now()))
	if err != nil {
		panic("a state that is no JSON: " + err.Error()) // all its fields are texts, numbers and times
	}
	return body
}

// current is the newest frame.
func (l *Live) current() *frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.newest
}

// join counts a reader, unless there are too many.
func (l *Live) join() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.readers >= mostReaders {
		return false
	}
	l.readers++
	return true
}

func (l *Live) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readers--
}
