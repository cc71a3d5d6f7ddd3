package postgres

import (
	"context"
	"database/sql"
	"fmt"

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
	if r.Warnings, err = s.standbys(ctx); err != nil {
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

// standbys warns of those that may lack what was recorded last when they take over. Who may not see how each follows sees
// that they are there.
func (s *Store) standbys(ctx context.Context) (warnings []string, err error) {
	var all, asynchronous int
	var names string
	err = s.Pool.Row(ctx, "SELECT count(*), count(*) FILTER (WHERE sync_state = 'async'), current_setting('synchronous_standby_names') FROM pg_stat_replication").
		Scan(&all, &asynchronous, &names)
	if err != nil || all == 0 || names != "" && asynchronous == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("a standby that follows asynchronously may lack what was recorded last when it takes over (standbys: %d): runs that still go on"+
		" write that again, for others nothing is believed without a fresh reading; synchronous_standby_names prevents it", all)}, nil
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
