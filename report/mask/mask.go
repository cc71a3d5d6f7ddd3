// Package mask is the hiding of what identifies a person, in reports that go into mails and tickets and in logs that go
// elsewhere: of the middle of numbers, SIMs, subscribers and the names of callers, also where an error or the name of a
// file has them.
//
// What stays is what a report is for: statuses, lines, counts, times, and the ids of routes and orders.
package mask

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/settings"
)

// Masker hides what identifies a person in what is told of a run. A nil one hides nothing. It is safe for concurrent
// use.
type Masker struct {
	known map[string]bool // words of names, numbers and ids that the run has
}

// New is a masker that knows of no run: it hides what looks like a number, and what is told of a field that identifies
// a person, but no name that an error has without its field.
func New() *Masker { return &Masker{known: map[string]bool{}} }

// Of is a masker of what is told of a run: it knows the numbers and the personal values that the run has.
func Of(ctx context.Context, run *runs.Run) (*Masker, error) {
	m := New()
	err := m.learnRows(ctx, run)
	if err == nil && !run.Lost() {
		err = m.learnReadings(ctx, run)
	}
	return m, err
}

// learnRows takes in what a run's rows were to write, and what they expected.
func (m *Masker) learnRows(ctx context.Context, run *runs.Run) error {
	for r, err := range runs.PlannedResults(ctx, run) {
		if run.InputRefused(err) {
			break // there are no rows
		}
		if err != nil {
			return err
		}
		m.learn(r.Row.Number)
		for _, c := range r.Row.Changes {
			m.learnField(c.Field, c.Old)
			m.learnField(c.Field, c.New)
		}
		for _, name := range r.Row.If.Names() {
			value, _ := r.Row.If.Get(name)
			m.learnField(name, value)
		}
	}
	return nil
}

// learnReadings takes in what was read of its numbers.
func (m *Masker) learnReadings(ctx context.Context, run *runs.Run) error {
	verified, err := run.LastVerified()
	if err != nil {
		return err
	}
	for _, v := range verified {
		for _, c := range v.Drift {
			m.learnField(c.Field, c.New)
		}
	}
	for read, err := range run.In.Store.Readings(ctx, run.Stored.ID, func(string) bool { return true }) {
		if err != nil {
			return err
		}
		if read.State != nil {
			if err := m.learnState(*read.State); err != nil {
				return err
			}
		}
	}
	return nil
}

// learnField takes in the value of a field that identifies a person.
func (m *Masker) learnField(field, value string) {
	if f, _ := settings.Lookup(field); f.PerNumber {
		m.learn(value)
	}
}

// learnState takes in what was read of a number: of names also what is shown as one.
func (m *Masker) learnState(state settings.State) error {
	body, err := json.Marshal(state)
	if err != nil {
		return fmt.Errorf("mask: %w", err)
	}
	var values map[string]any
	if err := json.Unmarshal(body, &values); err != nil {
		return fmt.Errorf("mask: %w", err)
	}
	for name, value := range values {
		text, is := value.(string)
		if f, field := settings.Lookup(name); is && (!field || f.PerNumber) {
			m.learn(text)
		}
	}
	return nil
}

// Each hides it in all that a sequence gives.
func Each[T any](m *Masker, all iter.Seq2[T, error]) iter.Seq2[T, error] {
	if m == nil {
		return all
	}
	return func(yield func(T, error) bool) {
		for v, err := range all {
			if !yield(Hide(m, v), err) {
				return
			}
		}
	}
}
