// Package history has what earlier runs did, as it matters now: the history of one
// number, and what they tell of a new run: what it repeats, which write-only fields are
// known, what was sent a moment ago.
package history

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Number is what the store tells of one number.
type Number struct {
	Number string `json:"number"`
	// Entries are the runs that had the number in their input, the oldest first.
	Entries []Entry `json:"entries"`
	// Unread are runs of which nobody knows whether they had it, with the reason.
	Unread map[string]string `json:"unread,omitempty"`
	// Archived are runs that are packed, which are not looked into.
	Archived []string `json:"archived,omitempty"`
	// Gaps are moments before which more may have been done to it than is recorded.
	Gaps []time.Time `json:"gaps,omitempty"`
}

// Entry is what one run did to the number.
type Entry struct {
	// sequence is when the request was about to leave; else when the run was entered. The clock tells no order.
	sequence store.Sequence
	// Run is its name, Job the one under which it repeats.
	Run string `json:"run"`
	Job string `json:"job,omitempty"`
	// State is how far the run has come.
	State runs.State `json:"state"`
	// At is when the first request left; else when the number was read, or the run began.
	At time.Time `json:"at"`
	// Sent tells that a request left, or was about to.
	Sent bool `json:"sent"`
	// Changes are what was to be changed, with the values from before, which were read at ReadAt; zero: nothing was
	// read, and every field was to be sent.
	ReadAt  time.Time         `json:"readAt,omitzero"`
	Changes []settings.Change `json:"changes,omitempty"`
	// Routes are what stands beside ids of the changes, and of what was found later, as the run knew it when it sent: the
	// names of routes and the accounts of subscribers.
	Routes map[string]string `json:"routes,omitempty"`
	// Result is what became of it. Of a damaged run nobody knows: its status is [result.Unknown], its error the
	// damage.
	Result result.Result `json:"result"`
	// Verified is the last reading of it afterwards, if there was one.
	Verified *runs.Verified `json:"verified,omitempty"`
	// LateAnswers came to processes from which the run had been taken over.
	LateAnswers []result.LateAnswer `json:"lateAnswers,omitempty"`
	// Waves are those of a cutover. RollbackOf is the run that this one rolls back, RolledBackBy the one that took
	// this one back for the number.
	Waves        string `json:"waves,omitempty"`
	RollbackOf   string `json:"rollbackOf,omitempty"`
	RolledBackBy string `json:"rolledBackBy,omitempty"`
	// On whose behalf, as it was given, and who ran it.
	Ticket   string `json:"ticket,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Operator string `json:"operator,omitempty"`
	User     string `json:"user,omitempty"`
	Host     string `json:"host,omitempty"`
}

// Of tells what runs did to a number, those of the folder's account if it has one. A run that is damaged hides no other.
func Of(ctx context.Context, in runs.Folder, number string) (*Number, error) {
	h := &Number{Number: number, Entries: []Entry{}, Unread: map[string]string{}}
	rows, err := rowsWith(ctx, in, number, h)
	if err != nil {
		return nil, err
	}
	wanted := make([]store.RowOf, len(rows))
	for i, row := range rows {
		wanted[i] = store.RowOf{Run: row.is.ID, Line: row.Line}
	}
	told, err := in.Store.RowFacts(ctx, wanted)
	if err != nil {
		return nil, err
	}
	written := writtenTo{in: in, number: number, of: map[store.AccountID]map[store.RunID]store.Write{}}
	for i, row := range rows {
		p, err := entryOf(ctx, in, row, told[wanted[i]], &written)
		if unread := h.unread(err); unread != nil {
			return nil, unread
		}
		if p != nil {
			h.Entries = append(h.Entries, *p)
		}
	}
	gaps, err := in.Store.Gaps(ctx, 0)
	if err != nil {
		return nil, err
	}
	for _, gap := range gaps {
		h.Gaps = append(h.Gaps, gap.At)
	}
	packed, err := in.Archives("")
	if err != nil {
		return nil, err
	}
	for _, run := range packed {
		h.Archived = append(h.Archived, run.Name)
	}
	h.order()
	return h, nil
}

// rowIn is a row of a run's plan.
type rowIn struct {
	plan.Row
	is store.Run
}

// rowsWith are the rows of all runs that have the number. One that repeats another counts for nothing.
func rowsWith(ctx context.Context, in runs.Folder, number string, h *Number) ([]rowIn, error) {
	var rows []rowIn
	for row, err := range in.Store.PlanRowsOf(ctx, store.RunFilter{Account: in.Account}, number) {
		if err != nil {
			if err := h.unread(err); err != nil {
				return nil, err
			}
			continue
		}
		p := rowIn{is: row.Run}
		if err := json.Unmarshal(row.Row, &p.Row); err != nil {
			return nil, fmt.Errorf("run %s: the plan: %w", row.Run.Name, err)
		}
		if p.SameAs == 0 {
			rows = append(rows, p)
		}
	}
	return rows, nil
}

// unread notes the run that is damaged, and returns every other error.
func (h *Number) unread(err error) error {
	damaged := runs.Damages(err)
	for _, d := range damaged {
		h.Unread[d.Run] = result.OneLine(d)
	}
	if len(damaged) > 0 {
		return nil
	}
	return err
}

// writtenTo is what runs did to a number.
type writtenTo struct {
	in     runs.Folder
	number string
	// of is what the runs of an account did; nil where one of them is damaged.
	of map[store.AccountID]map[store.RunID]store.Write
}

// by is what a run did, if it did anything. All runs of an account are asked for at once, unless one is damaged: that
// hides no other.
func (w *writtenTo) by(ctx context.Context, run store.Run) (store.Write, bool, error) {
	of, asked := w.of[run.Account.ID]
	if !asked {
		var err error
		of, err = w.ask(ctx, store.WriteFilter{Account: run.Account.ID})
		if _, damaged := errors.AsType[*store.DamagedError](err); err != nil && !damaged {
			return store.Write{}, false, err
		}
		w.of[run.Account.ID] = of
	}
	if of == nil {
		var err error
		if of, err = w.ask(ctx, store.WriteFilter{Run: run.ID}); err != nil {
			return store.Write{}, false, err
		}
	}
	done, sent := of[run.ID]
	return done, sent, nil
}

// ask asks for what some runs did to the number, by run.
func (w *writtenTo) ask(ctx context.Context, filter store.WriteFilter) (map[store.RunID]store.Write, error) {
	filter.Numbers = []string{w.number}
	of := map[store.RunID]store.Write{}
	for done, err := range w.in.Store.Writes(ctx, filter) {
		if err != nil {
			return nil, err
		}
		of[done.Run.ID] = done
	}
	return of, nil
}

// order puts the oldest first, and notes what was rolled back.
func (h *Number) order() {
	slices.SortFunc(h.Entries, func(a, b Entry) int {
		return cmp.Compare(a.sequence, b.sequence)
	})
	for _, back := range h.Entries {
		if back.RollbackOf == "" || back.Result.Status != result.Updated {
			continue
		}
		for i := range h.Entries {
			if h.Entries[i].Run == back.RollbackOf {
				h.Entries[i].RolledBackBy = back.Run
			}
		}
	}
}

// entryOf is what a run did to a number, by its row and what is known of that.
func entryOf(ctx context.Context, in runs.Folder, row rowIn, told store.RowFacts, written *writtenTo) (*Entry, error) {
	if told.Err != nil {
		return nil, told.Err
	}
	run, err := in.Assemble(row.is, told.Steps)
	if err != nil {
		return nil, err
	}
	p := newEntry(run, row.Row)
	done, sent, err := written.by(ctx, row.is)
	if err != nil {
		return nil, err
	}
	var results []store.Result
	if told.Result != nil {
		results = []store.Result{*told.Result}
	}
	run.States = map[int]runs.RowState{}
	if p.Sent = sent; sent {
		p.sequence = done.Intent
		run.States[row.Line] = runs.RowState{Status: done.Status, Open: len(results) == 0 || done.Intent > results[0].Sequence}
	} else if len(results) > 0 {
		run.States[row.Line] = runs.RowState{Status: results[0].Status}
	}
	if p.Result, err = runs.ResultOf(run, row.Row, results); err != nil {
		return nil, err
	}
	if !p.Result.StartedAt.IsZero() {
		p.At = p.Result.StartedAt
	}
	if told.Verified != nil {
		p.Verified = &runs.Verified{}
		if err := json.Unmarshal(told.Verified.Doc, p.Verified); err != nil {
			return nil, err
		}
	}
	p.Routes, err = besideIDs(p, told.Steps)
	return p, err
}

// besideIDs is what the executions of a run knew of the ids that an entry has: a run may know thousands.
func besideIDs(p *Entry, steps []store.Milestone) (map[string]string, error) {
	changes := p.Changes
	if p.Verified != nil {
		changes = slices.Concat(changes, p.Verified.Drift)
	}
	var beside map[string]string
	for _, m := range steps {
		if m.Kind != store.Began {
			continue
		}
		var began runs.Began
		if err := json.Unmarshal(m.Doc, &began); err != nil {
			return nil, err
		}
		for _, change := range changes {
			for _, id := range []string{change.Old, change.New} {
				if name, known := began.Routes[id]; known {
					if beside == nil {
						beside = map[string]string{}
					}
					beside[id] = name
				}
			}
		}
	}
	return beside, nil
}

// stateOf is how far a run has come. Nobody works on one that has ended, but to go on with it, which is told when it
// begins to send.
func stateOf(run *runs.Run) runs.State {
	if run.EndedAt.IsZero() {
		return run.StateNow()
	}
	return run.StateGiven(false)
}

// newEntry is what is known of a row without its result.
func newEntry(r *runs.Run, row plan.Row) *Entry {
	me := r.Identity
	p := &Entry{
		sequence: r.Stored.Sequence, Run: r.Stored.Name, Job: me.Job, State: stateOf(r), At: r.StartedAt, ReadAt: row.ReadAt, Changes: row.Changes,
		Waves: me.Waves.String(), RollbackOf: me.RollbackOf,
		Ticket: me.Ticket, Reason: me.Reason, Operator: me.Operator, User: me.User, Host: me.Host,
	}
	if !row.ReadAt.IsZero() {
		p.At = row.ReadAt
	}
	for _, late := range r.LateAnswers {
		if late.Result.Line == row.Line {
			p.LateAnswers = append(p.LateAnswers, late)
		}
	}
	return p
}
