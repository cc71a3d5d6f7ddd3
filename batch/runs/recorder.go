package runs

import (
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// Recorder commits what happens in a run to the store. It is safe for concurrent use.
type Recorder struct {
	Store store.Store
	Run   store.RunID

	broken atomic.Bool

	mu       sync.Mutex
	requests []store.Request // not committed yet
	since    time.Time       // of the oldest of them
}

// Record commits records. What cannot be recorded stops the run.
func (l *Recorder) Record(records ...store.Record) error {
	err := l.Store.Append(l.Run, records...)
	if err == nil {
		return nil
	}
	if _, broken := errors.AsType[*store.BrokenError](err); broken {
		l.broken.Store(true)
	}
	return result.StopFor(result.StoppedByDisk, err)
}

// Broken reports whether the store takes no more.
func (l *Recorder) Broken() bool { return l.broken.Load() }

// Milestone commits a step of the run.
func (l *Recorder) Milestone(kind store.MilestoneKind, at time.Time, step any) error {
	m, err := Milestone(kind, at, step)
	if err != nil {
		return err
	}
	return l.Record(m)
}

// Milestone is a step of a run for the store.
func Milestone(kind store.MilestoneKind, at time.Time, step any) (*store.Milestone, error) {
	doc, err := json.Marshal(step)
	return &store.Milestone{Kind: kind, At: at, Doc: doc}, err
}

// Requests are kept with so many others, or when the oldest is so old: they are no part of the truth, and a crash may
// lose some. What the server asks all to wait for is kept at once: it holds for those who come after a crash, too.
const (
	requestsAtOnce = 512
	requestsFor    = time.Second
)

// Note keeps a request or a wait.
func (l *Recorder) Note(r request.Request) error {
	if due := l.Keep(r) || r.Asks != ""; !due {
		return nil
	}
	return l.Flush()
}

// Keep keeps a request or a wait with those that are noted next, waits for no store, and tells whether it is time for that.
func (l *Recorder) Keep(r request.Request) (due bool) {
	doc, err := r.Doc()
	if err != nil {
		return false // it has nothing that cannot be written
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.requests) == 0 {
		l.since = time.Now()
	}
	l.requests = append(l.requests, store.Request{At: r.At, Doc: doc})
	return len(l.requests) >= requestsAtOnce || time.Since(l.since) >= requestsFor
}

// Flush commits the requests and waits that were noted since the last time.
func (l *Recorder) Flush() error {
	l.mu.Lock()
	noted := l.requests
	l.requests = nil
	l.mu.Unlock()
	if len(noted) == 0 {
		return nil
	}
	return l.Record(&store.Requests{Requests: noted})
}

// Requests counts what was sent, and what was waited for.
type Requests struct {
	Total int `json:"total"`
	// ByEndpoint splits the total by what was asked.
	ByEndpoint map[client.Endpoint]int `json:"byEndpoint"`
	// ByStatus splits it by the answer's status code; 0 is no answer.
	ByStatus map[int]int `json:"byStatus"`
	// WaitedMs is how long requests were held back, by reason, in
	// milliseconds; the rate itself is not counted.
	WaitedMs map[client.WaitReason]int64 `json:"waitedMs"`
}

// Throttled counts the requests that the API refused because they came too fast.
func (c *Requests) Throttled() int {
	total := 0
	for status, n := range c.ByStatus {
		if client.Throttles(status) {
			total += n
		}
	}
	return total
}

// wait counts the time of a wait that no earlier one of the same reason covers:
// waits of several rows overlap. until is how far each reason is counted.
func (c *Requests) wait(r request.Request, until map[client.WaitReason]time.Time, end time.Time) {
	reason, from, to := r.Wait, r.At, r.Until
	if to.After(end) {
		to = end
	}
	if counted := until[reason]; from.Before(counted) {
		from = counted
	}
	if to.After(from) {
		c.WaitedMs[reason] += to.Sub(from).Milliseconds()
		until[reason] = to
	}
}
