package storetest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

// Main runs the tests of a package. What all stores of a process share, the
// packing of their contents, is made before: what is made inside a
// testing/synctest bubble can be used in that one only.
func Main(m *testing.M) {
	if err := packOnce(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err) //nolint:forbidigo // there is no test yet that could tell it
		os.Exit(1)                   //nolint:forbidigo // as does every TestMain
	}
	os.Exit(m.Run()) //nolint:forbidigo // as does every TestMain
}

// packOnce packs something in a store, and unpacks it.
func packOnce(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	s, err := sqlite.Open(ctx, sqlite.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer func() {
		if closed := s.Close(); err == nil {
			err = closed
		}
	}()
	account, err := s.Account(ctx, "http://localhost", "DID-1")
	if err != nil {
		return err
	}
	run, err := s.NewRun(ctx, store.NewRun{Name: "first", Account: account.ID, Source: strings.NewReader("Number\n")})
	if err != nil {
		return err
	}
	return s.Input(ctx, run.ID, new(strings.Builder))
}
