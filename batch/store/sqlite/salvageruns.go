package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/query"
	"github.com/bulknum/bulknum/batch/store/sqlite/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/write"
)

// takeRuns brings over the runs that are whole, the oldest first.
func (v *salvage) takeRuns(ctx context.Context) error {
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
		lost, is := errors.AsType[*lostError](err)
		switch {
		case err == nil:
			v.done.Brought = append(v.done.Brought, name)
		case is:
			v.lose(name, v.accounts[owners[id]], lost.Error())
		case errors.Is(err, store.ErrExists), disk.Rejected(err) && !stopped(err):
			v.lose(name, v.accounts[owners[id]], err.Error())
		default:
			return err
		}
	}
	return v.keepNumbers(ctx, ids)
}

// lose enters a run as one that may have done anything.
func (v *salvage) lose(name string, account store.Account, why string) {
	if name == "" {
		v.everyone = append(v.everyone, "a run whose name cannot be read is lost")
		return
	}
	v.done.Lost = append(v.done.Lost, store.LostRun{Name: name, Account: account, At: v.at, Why: why})
}

// runs lists the runs; sure is that there are no others.
func (v *salvage) runs(ctx context.Context) (ids []int64, sure bool) {
	const of = "SELECT id FROM runs %s WHERE deleted_at IS NULL"
	rows, sure := v.old.either(ctx, fmt.Sprintf(of, "NOT INDEXED"), fmt.Sprintf(of, "INDEXED BY runs_name"), 1)
	seen := map[int64]bool{}
	for _, r := range rows {
		seen[r.Int(0)] = true
	}
	if !sure { // whatever there may be
		for _, by := range []string{"NOT INDEXED", "INDEXED BY runs_name"} {
			for _, db := range []*sql.DB{v.old.checked, v.old.plain} {
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
func (v *salvage) names(ctx context.Context) map[int64]string {
	rows, _ := v.old.either(ctx, "SELECT id, name FROM runs INDEXED BY runs_name WHERE deleted_at IS NULL", "SELECT id, name FROM runs NOT INDEXED", 2)
	names := map[int64]string{}
	for _, r := range rows {
		names[r.Int(0)] = r.Text(1)
	}
	return names
}

// owners are whose the runs are, where that stands as it was written.
func (v *salvage) owners(ctx context.Context) map[int64]int64 {
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
func (v *salvage) takeRun(ctx context.Context, id int64, owners map[int64]int64) (name string, err error) {
	m, err := v.readRun(ctx, id)
	if err != nil {
		return "", err
	}
	owner, ok := v.accounts[owners[id]]
	if !ok {
		return m.name(), &lostError{what: "whose it is"}
	}
	m.Account = owner
	if err := v.readInput(ctx, m); err != nil {
		return m.name(), err
	}
	return m.name(), v.s.take(ctx, m, func(t *record.Table) iter.Seq2[[]record.Record, error] {
		if t == &record.InputChunks {
			return v.old.records(ctx, t, m.Input)
		}
		return v.old.records(ctx, t, id)
	})
}

// readRun reads what run it is.
func (v *salvage) readRun(ctx context.Context, id int64) (*movedRun, error) {
	for _, db := range []*sql.DB{v.old.checked, v.old.plain} {
		m, err := readMoved(ctx, db, id)
		if stopped(err) {
			return nil, err
		}
		if err == nil && m.whole() {
			return m, nil
		}
	}
	return nil, &lostError{what: record.Runs.What}
}

// readMoved reads what run one is, and which input it has.
func readMoved(ctx context.Context, db *sql.DB, id int64) (*movedRun, error) {
	rows, err := query.RowsOf(ctx, db, record.Scan(len(record.Runs.Columns)+3), `SELECT u.id, u.sequence, u.name, u.job, u.key, u.started_at, u.dry_run, u.cutover, u.rollback_of,
		u.identity, u.input_file, u.crc, i.id, i.sha256, i.bytes FROM runs u NOT INDEXED JOIN inputs i NOT INDEXED ON i.id = u.input WHERE u.id = ?`, id)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, &lostError{what: record.Runs.What}
	}
	r, n := rows[0], len(record.Runs.Columns)
	return &movedRun{Run: r[:n:n], Input: r.Int(n), SHA256: r.Text(n + 1), Bytes: r.Int(n + 2)}, nil
}

// readInput makes sure, once, that an input is as it was given.
func (v *salvage) readInput(ctx context.Context, m *movedRun) error {
	if v.inputs == nil {
		v.inputs = map[int64]error{}
	}
	if err, ok := v.inputs[m.Input]; ok {
		return err
	}
	err := v.old.hashes(ctx, m)
	if !stopped(err) {
		v.inputs[m.Input] = err
	}
	return err
}

// hashes is an error unless the input has the hash that it should have.
func (r *recordReader) hashes(ctx context.Context, m *movedRun) error {
	hash := sha256.New()
	for some, err := range r.records(ctx, &record.InputChunks, m.Input) {
		if err != nil {
			return err
		}
		slices.SortFunc(some, func(a, b record.Record) int { return int(a.Int(1) - b.Int(1)) })
		for _, chunk := range some {
			raw, err := record.Expand(chunk.Bytes(2))
			if err != nil {
				return &lostError{what: record.InputChunks.What}
			}
			hash.Write(raw)
		}
	}
	if hex.EncodeToString(hash.Sum(nil)) != m.SHA256 {
		return &lostError{what: record.InputChunks.What}
	}
	return nil
}

// keepNumbers sees to it that no number of a run or an input is given again.
func (v *salvage) keepNumbers(ctx context.Context, ids []int64) error {
	last := map[string]int64{"runs": 0}
	for _, id := range ids {
		last["runs"] = max(last["runs"], id)
	}
	rows, _ := v.old.either(ctx, "SELECT name, seq FROM sqlite_sequence", "SELECT name, seq FROM sqlite_sequence", 2)
	for _, r := range rows {
		last[r.Text(0)] = max(last[r.Text(0)], r.Int(1))
	}
	return v.s.writer.Do(false, func(t *write.Tx) error {
		for _, table := range []string{"runs", "inputs", "accounts"} {
			if err := t.LeaveOut(table, last[table]); err != nil {
				return err
			}
		}
		return nil
	})
}
