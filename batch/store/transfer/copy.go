package transfer

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/write"
)

// Whole is a store of which all is copied, or into which all of another one is. Nobody else uses it.
type Whole struct {
	Pool   *query.Pool
	Writer *write.Writer
}

// rowsOfStatement is how many rows one statement enters.
const rowsOfStatement = 100

// storeRow is the row of a store itself, but for whether it was moved.
var storeRow = record.Table{Name: "store", Columns: []string{"id", "min_reader", "min_writer", "sequence", "made_at", "made_by"}}

// Copy copies all that a store has into one that is empty, or into which a copy of it was begun, and compares both. From its
// beginning on nobody is to use the other copy, and from the first row on nobody the store that it was made of: each says so
// of itself. tell hears how many rows of a table were copied.
func Copy(ctx context.Context, from, to *Whole, tell func(table string, rows int64)) error {
	if err := begin(ctx, from, to); err != nil {
		return err
	}
	for _, t := range record.All {
		if err := copyTable(ctx, from, to, t, tell); err != nil {
			return fmt.Errorf("copy of the table %s: %w", t.Name, err)
		}
	}
	for _, t := range record.All {
		theirs, err1 := sum(ctx, from, t)
		ours, err2 := sum(ctx, to, t)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if theirs != ours {
			err := fmt.Errorf("the table %s is not the same in both: %s in %s, %s in %s: copy it again", t.Name, theirs, from.Pool.Place, ours, to.Pool.Place)
			return errors.Join(err, empty(to))
		}
	}
	return finish(ctx, from, to)
}

// begin makes sure that the copy may be made, and has both say that they are not to be used.
func begin(ctx context.Context, from, to *Whole) error {
	var id, movedTo, ours, movingFrom string
	err1 := from.Pool.Row(ctx, "SELECT id, coalesce(moved_to, '') FROM store").Scan(&id, &movedTo)
	err2 := to.Pool.Row(ctx, "SELECT id, coalesce(moving_from, '') FROM store").Scan(&ours, &movingFrom)
	if err := errors.Join(from.Pool.Unread(err1), to.Pool.Unread(err2)); err != nil {
		return err
	}
	refused := func(p *query.Pool, why, cure string) error {
		return &store.RefusedError{Place: p.Place, Why: why, Cure: cure}
	}
	switch {
	case movedTo != "" && movedTo != to.Pool.Place || ours == id:
		return refused(from.Pool, "was copied to "+movedTo+" already", "use that one")
	case movingFrom != "" && movingFrom != id:
		return refused(to.Pool, "is being filled with another store", "end that copy, or give another one that is empty")
	case movingFrom == "":
		if none, err := isEmpty(ctx, to); err != nil || !none {
			return errors.Join(err, refused(to.Pool, "has runs, or has had some", "give one that is empty"))
		}
	case movedTo == "": // what was copied before may be older than what there is now
		if err := empty(to); err != nil {
			return err
		}
	}
	err := to.Writer.Do(false, func(t *write.Tx) error { return t.Exec("UPDATE store SET moving_from = ?", id) })
	if err != nil {
		return to.Writer.Unsaved(err)
	}
	return from.Writer.Unsaved(from.Writer.Do(false, func(t *write.Tx) error { return t.Exec("UPDATE store SET moved_to = ?", to.Pool.Place) }))
}

// isEmpty reports whether nothing was ever recorded in a store.
func isEmpty(ctx context.Context, w *Whole) (bool, error) {
	for _, t := range record.All {
		var is bool
		if err := w.Pool.Row(ctx, "SELECT NOT EXISTS (SELECT 1 FROM "+t.Name+")").Scan(&is); err != nil || !is {
			return false, w.Pool.Unread(err)
		}
	}
	return true, nil
}

// empty removes what was copied.
func empty(w *Whole) error {
	for _, t := range slices.Backward(record.All) {
		if err := w.Writer.Pass(func(tx *write.Tx) error { return tx.Exec("DELETE FROM " + t.Name) }); err != nil {
			return w.Writer.Unsaved(err)
		}
	}
	return nil
}

// columnsOf are the columns of a table.
func columnsOf(ctx context.Context, w *Whole, t record.Stored) ([]string, error) {
	rows, err := w.Pool.DB.QueryContext(ctx, t.None())
	if err != nil {
		return nil, w.Pool.Unread(err)
	}
	columns, err := rows.Columns()
	return columns, errors.Join(err, rows.Err(), rows.Close())
}

