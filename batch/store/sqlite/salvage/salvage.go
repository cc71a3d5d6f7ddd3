// Package salvage has the reading of what a damaged database still tells, from a copy of it, and
// fills a new store with what is whole. What is lost is entered as such.
package salvage

import (
	"context"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/batch/store/write"
)

// Salvaged is what a salvage has done.
type Salvaged struct {
	// Place is the damaged store's, New the new one's, and Aside where the damaged
	// one is by now; "": there was no file.
	Place, New, Aside string
	// Brought are the names of the runs that the new store has.
	Brought []string
	// Lost are those that it has not.
	Lost []store.LostRun
	// Gaps are when anything may have been done to numbers.
	Gaps []store.Gap
	// Marks are the marks that name the new store now.
	Marks []string
}

// Job is a salvage that goes on.
type Job struct {
	// from is the damaged store's folder, and state the user's folder of marks.
	From  *disk.Folder
	State string
	At    time.Time
	// sandbox are the names of the sandbox's runs.
	Sandbox map[string]bool
	old     *scratch
	s       NewStore
	Done    Salvaged

	oldID    string
	sequence int64 // the last that the damaged store tells of
	reached  int64 // the last that was given, as far as is known
	marks    map[string]lock.Mark
	unread   []string // marks
	accounts map[int64]store.Account
	inputs   map[int64]error // by number: what is wrong with each
	// everyone says why anything may have been done to all accounts' numbers.
	everyone []string
}

// NewStore is a store that is filled.
type NewStore struct {
	Dir, ID string
	Pool    *query.Pool
	Writer  *write.Writer
}

// CopyOld copies the damaged database into a folder, to be looked into.
func (v *Job) CopyOld(ctx context.Context, dir string, model Model) (err error) {
	v.old, err = copyDamaged(ctx, v.From.Path, dir, model)
	return err
}

// RemoveOld removes the copy of the damaged database.
func (v *Job) RemoveOld() error { return v.old.remove() }

// WriteMarks makes the marks name the new store.
func (v *Job) WriteMarks() error {
	for _, path := range v.Done.Marks {
		if err := lock.WriteMark(path, lock.Mark{Sequence: v.reached, Store: v.s.ID, Place: v.s.Pool.Place}); err != nil {
			return fmt.Errorf("mark: %w", err)
		}
	}
	return nil
}

// Fill brings over what is whole into a new store.
func (v *Job) Fill(ctx context.Context, into NewStore) error {
	v.s = into
	v.Done.Place, v.Done.New = v.From.Path, into.Pool.Place
	for _, step := range []func(context.Context) error{v.identify, v.takeAccounts, v.takeGaps, v.takeRemoved, v.takeRuns, v.takeFolders, v.conclude} {
		if err := step(ctx); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// identify finds which store it was, and how far it came.
func (v *Job) identify(ctx context.Context) (err error) {
	if v.marks, v.unread, err = lock.AllMarks(v.State); err != nil {
		return err
	}
	row := v.old.Checked.QueryRowContext(ctx, "SELECT id, sequence FROM store")
	if err := row.Scan(&v.oldID, &v.sequence); err != nil {
		v.everyone = append(v.everyone, "how far it came cannot be read")
		_ = v.old.Plain.QueryRowContext(ctx, "SELECT id FROM store").Scan(&v.oldID) // "" if it cannot be told
	}
	v.reached = v.sequence
	for _, t := range record.Tables {
		if t.Columns[0] == "sequence" {
			v.reached = max(v.reached, v.highest(ctx, t.Name))
		}
	}
	v.reached = max(v.reached, v.highest(ctx, "gaps"), v.highest(ctx, "runs"))
	ahead := int64(0)
	for path, m := range v.marks {
		if m.Store == v.oldID || m.Place == v.From.Path {
			v.Done.Marks = append(v.Done.Marks, path)
			ahead = max(ahead, m.Sequence)
		}
	}
	v.Done.Marks = append(v.Done.Marks, v.unread...)
	if ahead > v.sequence && v.sequence > 0 {
		v.everyone = append(v.everyone, fmt.Sprintf("its last %d records are missing", ahead-v.sequence))
	}
	if len(v.unread) > 0 {
		v.everyone = append(v.everyone, "a mark of it cannot be read")
	}
	v.reached = max(v.reached, ahead)
	return nil
}

// highest is the last sequence in a table, as far as it can be read. It is only
// a bound: what stands in a damaged page may be anything.
func (v *Job) highest(ctx context.Context, table string) (sequence int64) {
	if err := v.old.Checked.QueryRowContext(ctx, "SELECT coalesce(max(sequence), 0) FROM "+table).Scan(&sequence); err != nil {
		return 0
	}
	return sequence
}
