package batch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/bulknum/bulknum/batch/rundir"
)

// passage is what the run in a folder did to a number; nil if it is of a sandbox,
// or did not come to decide about the number.
func passage(dir *rundir.Dir, number string) (*Passage, error) {
	row, err := planRowOf(dir, number)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, withoutPlan(dir)
	}
	if err != nil || row == nil {
		return nil, err
	}
	_, held := dir.Holder() // before the journal is read, so that no end is missed
	run, sent, err := readRow(dir, row.Line)
	if errors.Is(err, fs.ErrNotExist) || run.Identity.Sandbox {
		return nil, nil
	}
	p := run.passage(*row, held)
	p.Sent = sent
	if err == nil {
		err = run.tellResult(p, *row)
	}
	if err != nil {
		p.State, p.Result.Status, p.Result.Error = Damaged, Unknown, oneLine(err)
	}
	p.Verified, err = verifiedOf(dir, number)
	return p, err
}

// planRowOf finds the row of a number in plan.jsonl, or nil. A row that repeats
// another counts for nothing.
func planRowOf(dir *rundir.Dir, number string) (*PlanRow, error) {
	for line, err := range rundir.LinesWith(dir.File(rundir.PlanFile), number+`"`) {
		if err != nil {
			return nil, err
		}
		head, err := headOf(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", rundir.PlanFile, err)
		}
		if head.Number != number || head.SameAs != 0 {
			continue
		}
		var row PlanRow
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, fmt.Errorf("%s: %w", rundir.PlanFile, err)
		}
		return &row, nil
	}
	return nil, nil
}

// withoutPlan is the error of a run that has no plan, if it may have had one: one
// that did not come so far has sent nothing.
func withoutPlan(dir *rundir.Dir) error {
	run, err := read(dir)
	switch {
	case errors.Is(err, errNoBeginning), errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && run.plan != nil && !run.Identity.Sandbox:
		return fmt.Errorf("%s is missing", rundir.PlanFile)
	}
	return err
}

// readRow reads of a run's journal what concerns the run and one of its rows, and
// whether that was sent.
func readRow(dir *rundir.Dir, line int) (r *Run, sent bool, err error) {
	r = &Run{dir: dir, rows: map[int]rowState{}}
	own := fmt.Appendf(nil, `"line":%d,`, line)
	r.Torn, err = rundir.Replay(dir.File(rundir.JournalFile), func(e rundir.Entry) error {
		switch k := kind(text(member(e.JSON, "kind"))); k {
		case kindRun, kindApply, kindEnd:
			return r.replay(e)
		case kindIntent, kindResult:
			if !bytes.Contains(e.JSON, own) {
				return nil
			}
			sent = sent || k == kindIntent
			return r.replay(e)
		default:
			return nil
		}
	})
	if err == nil && r.Identity.Format == 0 {
		err = errNoBeginning
	}
	return r, sent, err
}

// passage is what is known of a row without its result.
func (r *Run) passage(row PlanRow, held bool) *Passage {
	me := r.Identity
	p := &Passage{
		Run: r.dir.Base(), Job: me.Job, State: r.state(held), At: r.StartedAt, ReadAt: row.ReadAt, Changes: row.Changes,
		Result: Result{Row: row.Row, Line: row.Line, Number: row.Number, Changes: row.changesText()},
		Waves:  me.Waves, RollbackOf: me.RollbackOf,
		Ticket: me.Ticket, Reason: me.Reason, Operator: me.Operator, User: me.User, Host: me.Host,
	}
	if !row.ReadAt.IsZero() {
		p.At = row.ReadAt
	}
	if info, err := os.Stat(r.dir.File(rundir.PlanFile)); err == nil && p.At.IsZero() {
		p.At = info.ModTime() // the journal's beginning is damaged
	}
	return p
}

// tellResult adds what became of a row.
func (r *Run) tellResult(p *Passage, row PlanRow) error {
	journal, err := os.Open(r.dir.File(rundir.JournalFile))
	if err != nil {
		return err
	}
	defer journal.Close()
	result, err := r.result(row, journal)
	if err != nil {
		return err
	}
	if p.Result = result; !result.StartedAt.IsZero() {
		p.At = result.StartedAt
	}
	return nil
}

// verifiedOf is the last reading of a number after it was sent, or nil.
func verifiedOf(dir *rundir.Dir, number string) (*Verified, error) {
	var last *Verified
	for line, err := range rundir.LinesWith(dir.File(rundir.VerifyFile), number+`"`) {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		var v Verified
		if json.Unmarshal(line, &v) == nil && v.Number == number { // a crash may have cut the last line off
			last = &v
		}
	}
	return last, nil
}
