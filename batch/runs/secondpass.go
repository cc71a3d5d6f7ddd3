package runs

import (
	"context"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
)

// owed is what executions that were stopped owe to rows that failed: a second pass, once a row.
type owed struct {
	since  time.Time // when the first of these executions began; zero: nothing is owed
	passes []span    // those that they began
}

// span is from a step of a run to the beginning of its next execution; to is 0 until then.
type span struct{ from, to store.Sequence }

// began takes in that an execution begins, which makes a second pass or not.
func (o *owed) began(at time.Time, sequence store.Sequence, pass bool) {
	if n := len(o.passes); n > 0 && o.passes[n-1].to == 0 {
		o.passes[n-1].to = sequence
	}
	if pass && o.since.IsZero() {
		o.since = at
	}
}

// tried reports whether a result is of a second pass.
func (o *owed) tried(is store.Sequence) bool {
	return slices.ContainsFunc(o.passes, func(s span) bool { return s.from < is && (s.to == 0 || is < s.to) })
}

// Owed returns what became of a row that failed, and whether it waits for the second pass of executions that were stopped
// before they had tried it once more.
func Owed(ctx context.Context, r *Run, p plan.Row) (failed result.Result, waits bool, err error) {
	since := r.owed.since.Truncate(time.Millisecond)
	if since.IsZero() {
		return failed, false, nil
	}
	found, err := lookUp(ctx, r, []plan.Row{p})
	if err != nil {
		return failed, false, err
	}
	newest := found.of(p)
	if failed, err = ResultOf(r, p, newest); err != nil || len(newest) == 0 || r.owed.tried(newest[0].Sequence) {
		return failed, false, err
	}
	return failed, failed.StartedAt.IsZero() || !failed.StartedAt.Before(since), nil
}
