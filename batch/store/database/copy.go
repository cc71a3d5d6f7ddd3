package database

import (
	"context"
	"fmt"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/batch/store/transfer"
)

// Moved is the error of a store that was copied elsewhere, or that is not copied here as a whole yet.
func Moved(place, movedTo, movingFrom string) error {
	switch {
	case movingFrom != "":
		return &store.RefusedError{Place: place, Why: "is not a whole copy yet", Cure: "`bulknum store copy` again goes on with it: until it has, neither store is used"}
	case movedTo != "":
		return &store.RefusedError{
			Place: place, Why: "was copied to " + movedTo + ", and is not used any more",
			Cure: lock.CureGoOn, Elsewhere: movedTo,
		}
	default:
		return nil
	}
}

// CopyTo copies all that the store has into another one that is empty, while nobody else uses either, and has the marks of a
// state folder tell of that one. tell hears how many rows of a table were copied.
func (d *Database) CopyTo(ctx context.Context, to *Database, state string, tell func(table string, rows int64)) error {
	d.WaitRemoved() // what is removed now would be missing only in one of the two
	now, err := d.Mark(ctx)
	if err != nil {
		return err
	}
	marks, err := lock.ReadMarks(state)
	if err == nil {
		err = now.Compare(marks)
	}
	if err != nil {
		return err
	}
	if err := transfer.Copy(ctx, &transfer.Whole{Pool: d.Pool, Writer: d.Writer}, &transfer.Whole{Pool: to.Pool, Writer: to.Writer}, tell); err != nil {
		return err
	}
	now.Place = to.Place()
	for path, was := range marks {
		if was.Store != now.Store {
			continue
		}
		if err := lock.WriteMark(path, now); err != nil {
			return fmt.Errorf("mark: %w", err)
		}
	}
	return nil
}
