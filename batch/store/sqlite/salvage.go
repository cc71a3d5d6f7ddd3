package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/batch/store/sqlite/record"
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

// Salvage brings all runs of a damaged store that are whole into a new one, in a
// folder that is new or empty. Of the others it enters that they may have done
// anything. The damaged store is put aside, and stays as it is.
func Salvage(ctx context.Context, o Options, into string) (Salvaged, error) {
	f, err := o.look()
	if err == nil {
		into, err = filepath.Abs(into)
	}
	if err != nil {
		return Salvaged{}, err
	}
	if err := newFolder(into); err != nil {
		return Salvaged{}, err
	}
	release, err := alone(ctx, &f, o)
	if err != nil {
		return Salvaged{}, err
	}
	defer release()
	if err := newStore(o, &f).salvagedInto(&f); err != nil {
		return Salvaged{}, errors.Join(err, os.Remove(into))
	}
	v := &salvage{o: o, from: &f, at: time.Now().UTC().Truncate(time.Microsecond)}
	if err := v.into(ctx, into); err != nil {
		return Salvaged{}, errors.Join(err, emptied(into))
	}
	if err := v.putAside(); err != nil {
		return v.done, err
	}
	return v.done, nil
}

// newFolder makes a folder, unless there is an empty one.
func newFolder(dir string) error {
	if err := disk.MakeFolder(dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		err = &fs.PathError{Op: "salvage", Path: dir, Err: fs.ErrExist}
	}
	return err
}

// emptied removes what was made in a folder.
func emptied(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, entry.Name())))
	}
	return err
}

// alone keeps everybody else from a store, be it one that cannot be opened.
func alone(ctx context.Context, f *disk.Folder, o Options) (release func(), err error) {
	locks := filepath.Join(f.Dir, disk.LocksDir)
	if err := os.MkdirAll(locks, disk.DirMode); err != nil {
		return nil, fmt.Errorf("folder of locks: %w", err)
	}
	var held []*lock.FileShare
	release = func() {
		for _, l := range held {
			l.Release()
		}
	}
	for _, name := range []string{".open.lock", ".use.lock"} {
		l, ok, err := lock.Share(ctx, filepath.Join(locks, o.database()+name), true, migrateWait)
		if err == nil && !ok {
			err = &store.RefusedError{Place: f.Path, Why: "is in use", Cure: "wait until the runs there have ended"}
		}
		if err != nil {
			release()
			return nil, err
		}
		held = append(held, l)
	}
	return release, nil
}

// salvage is one that goes on.
type salvage struct {
	o    Options
	from *disk.Folder
	at   time.Time
	old  *scratch
	s    *Store // the new one
	done Salvaged

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

// into makes the new store.
func (v *salvage) into(ctx context.Context, dir string) (err error) {
	if v.old, err = copyDamaged(ctx, v.from.Path, dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.old.remove()) }()
	made := v.o
	made.Dir, made.ReadOnly = dir, false
	if v.s, err = openWriting(ctx, made, accept); err != nil {
		return err
	}
	v.done.Place, v.done.New = v.from.Path, v.s.path
	err = v.fill(ctx)
	err = errors.Join(err, v.s.Close())
	if err != nil {
		return err
	}
	for _, path := range v.done.Marks {
		if err := lock.WriteMark(path, lock.Mark{Sequence: v.reached, Store: v.s.id, Place: v.s.path}); err != nil {
			return fmt.Errorf("mark: %w", err)
		}
	}
	return nil
}

// fill brings over what is whole.
func (v *salvage) fill(ctx context.Context) error {
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
func (v *salvage) identify(ctx context.Context) (err error) {
	if v.marks, v.unread, err = lock.AllMarks(v.o.State); err != nil {
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
		if m.Store == v.oldID || m.Place == v.from.Path {
			v.done.Marks = append(v.done.Marks, path)
			ahead = max(ahead, m.Sequence)
		}
	}
	v.done.Marks = append(v.done.Marks, v.unread...)
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
func (v *salvage) highest(ctx context.Context, table string) (sequence int64) {
	if err := v.old.Checked.QueryRowContext(ctx, "SELECT coalesce(max(sequence), 0) FROM "+table).Scan(&sequence); err != nil {
		return 0
	}
	return sequence
}
