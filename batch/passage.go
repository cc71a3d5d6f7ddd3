package batch

import (
	"context"
	"encoding/json"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/store"
)

// passage is what a run did to a number, by its row and what is known of that.
func (f RunsFolder) passage(ctx context.Context, row rowIn, told store.Told, written *writtenTo) (*Passage, error) {
	if told.Err != nil {
		return nil, told.Err
	}
	run, err := f.identify(row.is)
	if err != nil {
		return nil, err
	}
	for _, step := range told.Steps {
		if err := run.pass(step); err != nil {
			return nil, err
		}
	}
	p := run.passage(row.Row, f.carriedOut(run))
	done, sent, err := written.by(ctx, row.is)
	if err != nil {
		return nil, err
	}
	var results []store.Result
	if told.Result != nil {
		results = []store.Result{*told.Result}
	}
	run.rows = map[int]rowState{}
	if p.Sent = sent; sent {
		p.sequence = done.Intent
		run.rows[row.Line] = rowState{status: done.Status, open: len(results) == 0 || done.Intent > results[0].Sequence}
	} else if len(results) > 0 {
		run.rows[row.Line] = rowState{status: results[0].Status}
	}
	if p.Result, err = run.resultOf(row.Row, results); err != nil {
		return nil, err
	}
	if !p.Result.StartedAt.IsZero() {
		p.At = p.Result.StartedAt
	}
	if told.Verified != nil {
		p.Verified = &Verified{}
		err = json.Unmarshal(told.Verified.Doc, p.Verified)
	}
	return p, err
}

// carriedOut reports whether somebody works on a run: nobody does on one that has
// ended, but to go on with it, which is told when it begins to send.
func (f RunsFolder) carriedOut(run *Run) bool {
	if !run.EndedAt.IsZero() {
		return false
	}
	_, held := executor(f.Store, run.is.ID)
	return held
}

// passage is what is known of a row without its result.
func (r *Run) passage(row plan.Row, held bool) *Passage {
	me := r.Identity
	p := &Passage{
		sequence: r.is.Sequence, Run: r.is.Name, Job: me.Job, State: r.state(held), At: r.StartedAt, ReadAt: row.ReadAt, Changes: row.Changes,
		Waves: me.Waves, RollbackOf: me.RollbackOf,
		Ticket: me.Ticket, Reason: me.Reason, Operator: me.Operator, User: me.User, Host: me.Host,
	}
	if !row.ReadAt.IsZero() {
		p.At = row.ReadAt
	}
	return p
}
