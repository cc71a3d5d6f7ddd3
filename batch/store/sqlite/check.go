package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/batch/store/sqlite/query"
	"github.com/bulknum/bulknum/batch/store/sqlite/record"
)

// Report is how a store is; see [store.Report].
type Report = store.Report

// Check reads all that the store has, and compares it with its checksums.
func (s *Store) Check(ctx context.Context) (Report, error) {
	r := Report{Place: s.path, ID: s.id, FileSystem: s.fileSystem, Sizes: map[string]int64{}}
	for _, step := range []func(context.Context, *Report) error{s.checkBasics, s.checkSizes, s.checkFile, s.checkRecords} {
		if err := step(ctx, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (s *Store) checkBasics(ctx context.Context, r *Report) error {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Lstat(s.path + suffix); err == nil {
			r.Bytes += info.Size()
		}
	}
	var oldest sql.NullInt64
	err := s.pool.DB.QueryRowContext(ctx, "SELECT sqlite_version(), (SELECT sequence FROM store), (SELECT count(*) FROM removed), count(*), min(started_at) FROM runs WHERE deleted_at IS NULL").
		Scan(&r.SQLite, &r.Sequence, &r.Removed, &r.Runs, &oldest)
	if err != nil {
		return s.pool.Unread(err)
	}
	r.Oldest = record.Moment(oldest.Int64)
	marks, unread, err := lock.AllMarks(s.o.State)
	if err != nil {
		return err
	}
	for _, m := range marks {
		if m.Store == s.id {
			r.Marks++
		}
	}
	for _, path := range unread {
		r.Faults = append(r.Faults, "the mark "+path+" cannot be read")
	}
	return nil
}

// checkSizes adds up pages by table. The pages are counted by SQLite's dbstat, if
// it has that.
func (s *Store) checkSizes(ctx context.Context, r *Report) error {
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
		r.Sizes[z.table] = z.bytes
	}
	return nil
}

// checkFile lets SQLite look at its pages, indexes and references.
func (s *Store) checkFile(ctx context.Context, r *Report) error {
	faults, err := query.RowsOf(ctx, s.pool.DB, query.One[string], "PRAGMA integrity_check(20)")
	if err != nil && !disk.Damaged(err) {
		return s.pool.Unread(err)
	}
	if err != nil {
		faults = append(faults, err.Error())
	}
	for _, fault := range faults {
		if fault != "ok" {
			r.Faults = append(r.Faults, "the file: "+strings.TrimSpace(fault))
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
	r.Faults = append(r.Faults, lost[:min(len(lost), enough)]...)
	return nil
}
