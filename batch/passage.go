package batch

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/bulknum/bulknum/batch/store"
)

// passage is what a run did to a number; nil for a row that repeats another, which
// counts for nothing.
func (f RunsFolder) passage(ctx context.Context, of store.RunRow, written *writtenTo) (*Passage, error) {
	var row PlanRow
	if err := json.Unmarshal(of.Row, &row); err != nil {
		return nil, fmt.Errorf("run %s: the plan: %w", of.Run.Name, err)
	}
	if row.SameAs != 0 {
		return nil, nil
	}
	_, held := executor(f.Store, of.Run.ID) // before the run is read, so that no end is missed
	run, err := f.glance(ctx, of.Run)
	if err != nil {
		return nil, err
	}
	p := run.passage(row, held)
	done, sent, err := written.by(ctx, of.Run)
	if err != nil {
		return nil, err
	}
	if p.Sent = sent; sent {
		p.sequence = done.Intent
	}
	results, err := f.Store.Results(ctx, of.Run.ID, row.Line, row.Line)
	if err != nil {
		return nil, err
	}
	run.rows = map[int]rowState{}
	if sent {
		open := len(results) == 0 || done.Intent > results[0].Sequence
		run.rows[row.Line] = rowState{status: done.Status, open: open}
	} else if len(results) > 0 {
		run.rows[row.Line] = rowState{status: results[0].Status}
	}
	if p.Result, err = run.resultOf(row, results); err != nil {
		return nil, err
	}
	if !p.Result.StartedAt.IsZero() {
		p.At = p.Result.StartedAt
	}
	p.Verified, err = run.verifiedLine(ctx, row.Line)
	return p, err
}

// passage is what is known of a row without its result.
func (r *Run) passage(row PlanRow, held bool) *Passage {
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

// verifiedLine is the last reading of a row's number after it was sent, or nil.
func (r *Run) verifiedLine(ctx context.Context, line int) (*Verified, error) {
	for v, err := range r.in.Store.Verified(ctx, r.is.ID, line) {
		if err != nil {
			return nil, err
		}
		var last Verified
		if err := json.Unmarshal(v.Doc, &last); err != nil {
			return nil, err
		}
		return &last, nil
	}
	return nil, nil
}
