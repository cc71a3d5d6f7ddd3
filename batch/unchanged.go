package batch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// reviewed is what an execution knows of the rows that an earlier one found in sync.
type reviewed struct {
	// old are the numbers whose readings were too old when the execution began.
	old map[string]struct{}
	// asOf is the oldest reading that still counts; zero: there is none.
	asOf time.Time
	// moved are the rows that are not in sync any more, by line.
	moved map[int]runs.Moved
}

// counts takes a row in: one that is unchanged by its plan.
func (v *reviewed) counts(p plan.Row, old bool) {
	switch {
	case p.Status != result.Unchanged || p.ReadAt.IsZero():
	case old:
		v.old[p.Number] = struct{}{}
	case v.asOf.IsZero() || p.ReadAt.Before(v.asOf):
		v.asOf = p.ReadAt
	}
}

// review judges the rows whose readings were too old, by what was read of their numbers
// again, in place of what the plan says of them. Nothing of them is sent: nobody agreed
// to that.
func (v *reviewed) review(ctx context.Context, e *execution) error {
	v.moved = map[int]runs.Moved{}
	if len(v.old) == 0 {
		return nil
	}
	for row, err := range e.run.InputRows(ctx) {
		if err != nil {
			return err
		}
		read, known := e.sender.ReadOf(row.Number)
		if _, old := v.old[row.Number]; !old || !known {
			continue
		}
		if v.asOf.IsZero() || read.At.Before(v.asOf) {
			v.asOf = read.At
		}
		switch found := runs.VerifyRow(asked(e.run, row), read); {
		case read.State == nil:
			v.moved[row.Line] = runs.Moved{Status: result.Failed, Why: found.Error}
		case found.Status == result.Drifted:
			v.moved[row.Line] = runs.Moved{Status: result.Conflict, Why: movedSince(found)}
		}
	}
	return nil
}

// movedSince says what a number has in place of what was found there as asked.
func movedSince(found runs.Verified) string {
	texts := make([]string, len(found.Drift))
	for i, d := range found.Drift {
		texts[i] = fmt.Sprintf("%s is %q now, and was as asked when the plan was made", d.Field, d.New)
	}
	return strings.Join(texts, "; ")
}

// shift counts rows that have moved as what they are.
func (v *reviewed) shift(counts map[result.Status]int) {
	for _, row := range v.moved {
		counts[result.Unchanged]--
		counts[row.Status]++
	}
}
