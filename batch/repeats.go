package batch

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// PlanNote is something that earlier runs tell of a plan's rows, which stops
// nothing.
type PlanNote struct {
	// Job is the other job that sets the numbers of these rows, time after time;
	// "": the same update was sent before, and nothing is known to have changed
	// the number since.
	Job string `json:"job,omitempty"`
	// Rows is how many rows it is about, Lines the lines of the first of them.
	Rows  int   `json:"rows"`
	Lines []int `json:"lines,omitempty"`
	// Detail is what is to be known of the plan as a whole, and then there are no
	// rows.
	Detail string `json:"detail,omitempty"`
}

// notedLines is of how many rows a note has the lines.
const notedLines = 1000

// String says it, with the first lines.
func (n *PlanNote) String() string {
	if n.Detail != "" {
		return n.Detail
	}
	lines := listed(n.Lines, n.Rows)
	if n.Job != "" {
		return fmt.Sprintf("%s also set by job %s, and set back here: %s", areNumbers(n.Rows), n.Job, lines)
	}
	return fmt.Sprintf("%s sent before, and the API shows another spelling or value: %s", areUpdates(n.Rows), lines)
}

// areNumbers and areUpdates are so many of them with their verb.
func areNumbers(n int) string {
	if n == 1 {
		return "1 number is"
	}
	return fmt.Sprintf("%d numbers are", n)
}

func areUpdates(n int) string {
	if n == 1 {
		return "1 update was"
	}
	return fmt.Sprintf("%d updates were", n)
}

// repeats finds what the plan repeats, time after time.
type repeats struct {
	job   string
	again PlanNote
	other map[string]*PlanNote // by job
}

// repeated are the notes of the rows that are to be sent.
func (e *engine) repeated(ctx context.Context) ([]PlanNote, error) {
	if e.cfg.All || e.me.RollbackOf != "" {
		return nil, nil // it does not know what the numbers have; it is asked for once
	}
	earlier, err := e.cfg.Store.Runs(ctx, store.RunFilter{Account: e.is.Account.ID, Except: e.is.ID})
	if err != nil || len(earlier) == 0 {
		return nil, err
	}
	r := repeats{job: e.me.Job, other: map[string]*PlanNote{}}
	var some []PlanRow
	look := func() error {
		err := e.repeatedOf(ctx, some, &r)
		some = some[:0]
		return err
	}
	for p, err := range e.planned().rowsOf(PlanRow.sent) {
		if err != nil {
			return nil, err
		}
		if some = append(some, p); len(some) == asksAtOnce {
			if err := look(); err != nil {
				return nil, err
			}
		}
	}
	if err := look(); err != nil {
		return nil, err
	}
	return r.notes(), nil
}

// repeatedOf looks at some rows.
func (e *engine) repeatedOf(ctx context.Context, rows []PlanRow, r *repeats) error {
	if len(rows) == 0 {
		return nil
	}
	numbers := make([]string, len(rows))
	for i, row := range rows {
		numbers[i] = row.Number
	}
	var done memory
	filter := store.WriteFilter{Account: e.is.Account.ID, Numbers: numbers, Except: e.is.ID}
	if err := e.cfg.runs().deeds(ctx, filter, done.take); err != nil {
		return err
	}
	for _, row := range rows {
		r.look(row, done.deeds[row.Number])
	}
	return nil
}

// look compares a row with what was done to its number.
func (r *repeats) look(row PlanRow, deeds []deed) {
	for _, c := range row.Changes {
		field, known := settings.Lookup(c.Field)
		last := len(deeds) - 1
		for ; last >= 0; last-- {
			if _, wrote := deeds[last].wrote(c.Field); wrote {
				break
			}
		}
		if last < 0 || !known || c.Hidden {
			continue
		}
		sent, _ := deeds[last].wrote(c.Field)
		if deeds[last].Status == result.Updated && field.Same(sent.New, c.New) {
			r.again.note(row)
			return
		}
		if job := deeds[last].run.Identity.Job; job != r.job && r.before(deeds[:last], c, field) {
			if r.other[job] == nil {
				r.other[job] = &PlanNote{Job: job}
			}
			r.other[job].note(row)
			return
		}
	}
}

// before reports whether the job itself wrote the value earlier.
func (r *repeats) before(deeds []deed, c settings.Change, field settings.Field) bool {
	return slices.ContainsFunc(deeds, func(d deed) bool {
		sent, wrote := d.wrote(c.Field)
		return wrote && d.run.Identity.Job == r.job && field.Same(sent.New, c.New)
	})
}

// note counts a row.
func (n *PlanNote) note(row PlanRow) {
	if n.Rows++; len(n.Lines) < notedLines {
		n.Lines = append(n.Lines, row.Line)
	}
}

// notes are all there are, those about other jobs first.
func (r *repeats) notes() []PlanNote {
	var all []PlanNote
	for _, job := range slices.Sorted(maps.Keys(r.other)) {
		all = append(all, *r.other[job])
	}
	if r.again.Rows > 0 {
		all = append(all, r.again)
	}
	return all
}
