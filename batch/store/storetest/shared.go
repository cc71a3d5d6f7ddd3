package storetest

import (
	"context"
	"math"
	"path"
	"sync"
	"testing"

	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// Variable is the environment variable that has the tests of the operations open their stores in PostgreSQL, whatever its value.
const Variable = "TEST_STORE"

// databases are those of runs folders, and the one that has the tables of a store.
var databases struct {
	mu    sync.Mutex
	of    map[string]string
	model string
}

// prepareShared starts the server, which would stop the time of a bubble that waits for its end.
func prepareShared(ctx context.Context) error {
	server, err := pgtest.Get()
	if err != nil {
		return err
	}
	made, err := server.Create(pgtest.Empty)
	if err != nil {
		return err
	}
	databases.of, databases.model = map[string]string{}, path.Base(made)
	_, _, err = postgres.Migrate(ctx, postgres.Options{Address: postgres.Address(made), Program: "bulknum test"})
	return err
}

// addressOf is where the store of a runs folder is.
func addressOf(t testing.TB, dir string) string {
	t.Helper()
	server := pgtest.Shared(t)
	databases.mu.Lock()
	defer databases.mu.Unlock()
	if databases.of[dir] == "" {
		databases.of[dir] = server.NewDatabase(t, databases.model)
	}
	return databases.of[dir]
}

// openShared opens the store in PostgreSQL. Its clock is not that of a test in virtual time.
func openShared(t testing.TB, dir string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), postgres.Options{Address: postgres.Address(addressOf(t, dir)), Program: "bulknum test", MaxSkew: math.MaxInt64})
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
