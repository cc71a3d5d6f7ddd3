package batch

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// record commits records of the run. What cannot be recorded stops it.
func (e *engine) record(records ...store.Record) error {
	err := e.cfg.Store.Append(e.is.ID, records...)
	if err == nil {
		return nil
	}
	e.noteBroken(err)
	return result.StopFor(result.StoppedByDisk, err)
}

// noteBroken remembers a store that cannot take any more, and reports whether it
// is one.
func (e *engine) noteBroken(err error) bool {
	_, broken := errors.AsType[*store.BrokenError](err)
	if broken {
		e.broken.Store(true)
	}
	return broken
}

// milestone commits a step of the run.
func (e *engine) milestone(kind store.MilestoneKind, at time.Time, step any) error {
	m, err := milestone(kind, at, step)
	if err != nil {
		return err
	}
	return e.record(m)
}

// milestone is a step of a run for the store.
func milestone(kind store.MilestoneKind, at time.Time, step any) (*store.Milestone, error) {
	doc, err := json.Marshal(step)
	return &store.Milestone{Kind: kind, At: at, Doc: doc}, err
}

// oursFor is for how long it is believed that the locks are this process's own: of
// many rows a second not each looks.
const oursFor = 10 * time.Millisecond

// ours is an error when somebody has taken the run's or the account's lock away.
func (e *engine) ours() error {
	looked, now := e.lookedAt.Load(), time.Now()
	if looked != nil && now.Sub(*looked) < oursFor {
		return nil
	}
	err := e.lock.Held()
	if err == nil && e.cfg.Lock != nil {
		err = e.cfg.Lock.lock.Held()
	}
	if err != nil {
		return result.StopFor(result.StoppedByDisk, err)
	}
	e.lookedAt.Store(&now)
	return nil
}

// planned is the plan's rows.
func (e *engine) planned() plan.Rows { return plan.Rows{Store: e.cfg.Store, Run: e.is.ID} }

// dir is the run's folder.
func (e *engine) dir() *folder.Folder { return folder.At(e.cfg.RunsDir, e.is.Name) }

// skip records the rows of another run that this one leaves as they are.
func (e *engine) skip(left []LeftAlone) error {
	var records []store.Record
	for _, l := range left {
		doc, err := json.Marshal(l)
		if err != nil {
			return err
		}
		records = append(records, &store.Skipped{Line: l.Line, Number: l.Number, Doc: doc})
	}
	if len(records) == 0 {
		return nil
	}
	return e.record(records...)
}

// LeftAlone is a row that a rollback leaves as it is, or some fields of it.
type LeftAlone struct {
	// Line is the row's in the input of the run that is taken back.
	Line   int    `json:"line"`
	Number string `json:"number"`
	// Why names the fields, and what keeps them from being taken back.
	Why string `json:"why"`
	// Partly tells that other fields of the row are taken back.
	Partly bool `json:"partly,omitempty"`
}

// LeftAlone returns the rows that the run, if it is a rollback, leaves alone.
func (r *Run) LeftAlone() ([]LeftAlone, error) {
	skipped, err := r.in.Store.Skipped(context.Background(), r.is.ID)
	if err != nil {
		return nil, err
	}
	var left []LeftAlone
	for _, s := range skipped {
		var l LeftAlone
		if err := json.Unmarshal(s.Doc, &l); err != nil {
			return nil, err
		}
		left = append(left, l)
	}
	return left, nil
}

// inputPath is where the run's input is: the folder's copy of it, which is made
// again when somebody has changed or removed it.
func (r *Run) inputPath(ctx context.Context) (string, error) {
	dir := r.Dir()
	path := dir.File(r.Identity.Input.File)
	if sum, err := folder.HashFile(path); err == nil && sum == r.Identity.Input.SHA256 {
		return path, nil
	}
	if err := dir.Ensure(); err != nil {
		return "", err
	}
	return path, dir.WriteAtomic(r.Identity.Input.File, func(w io.Writer) error {
		return r.in.Store.Input(ctx, r.is.ID, w)
	})
}

// KeepInput sees to it that the run's folder has the input as it was given.
func (r *Run) KeepInput(ctx context.Context) error {
	_, err := r.inputPath(ctx)
	return err
}

// Requests are kept with so many others, or when the oldest is so old: they are
// no part of the truth, and a crash may lose some.
const (
	requestsAtOnce = 512
	requestsFor    = time.Second
)

// requestLog keeps what was sent and waited for.
type requestLog struct {
	record func(...store.Record) error

	mu    sync.Mutex
	noted []store.Request
	since time.Time
}

// note takes a request.
func (l *requestLog) note(r Request) error {
	doc, err := json.Marshal(r)
	if err != nil {
		return err
	}
	l.mu.Lock()
	if len(l.noted) == 0 {
		l.since = time.Now()
	}
	l.noted = append(l.noted, store.Request{At: r.At, Doc: doc})
	due := len(l.noted) >= requestsAtOnce || time.Since(l.since) >= requestsFor
	l.mu.Unlock()
	if !due {
		return nil
	}
	return l.flush()
}

// flush commits what was noted since the last time.
func (l *requestLog) flush() error {
	l.mu.Lock()
	noted := l.noted
	l.noted = nil
	l.mu.Unlock()
	if len(noted) == 0 {
		return nil
	}
	return l.record(&store.Requests{Requests: noted})
}
