package transfer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/store/dialect"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
)

// Reader reads the records of runs as they stand in their tables.
//
// What it finds of a run is all there is of it, or an error: which records there
// are is asked of pages that are as they were written, be it those of an index or
// of the table. What a record says may stand in a page that is not: its own
// checksum tells whether it still is what it was.
type Reader struct {
	// checked reads only pages that are as they were written.
	Checked *sql.DB
	// plain reads all pages; nil: only the others are to be believed.
	Plain *sql.DB
	// strict is that the places of tables and indexes are not to be believed:
	// both must list the same.
	Strict bool
	// Dialect is the database's.
	Dialect *dialect.Dialect
}

// LostError is a record that is gone, or is not as it was written.
type LostError struct{ What string }

func (e *LostError) Error() string { return e.What + " is not as it was written" }

// Records gives the records of a run, some at a time.
func (r *Reader) Records(ctx context.Context, t *record.Table, run int64) iter.Seq2[[]record.Record, error] {
	return func(yield func([]record.Record, error) bool) {
		keys, err := r.keys(ctx, t, run)
		if err != nil {
			yield(nil, err)
			return
		}
		for some := range slices.Chunk(keys, t.Page()) {
			records, err := r.some(ctx, t, run, some)
			if !yield(records, err) || err != nil {
				return
			}
		}
	}
}

// keys lists the records of a run: by an index, or else by the table.
func (r *Reader) keys(ctx context.Context, t *record.Table, run int64) ([]int64, error) {
	if t == &record.PlanNumbers { // each block has its numbers
		return r.keysOf(ctx, &record.PlanBlocks, "n", run)
	}
	return r.keysOf(ctx, t, r.key(t), run)
}

// key is the column by which a table's records are found.
func (r *Reader) key(t *record.Table) string {
	if t.Key == "" {
		return r.Dialect.RowKey
	}
	return t.Key
}

func (r *Reader) keysOf(ctx context.Context, t *record.Table, key string, run int64) ([]int64, error) {
	list := func(by string) ([]int64, error) {
		keys, err := query.RowsOf(ctx, r.Checked, query.One[int64], r.Dialect.Bind(fmt.Sprintf("SELECT %s FROM %s%s WHERE %s = ?", key, t.Name, by, t.Run)), run)
		slices.Sort(keys)
		return keys, err
	}
	keys, err := list(r.Dialect.By(t.Index))
	if err == nil && !r.Strict {
		return keys, nil
	}
	again, failed := list(r.Dialect.By(""))
	switch {
	case failed != nil:
		return nil, r.lost(t, failed)
	case r.Strict && (err != nil || !slices.Equal(keys, again)):
		return nil, r.lost(t, cmp.Or(err, error(&LostError{t.What})))
	default:
		return again, nil
	}
}

// Stopped is an error of who asked, not of what was read.
func Stopped(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// lost is a record that cannot be read.
func (r *Reader) lost(t *record.Table, err error) error {
	if r.Plain == nil || Stopped(err) {
		return err
	}
	return &LostError{What: t.What}
}

// some reads records by their keys: together, or else one by one.
func (r *Reader) some(ctx context.Context, t *record.Table, run int64, keys []int64) ([]record.Record, error) {
	records, err := r.read(ctx, r.Checked, t, run, keys)
	if err == nil && len(records) == len(keys) || Stopped(err) {
		return records, err
	}
	if r.Plain == nil {
		if err == nil {
			err = &LostError{What: t.What}
		}
		return nil, err
	}
	records = records[:0]
	for _, key := range keys {
		found, err := r.one(ctx, t, run, key)
		if err != nil {
			return nil, err
		}
		records = append(records, found)
	}
	return records, nil
}

// one reads a record from a page that is as it was written, or else from any.
func (r *Reader) one(ctx context.Context, t *record.Table, run, key int64) (record.Record, error) {
	for _, db := range []*sql.DB{r.Checked, r.Plain} {
		found, err := r.read(ctx, db, t, run, []int64{key})
		if Stopped(err) {
			return nil, err
		}
		if err == nil && len(found) == 1 {
			return found[0], nil
		}
	}
	return nil, &LostError{What: t.What}
}

// read reads records that are as they were written.
func (r *Reader) read(ctx context.Context, db *sql.DB, t *record.Table, run int64, keys []int64) ([]record.Record, error) {
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	place, of, key := t.Column(t.Run), "+"+t.Run, r.key(t) // by the key alone
	if key == "n" {
		of = t.Run // which is part of it
	}
	found, err := query.RowsOf(ctx, db, record.Scan(len(t.Columns)), r.Dialect.Bind(fmt.Sprintf("SELECT %s FROM %s WHERE %s IN (SELECT value FROM %s j) AND %s = ? ORDER BY %s",
		t.List(), t.Name, key, r.Dialect.Integers, of, key)), string(list), run)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(r record.Record) bool { return r.Int(place) != run || !t.Whole(r) }), nil
}

// ReadRun reads what run one is, and which input it has.
func (r *Reader) ReadRun(ctx context.Context, db *sql.DB, id int64) (*MovedRun, error) {
	by := r.Dialect.By("")
	rows, err := query.RowsOf(ctx, db, record.Scan(len(record.Runs.Columns)+3), r.Dialect.Bind(`SELECT u.id, u.sequence, u.name, u.job, u.key, u.started_at, u.dry_run, u.cutover, u.rollback_of,
		u.identity, u.input_file, u.crc, i.id, i.sha256, i.bytes FROM runs u`+by+" JOIN inputs i"+by+" ON i.id = u.input WHERE u.id = ?"), id)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, &LostError{What: record.Runs.What}
	}
	row, n := rows[0], len(record.Runs.Columns)
	return &MovedRun{Run: row[:n:n], Input: row.Int(n), SHA256: row.Text(n + 1), Bytes: row.Int(n + 2)}, nil
}

// CheckInput is an error unless the input has the hash that it should have.
func (r *Reader) CheckInput(ctx context.Context, m *MovedRun) error {
	hash := sha256.New()
	for some, err := range r.Records(ctx, &record.InputChunks, m.Input) {
		if err != nil {
			return err
		}
		slices.SortFunc(some, func(a, b record.Record) int { return int(a.Int(1) - b.Int(1)) })
		for _, chunk := range some {
			raw, err := record.Expand(chunk.Bytes(2))
			if err != nil {
				return &LostError{What: record.InputChunks.What}
			}
			hash.Write(raw)
		}
	}
	if hex.EncodeToString(hash.Sum(nil)) != m.SHA256 {
		return &LostError{What: record.InputChunks.What}
	}
	return nil
}
