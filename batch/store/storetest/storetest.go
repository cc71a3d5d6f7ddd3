// Package storetest has stores for tests: a real one, one that takes no more, as
// when the disk is full or the process has died, and damaged ones.
package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

// Open opens the store of a runs folder, until the end of the test.
func Open(t testing.TB, dir string) *sqlite.Store {
	t.Helper()
	return OpenAs(t, sqlite.Options{Dir: dir, Program: "bulknum test"})
}

// OpenAs opens a store, until the end of the test.
func OpenAs(t testing.TB, o sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ErrFull is why a store takes no more.
var ErrFull = errors.New("no space left on device")

// Full takes some records, and then no more: nothing of the group in which one is
// too many, and nothing after it. What a crash leaves is the same, because nothing
// leaves that is not recorded.
type Full struct {
	store.Store
	// Left is how many records it still takes.
	Left int
	// Counts are the records that count; nil: all of them.
	Counts func(store.Record) bool

	mu sync.Mutex
}

// Append commits the records, or none of them.
func (f *Full) Append(run store.RunID, records ...store.Record) error {
	f.mu.Lock()
	for _, record := range records {
		if f.Left >= 0 && (f.Counts == nil || f.Counts(record)) {
			f.Left--
		}
	}
	full := f.Left < 0
	f.mu.Unlock()
	if full {
		return &store.BrokenError{Place: f.Place(), Err: ErrFull}
	}
	return f.Store.Append(run, records...)
}

// Step reports whether a record is a step of its run: a milestone, an intent or a
// result.
func Step(record store.Record) bool {
	switch record.(type) {
	case *store.Milestone, *store.Intent, *store.Result:
		return true
	default:
		return false
	}
}
