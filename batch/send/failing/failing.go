// Package failing is how many rows of an execution fail, and what that means for it.
package failing

import (
	"errors"
	"fmt"
	"sync"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// Failures watches the rows that came to an end in this execution for what must end it.
type Failures struct {
	Limit plan.Limit
	// Numbers is how many rows the plan has, and InReading how many of them ended when
	// their numbers were read for it, if that concerns this execution.
	Numbers, InReading int

	mu        sync.Mutex
	became    result.ByLine // of those that came to an end, each row once, as it stands by now
	finished  int           // how many of them there are
	bad       int           // and how many failed or are unknown
	forbidden int
}

// Note takes in what became of a row.
func (t *Failures) Note(r result.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := r.Status
	if !r.Done() {
		now = ""
	}
	before := t.became.Set(r.Line, now)
	t.finished += ended(now) - ended(before)
	t.bad += failing(now) - failing(before)
}

// ended is 1 for a row that has a status.
func ended(s result.Status) int { return one(s != "") }

// failing is 1 for a row of those that are limited.
func failing(s result.Status) int { return one(s == result.Failed || s == result.Unknown) }

// Refusals counts rows in a row that were refused with 403, and returns the
// [result.Stop] that they mean for the run, or nil.
func (t *Failures) Refusals(r result.Result, err error) error {
	var call *client.Error
	t.mu.Lock()
	defer t.mu.Unlock()
	if !r.Done() {
		return nil
	}
	if t.forbidden++; !errors.As(err, &call) || call.Kind != client.KindForbidden {
		t.forbidden = 0
	}
	if t.forbidden < result.ForbiddenInARow {
		return nil
	}
	return result.Stop{Reason: result.StoppedByCredentials, Detail: fmt.Sprintf("%d rows in a row were refused with 403: %s", t.forbidden, r.Error)}
}

// Over returns the [result.Stop] that the rows which failed or are unknown mean for the
// run, or nil. A share is one of the rows that were sent, and with what failed in
// reading one of all: the reading is over before the first row is sent.
func (t *Failures) Over() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	stop := func(bad, of int) error {
		return result.Stop{Reason: result.StoppedByFailures, Detail: fmt.Sprintf("%d of %d rows failed or are unknown, more than %s", bad, of, t.Limit)}
	}
	bad, finished := t.bad+t.InReading, t.finished+t.InReading
	switch {
	case t.Limit.Share == 0 && t.Limit.Over(bad, finished):
		return stop(bad, finished)
	case t.Limit.Share > 0 && t.Numbers >= plan.ShareAfter && t.Limit.Over(bad, t.Numbers):
		return stop(bad, t.Numbers)
	case t.Limit.Share > 0 && t.finished >= plan.ShareAfter && t.Limit.Over(t.bad, t.finished):
		return stop(t.bad, t.finished)
	default:
		return nil
	}
}

// one is 1 where something is so.
func one(is bool) int {
	if is {
		return 1
	}
	return 0
}
