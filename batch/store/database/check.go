package database

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/store"
)

// checking is a store whose records are read, and what was found by now.
type checking struct {
	*Database
	found *store.Report
}

// CheckRecords reads every record of every run, and adds what is damaged to a report.
func (d *Database) CheckRecords(ctx context.Context, found *store.Report) error {
	return (&checking{d, found}).records(ctx)
}

// records reads every record of every run.
func (s *checking) records(ctx context.Context) error {
	runs, err := s.Runs(ctx, store.RunFilter{})
	if err := s.noteAll(err); err != nil {
		return err
	}
	for _, run := range runs {
		if err := s.run(ctx, run.ID); err != nil {
			return err
		}
	}
	return nil
}

// noteAll does note for each of joined errors.
func (s *checking) noteAll(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return s.note(err)
	}
	for _, one := range joined.Unwrap() {
		if err := s.note(one); err != nil {
			return err
		}
	}
	return nil
}

// note keeps what is damaged, and returns all else.
func (s *checking) note(err error) error {
	if damage, ok := errors.AsType[*store.DamagedError](err); ok {
		if fault := damage.Run + ": " + damage.What; !slices.Contains(s.found.Faults, fault) {
			s.found.Faults = append(s.found.Faults, fault)
		}
		return nil
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil // it was deleted meanwhile
	}
	return err
}

// run reads every record of a run. Of each kind the first that is damaged is
// told.
func (s *checking) run(ctx context.Context, run store.RunID) error {
	_, milestones := s.Milestones(ctx, run)
	_, skipped := s.Skipped(ctx, run)
	for _, err := range []error{
		milestones, skipped, s.Input(ctx, run, io.Discard), s.results(ctx, run),
		through(s.PlanRows(ctx, run)), through(s.Readings(ctx, run, nil)), through(s.Requests(ctx, run)), through(s.Verified(ctx, run)),
		through(s.Writes(ctx, store.WriteFilter{Run: run})), through(s.Outcomes(ctx, run)),
	} {
		if err := s.note(err); err != nil {
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

// results reads the results of a run, some lines at a time.
func (s *checking) results(ctx context.Context, run store.RunID) error {
	var last int
	if err := s.Pool.Row(ctx, "SELECT coalesce(max(line), 0) FROM results WHERE run = ?", int64(run)).Scan(&last); err != nil {
		return s.Pool.Unread(err)
	}
	for from := 0; from <= last; from += resultsAtATime {
		if _, err := s.Results(ctx, run, from, from+resultsAtATime-1); err != nil {
			return err
		}
	}
	return nil
}
