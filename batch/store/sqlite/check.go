package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"

	"slices"
	"strings"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
)

// Report is how a store is; see [store.Report].
type Report = store.Report

// checking is a store that is checked, and what was found by now.
type checking struct {
	*Store
	r Report
}

// Check reads all that the store has, and compares it with its checksums.
func (s *Store) Check(ctx context.Context) (Report, error) {
	c := &checking{Store: s, r: Report{Place: s.path, ID: s.id, FileSystem: s.fileSystem, Sizes: map[string]int64{}}}
	for _, step := range []func(context.Context) error{c.basics, c.sizes, c.file, c.records} {
		if err := step(ctx); err != nil {
			return c.r, err
		}
	}
	return c.r, nil
}

func (s *checking) basics(ctx context.Context) error {
	s.r.Bytes = s.Size()
	var oldest sql.NullInt64
	err := s.pool.DB.QueryRowContext(ctx, "SELECT sqlite_version(), (SELECT sequence FROM store), (SELECT count(*) FROM removed), count(*), min(started_at) FROM runs WHERE deleted_at IS NULL").
		Scan(&s.r.SQLite, &s.r.Sequence, &s.r.Removed, &s.r.Runs, &oldest)
	if err != nil {
		return s.pool.Unread(err)
	}
	s.r.Oldest = record.Moment(oldest.Int64)
	marks, unread, err := lock.AllMarks(s.o.State)
	if err != nil {
		return err
	}
	for _, m := range marks {
		if m.Store == s.id {
			s.r.Marks++
		}
	}
	for _, path := range unread {
		s.r.Faults = append(s.r.Faults, "the mark "+path+" cannot be read")
	}
	return nil
}

// sizes adds up pages by table. The pages are counted by SQLite's dbstat, if
// it has that.
func (s *checking) sizes(ctx context.Context) error {
	type size struct {
		table string
		bytes int64
	}
	sizes, err := query.RowsOf(ctx, s.pool.DB, func(rows *sql.Rows) (z size, err error) {
		err = rows.Scan(&z.table, &z.bytes)
		return z, err
	},
		"SELECT coalesce(m.tbl_name, d.name), sum(d.pgsize) FROM dbstat d LEFT JOIN sqlite_schema m ON m.name = d.name WHERE d.aggregate = true GROUP BY 1")
	if err != nil && !disk.Damaged(err) { // that the check of the file tells
		return s.pool.Unread(err)
	}
	for _, z := range sizes {
		s.r.Sizes[z.table] = z.bytes
	}
	return nil
}

// file lets SQLite look at its pages, indexes and references.
func (s *checking) file(ctx context.Context) error {
	faults, err := query.RowsOf(ctx, s.pool.DB, query.One[string], "PRAGMA integrity_check(20)")
	if err != nil && !disk.Damaged(err) {
		return s.pool.Unread(err)
	}
	if err != nil {
		faults = append(faults, err.Error())
	}
	for _, fault := range faults {
		if fault != "ok" {
			s.r.Faults = append(s.r.Faults, "the file: "+strings.TrimSpace(fault))
		}
	}
	lost, err := query.RowsOf(ctx, s.pool.DB, func(rows *sql.Rows) (fault string, err error) {
		var table, parent string
		var row sql.NullInt64
		var key int64
		err = rows.Scan(&table, &row, &parent, &key)
		return fmt.Sprintf("row %d of table %s names a row of %s that is not there", row.Int64, table, parent), err
	}, "PRAGMA foreign_key_check")
	if err != nil && !disk.Damaged(err) {
		return s.pool.Unread(err)
	}
	const enough = 20
	s.r.Faults = append(s.r.Faults, lost[:min(len(lost), enough)]...)
	return nil
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
		if fault := damage.Run + ": " + damage.What; !slices.Contains(s.r.Faults, fault) {
			s.r.Faults = append(s.r.Faults, fault)
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
