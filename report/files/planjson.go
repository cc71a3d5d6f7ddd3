package files

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"time"

	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
)

// PlanDocument is what [PlanJSON] writes.
type PlanDocument struct {
	PlanHead
	// PlanRows are all rows of the input, in its order.
	PlanRows []plan.Row `json:"planRows"`
}

// PlanHead is what a [PlanDocument] has before its rows: the figures of the plan, whose version is the document's.
type PlanHead struct {
	plan.Plan
	// Folder is the run's, as a path.
	Folder string        `json:"folder"`
	Run    runs.Identity `json:"run"`
	// Guards are what was measured of it.
	Guards []guard.Check `json:"guards,omitempty"`
	// Left are the rows of another run that this one, a rollback, skips.
	Left []runs.Skipped `json:"left,omitempty"`
}

// PlanJSON writes a plan as one JSON document, a [PlanDocument] that has a line a
// row. It streams. Times are UTC, to the millisecond.
func PlanJSON(w io.Writer, s *runs.Summary, made *plan.Plan, skipped []runs.Skipped, rows iter.Seq2[plan.Row, error]) error {
	head := PlanHead{Plan: *made, Folder: s.Folder, Run: s.Run, Guards: s.Guards, Left: skipped}
	head.MadeAt, head.Budget.EndsAt = inUTC(made.MadeAt), inUTC(made.Budget.EndsAt)
	head.RollbackWindow = rollbackWindowInUTC(made.RollbackWindow)
	if made.Nights != nil {
		nights := *made.Nights
		nights.BeginsAt, nights.EndsAt = inUTC(nights.BeginsAt), inUTC(nights.EndsAt)
		head.Nights = &nights
	}
	if head.Shapes == nil {
		head.Shapes = []plan.ShapeCount{} // an array also when it is empty
	}
	return documentJSON(w, head, "planRows", rows, func(r plan.Row) plan.Row {
		r.ReadAt = inUTC(r.ReadAt)
		return r
	})
}

// documentJSON writes a document: the members of head, then an array of rows, a
// line each, as shown makes them. It streams.
func documentJSON[Row any](w io.Writer, head any, name string, rows iter.Seq2[Row, error], shown func(Row) Row) error {
	begin, err := marshalled(head, "  ")
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	begin = append(bytes.TrimSuffix(begin, []byte("\n}")), ",\n  \""+name+"\": ["...)
	if _, err := out.Write(begin); err != nil {
		return err
	}
	separator, end := "\n    ", "]\n}\n"
	for r, err := range rows {
		if err != nil {
			return err
		}
		line, err := marshalled(shown(r), "")
		if err != nil {
			return err
		}
		if _, err := out.WriteString(separator + string(line)); err != nil {
			return err
		}
		separator, end = ",\n    ", "\n  ]\n}\n"
	}
	if _, err := out.WriteString(end); err != nil {
		return err
	}
	return out.Flush()
}

// marshalled is a value as JSON, in which < and > stay as they are.
func marshalled(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// inUTC is a time as documents have it; zero stays zero.
func inUTC(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// rollbackWindowInUTC is the same with times as documents have them.
func rollbackWindowInUTC(w *plan.RollbackWindow) *plan.RollbackWindow {
	if w == nil {
		return nil
	}
	told := *w
	for _, t := range []*time.Time{&told.EndsAt, &told.Deadline, &told.NoReturnAt} {
		*t = inUTC(*t)
	}
	return &told
}
