package sqlite_test

import (
	"context"
	"iter"
	"testing"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

const api = "https://api.example.com"

// inFolder are options of a store in a folder of its own.
func inFolder(t testing.TB) sqlite.Options {
	t.Helper()
	return sqlite.Options{Dir: t.TempDir(), State: t.TempDir(), Program: "test"}
}

// open opens a store until the end of the test.
func open(t testing.TB, o sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// place opens the store of a folder.
func place(o sqlite.Options) behaviour.Place {
	return func(ctx context.Context, readOnly bool) (behaviour.Store, error) {
		o := o
		o.ReadOnly = readOnly
		return sqlite.Open(ctx, o)
	}
}

func TestBehaviour(t *testing.T) {
	behaviour.Test(t, 100, func(t testing.TB) behaviour.Place { return place(inFolder(t)) })
}

func FuzzText(f *testing.F) { behaviour.FuzzText(f, place(inFolder(f))) }

// What the tests of every store have.
var (
	must   = behaviour.Must
	at     = behaviour.At
	number = behaviour.Number
	intent = behaviour.Intent
	done   = behaviour.Done
)

func account(t testing.TB, s *sqlite.Store, key string) store.Account {
	t.Helper()
	return behaviour.Account(t, s, key)
}

func newRun(t testing.TB, s *sqlite.Store, a store.Account, name string) store.Run {
	t.Helper()
	return behaviour.NewRun(t, s, a, name)
}

func sent(t testing.TB, s *sqlite.Store, run store.RunID, line int, status result.Status) {
	t.Helper()
	behaviour.Sent(t, s, run, line, status)
}

func texts(docs [][]byte) []string { return behaviour.Texts(docs) }

func list[T any](t behaviour.Failing, all iter.Seq2[T, error]) []T {
	t.Helper()
	return behaviour.List(t, all)
}
