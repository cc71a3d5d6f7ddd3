package postgres_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/batch/store/database"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// Every table of a store is copied, but those of what goes on now.
func TestAllTablesAreCopied(t *testing.T) {
	o := newStore(t)
	var copied []string
	for _, table := range record.All {
		copied = append(copied, table.Name)
	}
	slices.Sort(copied)
	tables := strings.Split(pgtest.Shared(t).Execute(t, string(o.Address), `SELECT table_name FROM information_schema.tables
		WHERE table_schema = 'bulknum' AND table_name NOT IN ('goose_db_version', 'store', 'holders', 'commands', 'servers', 'writers', 'quotas') ORDER BY table_name COLLATE "C"`), "\n")
	if d := cmp.Diff(tables, copied); d != "" {
		t.Error(d)
	}
}

// content is what a store has, as far as it is compared.
func content(t *testing.T, s store.Store) (all []any) {
	t.Helper()
	runs, err := s.Runs(t.Context(), store.RunFilter{})
	behaviour.Must(t, err)
	for _, r := range runs {
		steps, err := s.Milestones(t.Context(), r.ID)
		behaviour.Must(t, err)
		var input strings.Builder
		behaviour.Must(t, s.Input(t.Context(), r.ID, &input))
		all = append(all, r, steps, input.String(), behaviour.List(t, s.Outcomes(t.Context(), r.ID)), behaviour.List(t, s.Readings(t.Context(), r.ID, nil)),
			behaviour.List(t, s.Writes(t.Context(), store.WriteFilter{Run: r.ID})), behaviour.List(t, s.Requests(t.Context(), r.ID)))
	}
	return append(all, s.ID())
}

// copyBetween copies one store into another one, or as far as a table.
func copyBetween(t *testing.T, from, to *database.Database, state, until string) error {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	return from.CopyTo(ctx, to, state, func(table string, _ int64) {
		if table == until {
			stop()
		}
	})
}

