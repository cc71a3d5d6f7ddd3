package query

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
)

// Runs reads runs by a condition, the newest first. Those that are damaged are
// told by the error, beside the others.
func (p *Pool) Runs(ctx context.Context, condition string, args ...any) ([]store.Run, error) {
	found, err := Read(ctx, p, func(rows *sql.Rows) (r record.RunRow, err error) {
		err = r.Scan(rows)
		return r, err
	}, record.RunQuery+condition+" ORDER BY u.id DESC", args...)
	if err != nil {
		return nil, err
	}
	var damaged []error
	runs := make([]store.Run, 0, len(found))
	for _, r := range found {
		if !r.Whole() {
			damaged = append(damaged, p.Damage(r.Name, "what it is"))
			continue
		}
		runs = append(runs, r.Run())
	}
	return runs, errors.Join(damaged...)
}

// Run finds a run by its name.
func (s *Reader) Run(ctx context.Context, name string) (store.Run, error) {
	runs, err := s.pool.Runs(ctx, " AND u.name = ?", record.Clean(name))
	if err == nil && len(runs) == 0 {
		err = fmt.Errorf("run %s: %w", name, store.ErrNotFound)
	}
	if err != nil {
		return store.Run{}, err
	}
	return runs[0], nil
}

// Runs lists runs, the newest first.
func (s *Reader) Runs(ctx context.Context, f store.RunFilter) ([]store.Run, error) {
	condition, args, err := s.pool.chosen(ctx, f)
	if err != nil {
		return nil, err
	}
	return s.pool.Runs(ctx, condition, args...)
}

// chosen is a filter as a condition on the runs u.
func (p *Pool) chosen(ctx context.Context, f store.RunFilter) (condition string, args []any, err error) {
	add := func(text string, arg ...any) { condition, args = condition+text, append(args, arg...) }
	if f.Account != 0 {
		account, err := p.now(ctx, f.Account)
		if err != nil {
			return "", nil, err
		}
		add(" AND u.account = ?", int64(account))
	}
	if f.Job != "" {
		add(" AND u.job = ?", record.Clean(f.Job))
	}
	if f.RollbackOf != 0 {
		add(" AND u.rollback_of = ?", int64(f.RollbackOf))
	}
	if f.Cutovers {
		add(" AND u.cutover = 1")
	}
	if f.Except != 0 {
		add(" AND u.id <> ?", int64(f.Except))
	}
	return condition, args, nil
}

// Milestones are those of a run, in their order.
func (s *Reader) Milestones(ctx context.Context, run store.RunID) ([]store.Milestone, error) {
	name, err := s.pool.Live(ctx, run)
	if err != nil {
		return nil, err
	}
	return Read(ctx, s.pool, func(rows *sql.Rows) (store.Milestone, error) {
		m, crc, err := scanMilestone(rows, run)
		if err == nil && crc != 0 {
			err = s.pool.Damage(name, "milestone %s", m.Kind)
		}
		return m, err
	}, milestoneQuery+" ORDER BY sequence", int64(run))
}

const milestoneQuery = "SELECT sequence, kind, coalesce(at, 0), doc, waves, crc FROM milestones WHERE run = ?"

// scanMilestone reads a milestone; off is not 0 when it is not as it was written.
func scanMilestone(rows *sql.Rows, run store.RunID) (m store.Milestone, off int64, err error) {
	var at, crc int64
	var doc sql.NullString
	var waves []byte
	if err := rows.Scan(&m.Sequence, &m.Kind, &at, &doc, &waves, &crc); err != nil {
		return m, 0, err
	}
	m.At, m.Doc = record.Moment(at), record.Document(doc)
	off = crc ^ record.MilestoneSum(int64(m.Sequence), int64(run), at, string(m.Kind), doc.String, waves)
	if off == 0 && waves != nil {
		m.Waves, err = record.UnpackWaves(waves)
	}
	return m, off, err
}

// WaveOf tells in which wave each row is sent, by line.
func (s *Reader) WaveOf(ctx context.Context, run store.RunID) (map[int]int, error) {
	name, err := s.pool.Live(ctx, run)
	if err != nil {
		return nil, err
	}
	plans, err := Read(ctx, s.pool, func(rows *sql.Rows) (store.Milestone, error) {
		m, off, err := scanMilestone(rows, run)
		if err == nil && off != 0 {
			err = s.pool.Damage(name, "the waves of its plan")
		}
		return m, err
	}, milestoneQuery+" AND kind = ? ORDER BY sequence DESC LIMIT 1", int64(run), string(store.Planned))
	if err != nil || len(plans) == 0 {
		return nil, err
	}
	return plans[0].Waves, nil
}

// now is what an account's id is by now: two may have turned out to be one.
func (p *Pool) now(ctx context.Context, account store.AccountID) (store.AccountID, error) {
	err := p.Row(ctx, "SELECT coalesce(merged, id) FROM accounts WHERE id = ?", int64(account)).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return NoAccount, nil
	}
	return account, p.Unread(err)
}

// NoAccount is an account that no run is of: a store that is only read does not
// enter it.
const NoAccount store.AccountID = -1
