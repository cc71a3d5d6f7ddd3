package salvage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/transfer"
	"github.com/bulknum/bulknum/batch/store/write"
)

// takeRuns brings over the runs that are whole, the oldest first.
func (v *Job) takeRuns(ctx context.Context) error {
	ids, sure := v.runs(ctx)
	if !sure {
		v.everyone = append(v.everyone, "which runs it has cannot be read")
	}
	names, owners := v.names(ctx), v.owners(ctx)
	for _, id := range ids {
		name, err := v.takeRun(ctx, id, owners)
		if name == "" {
			name = names[id]
		}
		lost, is := errors.AsType[*transfer.LostError](err)
		switch {
		case err == nil:
			v.Done.Brought = append(v.Done.Brought, name)
		case is:
			v.lose(name, v.accounts[owners[id]], lost.Error())
		case errors.Is(err, store.ErrExists), disk.Rejected(err) && !transfer.Stopped(err):
			v.lose(name, v.accounts[owners[id]], err.Error())
		default:
			return err
		}
	}
	return v.keepNumbers(ctx, ids)
}

// lose enters a run as one that may have done anything.
func (v *Job) lose(name string, account store.Account, why string) {
	if name == "" {
		v.everyone = append(v.everyone, "a run whose name cannot be read is lost")
		return
	}
	v.Done.Lost = append(v.Done.Lost, store.LostRun{Name: name, Account: account, At: v.At, Why: why})
}

// runs lists the runs; sure is that there are no others.
func (v *Job) runs(ctx context.Context) (ids []int64, sure bool) {
	const of = "SELECT id FROM runs %s WHERE deleted_at IS NULL"
	rows, sure := v.old.either(ctx, fmt.Sprintf(of, "NOT INDEXED"), fmt.Sprintf(of, "INDEXED BY runs_name"), 1)
	seen := map[int64]bool{}
	for _, r := range rows {
		seen[r.Int(0)] = true
	}
	if !sure { // whatever there may be
		for _, by := range []string{"NOT INDEXED", "INDEXED BY runs_name"} {
			for _, db := range []*sql.DB{v.old.Checked, v.old.Plain} {
				more, err := query.RowsOf(ctx, db, query.One[int64], fmt.Sprintf(of, by))
				if err != nil {
					continue
				}
				for _, id := range more {
					seen[id] = true
				}
			}
		}
	}
	delete(seen, 0)
	return slices.Sorted(maps.Keys(seen)), sure
}

// names are those that the index of names has.
func (v *Job) names(ctx context.Context) map[int64]string {
	rows, _ := v.old.either(ctx, "SELECT id, name FROM runs INDEXED BY runs_name WHERE deleted_at IS NULL", "SELECT id, name FROM runs NOT INDEXED", 2)
	names := map[int64]string{}
	for _, r := range rows {
		names[r.Int(0)] = r.Text(1)
	}
	return names
}

// owners are whose the runs are, where that stands as it was written.
func (v *Job) owners(ctx context.Context) map[int64]int64 {
	rows, sure := v.old.either(ctx, "SELECT id, account FROM runs NOT INDEXED", "SELECT id, account FROM runs INDEXED BY runs_job", 2)
	owners := map[int64]int64{}
	for _, r := range rows {
		if sure {
			owners[r.Int(0)] = r.Int(1)
		}
	}
	return owners
}

// takeRun brings a run over, if it is whole.
func (v *Job) takeRun(ctx context.Context, id int64, owners map[int64]int64) (name string, err error) {
	m, err := v.readRun(ctx, id)
	if err != nil {
		return "", err
	}
	owner, ok := v.accounts[owners[id]]
	if !ok {
		return m.Name(), &transfer.LostError{What: "whose it is"}
	}
	m.Account = owner
	if err := v.readInput(ctx, m); err != nil {
		return m.Name(), err
	}
	return m.Name(), transfer.Take(ctx, v.s.Writer, m, func(t *record.Table) iter.Seq2[[]record.Record, error] {
		if t == &record.InputChunks {
			return v.old.Records(ctx, t, m.Input)
		}
		return v.old.Records(ctx, t, id)
	})
}

// readRun reads what run it is.
func (v *Job) readRun(ctx context.Context, id int64) (*transfer.MovedRun, error) {
	for _, db := range []*sql.DB{v.old.Checked, v.old.Plain} {
		m, err := v.old.ReadRun(ctx, db, id)
		if transfer.Stopped(err) {
			return nil, err
		}
		if err == nil && m.Whole() {
			return m, nil
		}
	}
	return nil, &transfer.LostError{What: record.Runs.What}
}

// readInput makes sure, once, that an input is as it was given.
func (v *Job) readInput(ctx context.Context, m *transfer.MovedRun) error {
	if v.inputs == nil {
		v.inputs = map[int64]error{}
	}
	if err, ok := v.inputs[m.Input]; ok {
		return err
	}
	err := v.old.CheckInput(ctx, m)
	if !transfer.Stopped(err) {
		v.inputs[m.Input] = err
	}
	return err
}

// keepNumbers sees to it that no number of a run or an input is given again.
func (v *Job) keepNumbers(ctx context.Context, ids []int64) error {
	last := map[string]int64{"runs": 0}
	for _, id := range ids {
		last["runs"] = max(last["runs"], id)
	}
	rows, _ := v.old.either(ctx, "SELECT name, seq FROM sqlite_sequence", "SELECT name, seq FROM sqlite_sequence", 2)
	for _, r := range rows {
		last[r.Text(0)] = max(last[r.Text(0)], r.Int(1))
	}
	return v.s.Writer.Do(false, func(t *write.Tx) error {
		for _, table := range []string{"runs", "inputs", "accounts"} {
			if err := t.LeaveOut(table, last[table]); err != nil {
				return err
			}
		}
		return nil
	})
}
