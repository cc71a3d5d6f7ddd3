package batch

import (
	"errors"
	"fmt"
	"sync"

	"github.com/bulknum/bulknum/client"
)

// forbiddenRows is how many rows in a row the API may forbid (403) before
// the account, rather than the rows, is taken to lack the permission.
const forbiddenRows = 3

// guard watches the results of an execution for what must end it.
type guard struct {
	limit Limit

	mu        sync.Mutex
	finished  int
	bad       int
	forbidden int
}

// judge counts a result, with the error that it came from, and returns the
// [Stop] it means for the run, or nil.
func (g *guard) judge(r Result, err error) error {
	if !r.done() {
		return nil
	}
	var call *client.Error
	g.mu.Lock()
	defer g.mu.Unlock()
	g.finished++
	if r.Status == Failed || r.Status == Unknown {
		g.bad++
	}
	if errors.As(err, &call) && call.Kind == client.KindForbidden {
		g.forbidden++
	} else {
		g.forbidden = 0
	}
	switch {
	case g.forbidden >= forbiddenRows:
		return Stop{Reason: StoppedByCredentials, Detail: fmt.Sprintf("%d rows in a row were refused with 403: %s", g.forbidden, r.Error)}
	case g.limit.exceeded(g.bad, g.finished):
		return Stop{Reason: StoppedByFailures, Detail: fmt.Sprintf("%d of %d rows failed or are unknown, more than --max-failures %s", g.bad, g.finished, g.limit)}
	default:
		return nil
	}
}
