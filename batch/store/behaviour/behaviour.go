// Package behaviour is what every store does, in whichever database it is, as tests.
package behaviour

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
)

// Store is a store with all that it can.
type Store interface {
	store.Store
	store.Losses
	store.Archiver
	store.Adopter
	Check(ctx context.Context) (store.Report, error)
}

// Place is where one store is; it opens it.
type Place func(ctx context.Context, readOnly bool) (Store, error)

// Test tests a driver: each test has a place of its own, without runs. histories are how many of a store are compared with
// its model, in a full run.
func Test(t *testing.T, histories int, newPlace func(t testing.TB) Place) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Place){
		"RowsAreToldApart":                     rowsAreToldApart,
		"ARunComesBack":                        aRunComesBack,
		"RunsOfAKeyGoOver":                     runsOfAKeyGoOver,
		"ARunIsReadAsItWasEntered":             aRunIsReadAsItWasEntered,
		"AReaderSeesWhatAWriterCommits":        aReaderSeesWhatAWriterCommits,
		"AnInputThatNeverComesIsNotWaitedFor":  anInputThatNeverComesIsNotWaitedFor,
		"AnInputThatChangedIsRefused":          anInputThatChangedIsRefused,
		"WhatIsUnprotectedStaysSo":             whatIsUnprotectedStaysSo,
		"AnyNumbersCanBeAskedFor":              anyNumbersCanBeAskedFor,
		"KeysOfOneAccountShareItsLock":         keysOfOneAccountShareItsLock,
		"ARunIsCarriedOutByOne":                aRunIsCarriedOutByOne,
		"TwoAccountsThatTurnOutToBeOne":        twoAccountsThatTurnOutToBeOne,
		"ThePageSizeIsKept":                    thePageSizeIsKept,
		"OneBadRecordDoesNotFailItsNeighbours": oneBadRecordDoesNotFailItsNeighbours,
		"NothingIsAppendedAfterClose":          nothingIsAppendedAfterClose,
		"ACancelledContextStopsNoRecord":       aCancelledContextStopsNoRecord,
	} {
		t.Run(name, func(t *testing.T) { test(t, newPlace(t)) })
	}
	t.Run("TheStoreIsAsItsModel", func(t *testing.T) { theStoreIsAsItsModel(t, histories, newPlace) })
}

const api = "https://api.example.com"

// Open opens a store until the end of the test.
func Open(t testing.TB, p Place) Store {
	t.Helper()
	return openAs(t, p, false)
}

func openAs(t testing.TB, p Place, readOnly bool) Store {
	t.Helper()
	s, err := p(t.Context(), readOnly)
	Must(t, err)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// Failing is a test, of Go or of rapid.
type Failing interface {
	Helper()
	Fatal(args ...any)
}

// Must ends a test that has failed.
func Must(t Failing, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Account is one of a key, held until the end of the test.
func Account(t testing.TB, s Store, key string) store.Account {
	t.Helper()
	a, err := s.Account(t.Context(), api, key)
	Must(t, err)
	lock, err := s.Lock(t.Context(), a, store.Myself("", "test"), 0)
	Must(t, err)
	t.Cleanup(lock.Release)
	return a
}

// NewRun enters a run of an account.
func NewRun(t testing.TB, s Store, a store.Account, name string) store.Run {
	t.Helper()
	run, err := s.NewRun(t.Context(), store.NewRun{Name: name, Job: "nightly", Account: a.ID, StartedAt: At(0), Identity: json.RawMessage(`{"v":1}`),
		Input: store.Input{File: "input.csv"}, Source: strings.NewReader("Number\n+12025550100\n")})
	Must(t, err)
	return run
}

// At is a moment, some seconds after the first.
func At(seconds int) time.Time {
	return time.Date(2026, 11, 23, 2, 0, seconds, 0, time.UTC)
}

// Number is a phone number.
func Number(n int) string { return fmt.Sprintf("+1202%07d", n) }

// Changes are a change of the message route.
func Changes(to string) []settings.Change {
	return []settings.Change{{Field: "MessageRouteId", Old: "MRID-a", New: to}}
}

// Sent appends an intent and its result.
func Sent(t testing.TB, s Store, run store.RunID, line int, status result.Status) {
	t.Helper()
	Must(t, s.Append(run, Intent(line)))
	Must(t, s.Append(run, Done(line, status)))
}

// Intent is one of a line.
func Intent(line int) *store.Intent {
	return &store.Intent{At: At(line), Line: line, Number: Number(line), Changes: Changes("MRID-b")}
}

// Done is a result of a line.
func Done(line int, status result.Status) *store.Result {
	return &store.Result{At: At(line + 1), Settings: "hash", Result: result.Result{Row: line - 1, Line: line, Number: Number(line), Status: status, Attempts: 1, HTTPStatus: 200, StartedAt: At(line)}}
}

// List reads all there is.
func List[T any](t Failing, all iter.Seq2[T, error]) []T {
	t.Helper()
	var items []T
	for item, err := range all {
		Must(t, err)
		items = append(items, item)
	}
	return items
}

// Texts are documents as text.
func Texts(docs [][]byte) (all []string) {
	for _, doc := range docs {
		all = append(all, string(doc))
	}
	return all
}
