package storetest

import (
	"context"
	"os"
	"strings"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
)

// Prepare makes what all stores of a process share, for packing their contents.
// A package whose tests open stores inside testing/synctest bubbles calls it
// before all of them, in TestMain: what is made inside a bubble can be used in that
// one only.
func Prepare(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
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
