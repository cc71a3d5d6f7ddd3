package sqlite

import (
	"context"
	"database/sql"
	"fmt"
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
	c := &checking{Store: s, r: Report{Place: s.path, ID: s.Identity, FileSystem: s.fileSystem, Sizes: map[string]int64{}}}
	for _, step := range []func(context.Context) error{c.basics, c.sizes, c.file} {
		if err := step(ctx); err != nil {
			return c.r, err
		}
	}
	return c.r, s.CheckRecords(ctx, &c.r)
}

func (s *checking) basics(ctx context.Context) error {
	s.r.Bytes = s.Size()
	var oldest sql.NullInt64
	err := s.Pool.DB.QueryRowContext(ctx, "SELECT 'SQLite ' || sqlite_version(), (SELECT sequence FROM store), (SELECT count(*) FROM removed), count(*), min(started_at) FROM runs WHERE deleted_at IS NULL").
		Scan(&s.r.Database, &s.r.Sequence, &s.r.Removed, &s.r.Runs, &oldest)
	if err != nil {
		return s.Pool.Unread(err)
	}
	s.r.Oldest = record.Moment(oldest.Int64)
	marks, unread, err := lock.AllMarks(s.o.State)
	if err != nil {
		return err
	}
	for _, m := range marks {
		if m.Store == s.Identity {
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
	sizes, err := query.RowsOf(ctx, s.Pool.DB, func(rows *sql.Rows) (z size, err error) {
		err = rows.Scan(&z.table, &z.bytes)
		return z, err
	},
		"SELECT coalesce(m.tbl_name, d.name), sum(d.pgsize) FROM dbstat d LEFT JOIN sqlite_schema m ON m.name = d.name WHERE d.aggregate = true GROUP BY 1")
	if err != nil && !disk.Damaged(err) { // that the check of the file tells
		return s.Pool.Unread(err)
	}
	for _, z := range sizes {
		s.r.Sizes[z.table] = z.bytes
	}
	return nil
}

// file lets SQLite look at its pages, indexes and references.
func (s *checking) file(ctx context.Context) error {
	faults, err := query.RowsOf(ctx, s.Pool.DB, query.One[string], "PRAGMA integrity_check(20)")
	if err != nil && !disk.Damaged(err) {
		return s.Pool.Unread(err)
	}
	if err != nil {
		faults = append(faults, err.Error())
	}
	for _, fault := range faults {
		if fault != "ok" {
			s.r.Faults = append(s.r.Faults, "the file: "+strings.TrimSpace(fault))
		}
	}
	lost, err := query.RowsOf(ctx, s.Pool.DB, func(rows *sql.Rows) (fault string, err error) {
		var table, parent string
		var row sql.NullInt64
		var key int64
		err = rows.Scan(&table, &row, &parent, &key)
		return fmt.Sprintf("row %d of table %s names a row of %s that is not there", row.Int64, table, parent), err
	}, "PRAGMA foreign_key_check")
	if err != nil && !disk.Damaged(err) {
		return s.Pool.Unread(err)
	}
	const enough = 20
	s.r.Faults = append(s.r.Faults, lost[:min(len(lost), enough)]...)
	return nil
}
