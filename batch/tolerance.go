package batch

import (
	"errors"
	"fmt"
	"sync"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// shareAfter is how many rows must have finished before a share of them is
// judged: the first row's failure is all of the rows there are.
const shareAfter = 20

// tolerance watches the results of an execution for what must end it.
type tolerance struct {
	limit plan.Limit

	mu        sync.Mutex
	finished  int
	bad       int
	forbidden int
}

// judge counts a result, with the error that it came from, and returns the
// [result.Stop] it means for the run, or nil.
func (t *tolerance) judge(r result.Result, err error) error {
	if !r.Done() {
		return nil
	}
	var call *client.Error
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finished++
	if r.Status == result.Failed || r.Status == result.Unknown {
		t.bad++
	}
	if errors.As(err, &call) && call.Kind == client.KindForbidden {
		t.forbidden++
	} else {
		t.forbidden = 0
	}
	switch {
	case t.forbidden >= result.ForbiddenInARow:
		return result.Stop{Reason: result.StoppedByCredentials, Detail: fmt.Sprintf("%d rows in a row were refused with 403: %s", t.forbidden, r.Error)}
	case t.limit.Over(t.bad, t.finished) && (t.limit.Share == 0 || t.finished >= shareAfter):
		return result.Stop{Reason: result.StoppedByFailures, Detail: fmt.Sprintf("%d of %d rows failed or are unknown, more than --max-failures %s", t.bad, t.finished, t.limit)}
	default:
		return nil
	}
}
