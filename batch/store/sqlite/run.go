package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/write"
)

// NewRun enters a run with its input.
func (s *Store) NewRun(ctx context.Context, r store.NewRun) (store.Run, error) {
	w, err := s.writable()
	if err != nil {
		return store.Run{}, err
	}
	if err := s.free(ctx, r.Name); err != nil {
		return store.Run{}, err
	}
	input, err := w.TakeInput(ctx, r.Source)
	if err != nil {
		_ = w.DropInput(input.ID) // or an opening does it later
		return store.Run{}, fmt.Errorf("store %s: input: %w", s.path, err)
	}
	if r.Input.SHA256 != "" && !strings.EqualFold(r.Input.SHA256, input.SHA256) {
		_ = w.DropInput(input.ID) // or an opening does it later
		return store.Run{}, fmt.Errorf("store %s: the input has changed while it was read", s.path)
	}
	r.Input.SHA256, r.Input.Bytes = input.SHA256, input.Bytes
	err = w.Do(false, func(t *write.Tx) error { return t.EnterRun(r, input, s.keyOf(r.Account)) })
	if err != nil {
		_ = w.DropInput(input.ID) // or an opening does it later
		return store.Run{}, w.Unsaved(err)
	}
	return s.Run(context.WithoutCancel(ctx), r.Name)
}

// free refuses a name that a run has.
func (s *Store) free(ctx context.Context, name string) error {
	if name == "" {
		return fmt.Errorf("store %s: a run needs a name", s.path)
	}
	var taken int
	err := s.reading.QueryRowContext(ctx, "SELECT count(*) FROM runs WHERE name = ? AND deleted_at IS NULL", record.Clean(name)).Scan(&taken)
	if err == nil && taken > 0 {
		return fmt.Errorf("run %s: %w", name, store.ErrExists)
	}
	return s.unread(err)
}

// runs reads runs by a condition, the newest first. Those that are damaged are
// told by the error, beside the others.
func (s *Store) runs(ctx context.Context, condition string, args ...any) ([]store.Run, error) {
	found, err := read(ctx, s, func(rows *sql.Rows) (r record.RunRow, err error) {
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
			damaged = append(damaged, s.damage(r.Name, "what it is"))
			continue
		}
		runs = append(runs, r.Run())
	}
	return runs, errors.Join(damaged...)
}

// Run finds a run by its name.
func (s *Store) Run(ctx context.Context, name string) (store.Run, error) {
	runs, err := s.runs(ctx, " AND u.name = ?", record.Clean(name))
	if err == nil && len(runs) == 0 {
		err = fmt.Errorf("run %s: %w", name, store.ErrNotFound)
	}
	if err != nil {
		return store.Run{}, err
	}
	return runs[0], nil
}

// Runs lists runs, the newest first.
func (s *Store) Runs(ctx context.Context, f store.RunFilter) ([]store.Run, error) {
	condition, args, err := s.chosen(ctx, f)
	if err != nil {
		return nil, err
	}
	return s.runs(ctx, condition, args...)
}

// chosen is a filter as a condition on the runs u.
func (s *Store) chosen(ctx context.Context, f store.RunFilter) (condition string, args []any, err error) {
	add := func(text string, arg ...any) { condition, args = condition+text, append(args, arg...) }
	if f.Account != 0 {
		account, err := s.now(ctx, f.Account)
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
func (s *Store) Milestones(ctx context.Context, run store.RunID) ([]store.Milestone, error) {
	name, err := s.live(ctx, run)
	if err != nil {
		return nil, err
	}
	return read(ctx, s, func(rows *sql.Rows) (store.Milestone, error) {
		m, crc, err := scanMilestone(rows, run)
		if err == nil && crc != 0 {
			err = s.damage(name, "milestone %s", m.Kind)
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
func (s *Store) WaveOf(ctx context.Context, run store.RunID) (map[int]int, error) {
	name, err := s.live(ctx, run)
	if err != nil {
		return nil, err
	}
	plans, err := read(ctx, s, func(rows *sql.Rows) (store.Milestone, error) {
		m, off, err := scanMilestone(rows, run)
		if err == nil && off != 0 {
			err = s.damage(name, "the waves of its plan")
		}
		return m, err
	}, milestoneQuery+" AND kind = ? ORDER BY sequence DESC LIMIT 1", int64(run), string(store.Planned))
	if err != nil || len(plans) == 0 {
		return nil, err
	}
	return plans[0].Waves, nil
}
