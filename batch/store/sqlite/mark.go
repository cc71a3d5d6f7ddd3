package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/database"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
	"github.com/bulknum/bulknum/batch/store/sqlite/salvage"
)

// readMarks reads what the marks of the user say of all stores.
func (s *opening) readMarks() (err error) {
	if s.o.Sandbox || !s.checking {
		return nil
	}
	if s.marks, err = lock.ReadMarks(s.o.State); err != nil {
		return s.refused("cannot be compared with the marks of its accounts", "`bulknum store accept-restored` makes the marks anew", err)
	}
	return nil
}

// mayBegin refuses to make a store where there was one.
func (s *opening) mayBegin(ctx context.Context) error {
	is := "is missing"
	if !s.folder.Empty() {
		is = "has lost all that was in it"
	}
	if err := salvage.CheckAside(s.folder); err != nil {
		return err
	}
	for _, m := range s.marks {
		if m.Place == s.path {
			return s.refused(fmt.Sprintf("%s: it had %d records", is, m.Sequence), lock.CureAccept, nil)
		}
	}
	sandbox, err := sandboxRuns(ctx, s.o)
	if err != nil {
		return err
	}
	runs, err := s.folder.RunFolders(sandbox)
	if err != nil || len(runs) == 0 {
		return err
	}
	return s.refused(fmt.Sprintf("%s, and there are folders of runs here (%s): what those did is not known", is, store.FirstNames(runs)),
		"restore the database from a backup; move the folders elsewhere, if they are of an old bulknum; or "+salvage.CureAnew, nil)
}

// sandboxRuns are the names of the sandbox's runs in a folder.
func sandboxRuns(ctx context.Context, o Options) (map[string]bool, error) {
	o.Sandbox = true
	f, err := o.look()
	if err != nil || f.Empty() {
		return nil, err
	}
	db, err := disk.Connect(f.Path, disk.ForReading, "")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	names, err := query.RowsOf(ctx, db, query.One[string], "SELECT name FROM runs")
	if err != nil {
		return map[string]bool{}, nil // none that could be told apart
	}
	runs := map[string]bool{}
	for _, name := range names {
		runs[name] = true
	}
	return runs, nil
}

// Accepted is what AcceptRestored has done; see [database.Accepted].
type Accepted = database.Accepted

// AcceptRestored goes on with a store as it is, or begins a new one, whatever the
// marks say. Somebody may have done anything to any number before. The accounts, if
// some are given, have their runs in this store from then on, and in no other.
func AcceptRestored(ctx context.Context, o Options, accounts ...store.Account) (Accepted, error) {
	s, err := openWriting(ctx, o, accept)
	if err != nil {
		return Accepted{}, err
	}
	done, err := s.acceptRestored(ctx, accounts)
	if closed := s.Close(); err == nil {
		err = closed
	}
	return done, err
}

func (s *Store) acceptRestored(ctx context.Context, accounts []store.Account) (Accepted, error) {
	found := checking{Store: s}
	if err := found.file(ctx); err != nil {
		return Accepted{}, err
	}
	if len(found.r.Faults) > 0 { // it would be refused again and again
		return Accepted{}, s.refused("is damaged", CureDamaged, errors.New(found.r.Faults[0]))
	}
	marks, unread, err := allMarks(s.o)
	if err != nil {
		return Accepted{}, err
	}
	return s.Accept(ctx, marks, unread, accounts)
}

// allMarks are the marks of the user, and the paths of those that cannot be read.
func allMarks(o Options) (marks map[string]lock.Mark, unread []string, err error) {
	if o.Sandbox {
		return nil, nil, nil
	}
	return lock.AllMarks(o.State)
}

// CureDamaged is what helps where a store is damaged, and what that gives up.
const CureDamaged = "`bulknum store salvage NEW` brings the runs that are whole into a new store, and gives up the others; or restore the newest backup, and then `bulknum store accept-restored`, which gives up what was done since"
