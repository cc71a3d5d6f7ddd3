package batch

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// errStopping ends a row that had not been sent when the run began to stop.
var errStopping = errors.New("the run is stopping")

// flight is one row from its start to its result. It decides what a stop means
// for the row: while a request is under way, or has left in doubt, the row may
// finish; otherwise nothing of it leaves any more.
type flight struct {
	engine *engine
	row    plan.Row
	want   settings.Settings // what is sent
	cancel context.CancelCauseFunc
	before bool // an earlier sending of the row is in doubt

	mu       sync.Mutex
	stopping bool
	away     bool // a request is under way, or one is in doubt
	doubt    bool
	intent   bool // the store has an intent without a result
	first    time.Time
	last     client.Attempt
	attempts int
}

// trace is how the flight watches its calls.
func (f *flight) trace() client.Trace {
	return client.Trace{Before: f.leaving, Done: f.done, Waiting: f.engine.waiting}
}

// leaving is called when a request of the row is about to leave: the intent must
// be on the disk first.
func (f *flight) leaving(client.Attempt) error {
	if err := f.clear(); err != nil || f.intent {
		return err
	}
	if err := f.engine.reserve(f.row.Line); err != nil {
		return err
	}
	if err := f.engine.ours(); err != nil {
		return err
	}
	err := f.engine.log.Record(&store.Intent{At: time.Now(), Line: f.row.Line, Number: f.row.Number, Changes: f.row.Changes})
	if err != nil {
		return err
	}
	f.intent = true
	return nil
}

// clear lets a request leave, unless the run is stopping.
func (f *flight) clear() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopping && !f.away {
		return errStopping
	}
	f.away = true
	return nil
}

// done is called after each request of the row, and of its tokens.
func (f *flight) done(a client.Attempt) {
	f.engine.attempted(f.row.Row, f.row.Line, a)
	if a.Endpoint != client.EndpointUpdate {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.attempts == 0 {
		f.first = a.Start
	}
	f.attempts++
	f.last = a
	f.doubt = f.doubt || a.Applied == client.AppliedMaybe
	f.away = f.doubt
	f.release()
}

// stop tells the flight that the run is stopping.
func (f *flight) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopping = true
	f.release()
}

// release ends the waits of a row of which nothing is on its way.
func (f *flight) release() {
	if f.stopping && !f.away {
		f.cancel(errStopping)
	}
}