// copyTable copies the rows of a table that are not there yet.
func copyTable(ctx context.Context, from, to *Whole, t record.Stored, tell func(string, int64)) error {
	columns, err := columnsOf(ctx, from, t)
	if err != nil {
		return err
	}
	last, err := query.Read(ctx, to.Pool, record.Scan(len(t.Key)), t.Last())
	if err != nil {
		return err
	}
	var after record.Record
	if len(last) > 0 {
		after = last[0]
	}
	into := &record.Table{Name: t.Name, Columns: columns}
	copied := int64(0)
	err = pages(ctx, from, t, columns, after, func(page []record.Record) error {
		copied += int64(len(page))
		return to.Writer.Unsaved(to.Writer.Pass(func(tx *write.Tx) error { return enter(tx, into, page) }))
	})
	if err == nil {
		err = leaveOut(ctx, from, to, t)
	}
	if err == nil && tell != nil {
		tell(t.Name, copied)
	}
	return err
}

// enter enters rows of a table.
func enter(tx *write.Tx, into *record.Table, page []record.Record) error {
	if merged := into.Column("merged"); merged >= 0 { // an account behind the one that it has become
		slices.SortStableFunc(page, func(a, b record.Record) int { return int(min(a.Int(merged), 1) - min(b.Int(merged), 1)) })
	}
	for some := range slices.Chunk(page, rowsOfStatement) {
		if err := tx.Exec(into.Insert()+strings.Repeat(", (?"+strings.Repeat(", ?", len(into.Columns)-1)+")", len(some)-1), slices.Concat(some...)...); err != nil {
			return err
		}
	}
	return nil
}

// pages reads the rows of a table behind a key, in their order.
func pages(ctx context.Context, w *Whole, t record.Stored, columns []string, after record.Record, do func([]record.Record) error) error {
	list := strings.Join(columns, ", ")
	for {
		page, err := query.Read(ctx, w.Pool, record.Scan(len(columns)), fmt.Sprintf("%s LIMIT %d", t.After(list, after), t.Page), after...)
		if err != nil || len(page) == 0 {
			return err
		}
		after = after[:0:0]
		for _, key := range t.Key {
			after = append(after, page[len(page)-1][slices.Index(columns, key)])
		}
		if err := do(page); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(movePause):
		}
	}
}

// leaveOut leaves the ids that the other store has given to nobody.
func leaveOut(ctx context.Context, from, to *Whole, t record.Stored) error {
	if !t.IDs {
		return nil
	}
	var last int64
	if err := from.Pool.Row(ctx, from.Pool.Dialect.LastID, t.Name).Scan(&last); err != nil || last == 0 {
		return from.Pool.Unread(err)
	}
	return to.Writer.Unsaved(to.Writer.Pass(func(tx *write.Tx) error { return tx.LeaveOut(t.Name, last) }))
}

// sum tells how many rows a table has, and what is in them.
func sum(ctx context.Context, w *Whole, t record.Stored) (string, error) {
	columns, err := columnsOf(ctx, w, t)
	if err != nil {
		return "", err
	}
	slices.Sort(columns)
	of, rows := sha256.New(), 0
	err = pages(ctx, w, t, columns, nil, func(page []record.Record) error {
		rows += len(page)
		for _, r := range page {
			for _, value := range r {
				add(of, value)
			}
		}
		return nil
	})
	return fmt.Sprintf("%d rows, %s", rows, hex.EncodeToString(of.Sum(nil)[:8])), err
}

// add adds a value, with its kind and length.
func add(to hash.Hash, value any) {
	var text []byte
	kind := byte(0)
	switch v := value.(type) {
	case int64:
		kind, text = 1, binary.LittleEndian.AppendUint64(nil, uint64(v)) //nolint:gosec // the bits count
	case string:
		kind, text = 2, []byte(v)
	case []byte:
		kind, text = 3, v
	}
	to.Write(append(binary.AppendUvarint([]byte{kind}, uint64(len(text))), text...))
}

// finish makes the copy the store: with its id, and as far as it was.
func finish(ctx context.Context, from, to *Whole) error {
	rows, err := query.Read(ctx, from.Pool, record.Scan(len(storeRow.Columns)), "SELECT "+storeRow.List()+" FROM store")
	if err != nil || len(rows) != 1 {
		return errors.Join(err, from.Pool.Unread(sql.ErrNoRows))
	}
	return to.Writer.Unsaved(to.Writer.Do(false, func(t *write.Tx) error {
		t.Reach(rows[0].Int(storeRow.Column("sequence")))
		return t.Exec("UPDATE store SET "+strings.Join(storeRow.Columns, " = ?, ")+" = ?, moving_from = NULL, moved_to = NULL", rows[0]...)
	}))
}
