package database

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/batch/store/write"
)

// Accepted is what Accept has done.
type Accepted struct {
	Place string
	// Gap is when anything may have been done to any number of any account.
	Gap store.Gap
	// Marks are the marks that were made anew.
	Marks []string
}

// Accept goes on with the store as it is, whatever marks say, of which some cannot be read. The accounts have their runs in
// this store from then on, and in no other.
func (d *Database) Accept(ctx context.Context, marks map[string]lock.Mark, unread []string, accounts []store.Account) (Accepted, error) {
	done := Accepted{Place: d.Place()}
	accounts = slices.Clone(accounts)
	done.Gap = store.Gap{At: time.Now().UTC().Truncate(time.Microsecond), Why: "a restored or another copy of the store was accepted"}
	err := d.Writer.Do(false, func(t *write.Tx) error {
		for _, m := range marks {
			if m.Store == d.Identity {
				t.Reach(m.Sequence) // no number is used again
			}
		}
		for i, a := range accounts {
			entered, err := t.Account(a.API, a.Key)
			if err != nil {
				return err
			}
			accounts[i].ID, accounts[i].Name = entered.ID, cmp.Or(a.Name, entered.Name)
		}
		done.Gap.Sequence = t.Next()
		if err := t.Exec("UPDATE store SET moved_to = NULL"); err != nil {
			return err
		}
		return t.Exec("INSERT INTO gaps (sequence, at, why) VALUES (?, ?, ?)", int64(done.Gap.Sequence), record.Micros(done.Gap.At), done.Gap.Why)
	})
	if err != nil {
		return Accepted{}, d.Writer.Unsaved(err)
	}
	now, err := d.Mark(ctx)
	if err != nil {
		return Accepted{}, err
	}
	done.Marks = append(now.Ours(marks, accounts), unread...)
	for _, path := range done.Marks {
		if err := lock.WriteMark(path, now); err != nil {
			return Accepted{}, fmt.Errorf("mark: %w", err)
		}
	}
	return done, nil
}

// Mark is the store as a mark tells of it.
func (d *Database) Mark(ctx context.Context) (lock.Mark, error) {
	sequence, err := d.Pool.Sequence(ctx)
	return lock.Mark{Sequence: sequence, Store: d.Identity, Place: d.Place()}, err
}
