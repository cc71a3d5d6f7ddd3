package storetest

import (
	"bytes"
	"context"
	"iter"
	"math"
	"time"

	"github.com/bulknum/bulknum/batch/store"
)

// Damaged is a store in which nothing of one run can be read but that there is
// one.
type Damaged struct {
	store.Store
	// Name is the run's.
	Name string
}

// damage is what is told instead of what the run has; nil of other runs.
func (d Damaged) damage(ctx context.Context, run store.RunID) error {
	damaged, err := d.Run(ctx, d.Name)
	if err != nil || damaged.ID != run {
		return err
	}
	return &store.DamagedError{Place: d.Place(), Run: d.Name, What: "what it did"}
}

// Milestones are those of a run.
func (d Damaged) Milestones(ctx context.Context, run store.RunID) ([]store.Milestone, error) {
	if err := d.damage(ctx, run); err != nil {
		return nil, err
	}
	return d.Store.Milestones(ctx, run)
}

// PlanRows gives what each row of a run would do.
func (d Damaged) PlanRows(ctx context.Context, run store.RunID) iter.Seq2[[]byte, error] {
	if err := d.damage(ctx, run); err != nil {
		return failing[[]byte](err)
	}
	return d.Store.PlanRows(ctx, run)
}

// Outcomes gives how every row of a run stands.
func (d Damaged) Outcomes(ctx context.Context, run store.RunID) iter.Seq2[store.Outcome, error] {
	if err := d.damage(ctx, run); err != nil {
		return failing[store.Outcome](err)
	}
	return d.Store.Outcomes(ctx, run)
}

// PlanRowsOf gives the rows of one number, and of the damaged run an error.
func (d Damaged) PlanRowsOf(ctx context.Context, f store.RunFilter, number string) iter.Seq2[store.RunRow, error] {
	return func(yield func(store.RunRow, error) bool) {
		for row, err := range d.Store.PlanRowsOf(ctx, f, number) {
			if err == nil {
				if err = d.damage(ctx, row.Run.ID); err != nil {
					row = store.RunRow{}
				}
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// Writes gives what runs did to numbers, up to what the damaged run did.
func (d Damaged) Writes(ctx context.Context, f store.WriteFilter) iter.Seq2[store.Write, error] {
	return func(yield func(store.Write, error) bool) {
		for w, err := range d.Store.Writes(ctx, f) {
			if err == nil {
				err = d.damage(ctx, w.Run.ID)
			}
			if err != nil {
				yield(store.Write{}, err)
				return
			}
			if !yield(w, nil) {
				return
			}
		}
	}
}

// failing is only an error.
func failing[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

// Forged is a store in which somebody has changed plans, without a trace: Old
// reads as New there.
type Forged struct {
	store.Store
	Old, New string
}

// PlanRows gives what each row of a run would do by now.
func (f Forged) PlanRows(ctx context.Context, run store.RunID) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for row, err := range f.Store.PlanRows(ctx, run) {
			if !yield(bytes.ReplaceAll(row, []byte(f.Old), []byte(f.New)), err) {
				return
			}
		}
	}
}

// Gapped is a store of which an older copy was accepted a moment ago, whenever it
// is asked.
type Gapped struct{ store.Store }

// Gaps are those of the account, and one after all that was done so far.
func (g Gapped) Gaps(ctx context.Context, account store.AccountID) ([]store.Gap, error) {
	gaps, err := g.Store.Gaps(ctx, account)
	return append(gaps, store.Gap{Sequence: math.MaxInt64, At: time.Now(), Why: "of the test"}), err
}
