package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/bulknum/bulknum/batch/store/sqlite/query"
	"github.com/bulknum/bulknum/batch/store/sqlite/record"
)

// recordReader reads the records of runs as they stand in their tables.
//
// What it finds of a run is all there is of it, or an error: which records there
// are is asked of pages that are as they were written, be it those of an index or
// of the table. What a record says may stand in a page that is not: its own
// checksum tells whether it still is what it was.
type recordReader struct {
	// checked reads only pages that are as they were written.
	checked *sql.DB
	// plain reads all pages; nil: only the others are to be believed.
	plain *sql.DB
	// strict is that the places of tables and indexes are not to be believed:
	// both must list the same.
	strict bool
}

// lostError is a record that is gone, or is not as it was written.
type lostError struct{ what string }

func (e *lostError) Error() string { return e.what + " is not as it was written" }

// records gives the records of a run, some at a time.
func (r *recordReader) records(ctx context.Context, t *record.Table, run int64) iter.Seq2[[]record.Record, error] {
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
func (r *recordReader) keys(ctx context.Context, t *record.Table, run int64) ([]int64, error) {
	if t == &record.PlanNumbers { // each block has its numbers
		return r.keysOf(ctx, &record.PlanBlocks, "n", run)
	}
	return r.keysOf(ctx, t, t.Key, run)
}

func (r *recordReader) keysOf(ctx context.Context, t *record.Table, key string, run int64) ([]int64, error) {
	list := func(by string) ([]int64, error) {
		keys, err := query.RowsOf(ctx, r.checked, query.One[int64], fmt.Sprintf("SELECT %s FROM %s %s WHERE %s = ?", key, t.Name, by, t.Run), run)
		slices.Sort(keys)
		return keys, err
	}
	keys, err := list("INDEXED BY " + t.Index)
	if err == nil && !r.strict {
		return keys, nil
	}
	again, failed := list("NOT INDEXED")
	switch {
	case failed != nil:
		return nil, r.lost(t, failed)
	case r.strict && (err != nil || !slices.Equal(keys, again)):
		return nil, r.lost(t, cmp.Or(err, error(&lostError{t.What})))
	default:
		return again, nil
	}
}

// stopped is an error of who asked, not of what was read.
func stopped(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// lost is a record that cannot be read.
func (r *recordReader) lost(t *record.Table, err error) error {
	if r.plain == nil || stopped(err) {
		return err
	}
	return &lostError{what: t.What}
}

// some reads records by their keys: together, or else one by one.
func (r *recordReader) some(ctx context.Context, t *record.Table, run int64, keys []int64) ([]record.Record, error) {
	records, err := r.read(ctx, r.checked, t, run, keys)
	if err == nil && len(records) == len(keys) || stopped(err) {
		return records, err
	}
	if r.plain == nil {
		if err == nil {
			err = &lostError{what: t.What}
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
func (r *recordReader) one(ctx context.Context, t *record.Table, run, key int64) (record.Record, error) {
	for _, db := range []*sql.DB{r.checked, r.plain} {
		found, err := r.read(ctx, db, t, run, []int64{key})
		if stopped(err) {
			return nil, err
		}
		if err == nil && len(found) == 1 {
			return found[0], nil
		}
	}
	return nil, &lostError{what: t.What}
}

// read reads records that are as they were written.
func (r *recordReader) read(ctx context.Context, db *sql.DB, t *record.Table, run int64, keys []int64) ([]record.Record, error) {
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	place, of := t.Column(t.Run), "+"+t.Run // by the key alone
	if t.Key == "n" {
		of = t.Run // which is part of it
	}
	found, err := query.RowsOf(ctx, db, record.Scan(len(t.Columns)), fmt.Sprintf("SELECT %s FROM %s WHERE %s IN (SELECT value FROM json_each(?)) AND %s = ? ORDER BY %s",
		t.List(), t.Name, t.Key, of, t.Key), string(list), run)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(r record.Record) bool { return r.Int(place) != run || !t.Whole(r) }), nil
}