// A store is copied from a folder into a database, and back: with its id, its order and all that it has. The one that was
// copied is refused from then on, as is one that is not copied as a whole yet; an interrupted copy goes on.
func TestCopy(t *testing.T) {
	o := newStore(t)
	folder := sqlite.Options{Dir: t.TempDir(), State: o.State}
	openFolder := func() (*sqlite.Store, error) { return sqlite.Open(t.Context(), folder) }
	s, err := openFolder()
	behaviour.Must(t, err)
	a, err := s.Account(t.Context(), "https://api.example.com", "key")
	behaviour.Must(t, err)
	lock, err := s.Lock(t.Context(), a, store.Myself("", ""), 0)
	behaviour.Must(t, err)
	behaviour.NewRun(t, s, a, "gone")
	for _, name := range []string{"one", "two"} {
		run := behaviour.NewRun(t, s, a, name)
		for line := 2; line < 500; line++ {
			behaviour.Must(t, s.Append(run.ID, behaviour.Intent(line)))
		}
		behaviour.Must(t, s.Append(run.ID, behaviour.Done(2, result.Updated), &store.Milestone{Kind: store.Began, At: time.Now()},
			&store.Readings{Readings: []store.Reading{{At: time.Now(), Number: "+18015550100"}}}, &store.Requests{Requests: []store.Request{{At: time.Now(), Doc: []byte("{}")}}}))
	}
	last := behaviour.NewRun(t, s, a, "last")
	behaviour.Must(t, s.Delete(t.Context(), last.ID))
	lock.Release()
	want := content(t, s)
	behaviour.Must(t, s.Close())

	both := func(back bool) (*sqlite.Store, *postgres.Store) {
		t.Helper()
		there, err := postgres.OpenForCopy(t.Context(), o)
		behaviour.Must(t, err)
		if _, err := postgres.OpenForCopy(t.Context(), o); err == nil {
			t.Error("two copy at a time")
		}
		here, err := sqlite.OpenForCopy(t.Context(), folder, back)
		behaviour.Must(t, err)
		return here, there
	}
	here, there := both(false)
	if err := copyBetween(t, here.Database, there.Database, o.State, "intents"); !errors.Is(err, context.Canceled) {
		t.Errorf("it was not interrupted: %v", err)
	}
	behaviour.Must(t, errors.Join(here.Close(), there.Close()))
	_, err = postgres.Open(t.Context(), o)
	if why := refused(t, err); why.Why != "is not a whole copy yet" {
		t.Errorf("got %v", err)
	}
	here, there = both(false)
	behaviour.Must(t, copyBetween(t, here.Database, there.Database, o.State, ""))
	behaviour.Must(t, errors.Join(here.Close(), there.Close()))
	_, err = openFolder()
	if why := refused(t, err); !strings.Contains(why.Why, "was copied to postgres://") || !strings.HasPrefix(why.Elsewhere, "postgres://") {
		t.Errorf("got %v", err)
	}
	shared := open(t, o)
	if d := cmp.Diff(want, content(t, shared)); d != "" {
		t.Errorf("in the database: %s", d)
	}
	_, lock, err = lockAccount(t, shared, "bulknum apply") // its mark is that of this store now
	behaviour.Must(t, err)
	next := behaviour.NewRun(t, shared, a, "next")
	if next.ID <= last.ID {
		t.Errorf("the run's number %d was another's, as of %d", next.ID, last.ID)
	}
	behaviour.Must(t, shared.Append(next.ID, behaviour.Intent(2)))
	lock.Release()
	want = content(t, shared)
	behaviour.Must(t, shared.Close())

	here, there = both(true) // in the place of what was copied
	if err := copyBetween(t, there.Database, here.Database, o.State, "runs"); !errors.Is(err, context.Canceled) {
		t.Errorf("it was not interrupted: %v", err)
	}
	behaviour.Must(t, errors.Join(here.Close(), there.Close()))
	here, there = both(true)
	behaviour.Must(t, copyBetween(t, there.Database, here.Database, o.State, ""))
	behaviour.Must(t, errors.Join(here.Close(), there.Close()))
	if aside, err := filepath.Glob(filepath.Join(folder.Dir, "bulknum.db.moved-*")); err != nil || len(aside) != 1 {
		t.Errorf("%v, %v", aside, err)
	}
	_, err = postgres.Open(t.Context(), o)
	if why := refused(t, err); !strings.Contains(why.Why, "was copied to "+folder.Dir) {
		t.Errorf("got %v", err)
	}
	s, err = openFolder()
	behaviour.Must(t, err)
	defer s.Close()
	if d := cmp.Diff(want, content(t, s)); d != "" {
		t.Errorf("back in the folder: %s", d)
	}
	if report, err := s.Check(t.Context()); err != nil || len(report.Faults) > 0 {
		t.Errorf("%v, %v", report.Faults, err)
	}
}

// A store is not copied over another one.
func TestCopyOverAnotherStore(t *testing.T) {
	o := newStore(t)
	s, _, lock := running(t, o)
	folder := sqlite.Options{Dir: t.TempDir()}
	full, err := sqlite.OpenForCopy(t.Context(), folder, true)
	behaviour.Must(t, err)
	defer full.Close()
	if _, err := postgres.OpenForCopy(t.Context(), o); err == nil {
		t.Error("a store that is in use is copied")
	}
	lock.Release()
	behaviour.Must(t, s.Close())
	there, err := postgres.OpenForCopy(t.Context(), o)
	behaviour.Must(t, err)
	defer there.Close()
	if why := refused(t, copyBetween(t, full.Database, there.Database, "", "")); !strings.Contains(why.Why, "has runs") {
		t.Errorf("got %v", why)
	}
	if _, err := sqlite.OpenForCopy(t.Context(), sqlite.Options{Dir: t.TempDir()}, false); err == nil {
		t.Error("a folder without a store is copied")
	}
}
