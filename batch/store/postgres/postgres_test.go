package postgres_test

import (
	"context"
	"path"
	"sync"
	"testing"

	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/pgtest"
)

// newStore are options of a new store, as one host has them.
func newStore(t testing.TB) postgres.Options {
	t.Helper()
	server := pgtest.Shared(t)
	model.once.Do(func() {
		address := server.NewDatabase(t, pgtest.Empty)
		model.database = path.Base(address)
		if _, done, err := postgres.Migrate(t.Context(), postgres.Options{Address: postgres.Address(address), Program: "test"}); err != nil || !done {
			t.Fatalf("migrate: %v, %v", done, err)
		}
	})
	return postgres.Options{Address: postgres.Address(server.NewDatabase(t, model.database)), State: t.TempDir(), Program: "test"}
}

// model is a database with the tables of a store: copying it is quicker than making them.
var model struct {
	once     sync.Once
	database string
}

// place opens a store.
func place(o postgres.Options) behaviour.Place {
	return func(ctx context.Context, readOnly bool) (behaviour.Store, error) {
		o := o
		o.ReadOnly = readOnly
		return postgres.Open(ctx, o)
	}
}

func TestBehaviour(t *testing.T) {
	behaviour.Test(t, 20, func(t testing.TB) behaviour.Place { return place(newStore(t)) })
}

func FuzzText(f *testing.F) { behaviour.FuzzText(f, place(newStore(f))) }
