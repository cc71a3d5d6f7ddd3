package postgres

import (
	"context"
	"database/sql"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
)

// Check reads all that the store has, and compares it with its checksums.
func (s *Store) Check(ctx context.Context) (store.Report, error) {
	r := store.Report{Place: s.Place(), ID: s.Identity, Bytes: s.Size()}
	if err := s.basics(ctx, &r); err != nil {
		return r, err
	}
	if err := s.sizes(ctx, &r); err != nil {
		return r, err
	}
	err := s.CheckRecords(ctx, &r)
	return r, err
}

func (s *Store) basics(ctx context.Context, r *store.Report) error {
	var oldest sql.NullInt64
	err := s.Pool.Row(ctx, `SELECT 'PostgreSQL ' || current_setting('server_version') || ', as ' || session_user, (SELECT sequence FROM store),
		(SELECT count(*) FROM removed), count(*), min(started_at) FROM runs WHERE deleted_at IS NULL`).
		Scan(&r.Database, &r.Sequence, &r.Removed, &r.Runs, &oldest)
	if err != nil {
		return s.Pool.Unread(err)
	}
	r.Oldest = record.Moment(oldest.Int64)
	if r.Skew, r.Answer, err = s.skew(ctx); err != nil {
		return s.Pool.Unread(err)
	}
	marks, unread, err := lock.AllMarks(s.o.State)
	if err != nil {
		return err
	}
	for _, m := range marks {
		if m.Store == s.Identity {
			r.Marks++
		}
	}
	for _, path := range unread {
		r.Faults = append(r.Faults, "the mark "+path+" cannot be read")
	}
	return nil
}

// sizes are those of the tables, with their indexes.
func (s *Store) sizes(ctx context.Context, r *store.Report) error {
	type size struct {
		table string
		bytes int64
	}
	sizes, err := query.Read(ctx, s.Pool, func(rows *sql.Rows) (z size, err error) {
		err = rows.Scan(&z.table, &z.bytes)
		return z, err
	}, "SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ? AND c.relkind = 'r'", schema)
	if err != nil {
		return err
	}
	r.Sizes = map[string]int64{}
	for _, z := range sizes {
		r.Sizes[z.table] = z.bytes
	}
	return nil
}
