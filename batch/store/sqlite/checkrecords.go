package sqlite

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/store"
)

// checkRecords reads every record of every run.
func (s *Store) checkRecords(ctx context.Context, r *Report) error {
	runs, err := s.Runs(ctx, store.RunFilter{})
	if err := noteAll(r, err); err != nil {
		return err
	}
	for _, run := range runs {
		if err := s.checkRun(ctx, run.ID, r); err != nil {
			return err
		}
	}
	return nil
}

// noteAll does note for each of joined errors.
func noteAll(r *store.Report, err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return note(r, err)
	}
	for _, one := range joined.Unwrap() {
		if err := note(r, one); err != nil {
			return err
		}
	}
	return nil
}

// note keeps what is damaged, and returns all else.
func note(r *store.Report, err error) error {
	if damage, ok := errors.AsType[*store.DamagedError](err); ok {
		if fault := damage.Run + ": " + damage.What; !slices.Contains(r.Faults, fault) {
			r.Faults = append(r.Faults, fault)
		}
		return nil
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil // it was deleted meanwhile
	}
	return err
}

// checkRun reads every record of a run. Of each kind the first that is damaged is
// told.
func (s *Store) checkRun(ctx context.Context, run store.RunID, r *Report) error {
	_, milestones := s.Milestones(ctx, run)
	_, skipped := s.Skipped(ctx, run)
	for _, err := range []error{
		milestones, skipped, s.Input(ctx, run, io.Discard), s.checkResults(ctx, run),
		through(s.PlanRows(ctx, run)), through(s.Readings(ctx, run, nil)), through(s.Requests(ctx, run)), through(s.Verified(ctx, run)),
		through(s.Writes(ctx, store.WriteFilter{Run: run})), through(s.Outcomes(ctx, run)),
	} {
		if err := note(r, err); err != nil {
			return err
		}
	}
	return nil
}

// through reads all there is.
func through[T any](all iter.Seq2[T, error]) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// resultsAtATime is on how many lines results are checked at a time.
const resultsAtATime = 20_000

// checkResults reads the results of a run, some lines at a time.
func (s *Store) checkResults(ctx context.Context, run store.RunID) error {
	var last int
	if err := s.pool.DB.QueryRowContext(ctx, "SELECT coalesce(max(line), 0) FROM results WHERE run = ?", int64(run)).Scan(&last); err != nil {
		return s.pool.Unread(err)
	}
	for from := 0; from <= last; from += resultsAtATime {
		if _, err := s.Results(ctx, run, from, from+resultsAtATime-1); err != nil {
			return err
		}
	}
	return nil
}
