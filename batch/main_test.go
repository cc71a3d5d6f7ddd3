package batch_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/batch/store/storetest"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/testextent"
)

// storeVariable is the environment variable with where the tests have their stores: "postgres"; else each is in its
// runs folder.
const storeVariable = "TEST_STORE"

func TestMain(m *testing.M) {
	os.Exit(pgtest.Main(func() int {
		return testextent.InMemory(func() int {
			if err := prepare(context.Background()); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			return m.Run()
		})
	}))
}

// prepare makes what the stores of all tests share, outside of any bubble of synctest.
func prepare(ctx context.Context) error {
	if err := storetest.Prepare(ctx); err != nil || os.Getenv(storeVariable) != "postgres" {
		return err
	}
	return inPostgreSQL.prepare(ctx)
}

// databases are the stores in PostgreSQL: what a runs folder would have is in a database of its own.
type databases struct {
	server *pgtest.Server
	model  string // a database with the tables of a store

	mu sync.Mutex
	of map[string]string // the address, by the runs folder
}

// inPostgreSQL are those of all tests.
var inPostgreSQL databases

// prepare starts the server.
func (d *databases) prepare(ctx context.Context) (err error) {
	if d.server, err = pgtest.Get(); err != nil {
		return err
	}
	address, err := d.server.Create(pgtest.Empty)
	if err != nil {
		return err
	}
	d.model, d.of = path.Base(address), map[string]string{}
	_, _, err = postgres.Migrate(ctx, postgres.Options{Address: postgres.Address(address), Program: "test"})
	return err
}

// open opens the store of a runs folder, as a process of its own does. The clock of the server is no bubble's.
func (d *databases) open(t testing.TB, runsDir string) store.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), postgres.Options{
		Address: postgres.Address(d.address(t, runsDir)), State: runsDir + "-state", MaxSkew: math.MaxInt64,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &lockingStore{Store: s, accounts: map[store.AccountID]store.Account{}}
}

// lockingStore is a store in PostgreSQL that locks the accounts that were asked for with each run, as the commands do: it takes
// no intent of who has not locked the account.
type lockingStore struct {
	*postgres.Store

	mu       sync.Mutex
	accounts map[store.AccountID]store.Account
}

// Account finds an account.
func (l *lockingStore) Account(ctx context.Context, api, key string) (store.Account, error) {
	return l.asked(l.Store.Account(ctx, api, key))
}

// NameAccount remembers who the account is.
func (l *lockingStore) NameAccount(ctx context.Context, a store.Account, name string) (store.Account, error) {
	return l.asked(l.Store.NameAccount(ctx, a, name))
}

func (l *lockingStore) asked(a store.Account, err error) (store.Account, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.accounts[a.ID] = a
	}
	return a, err
}

// LockRun locks a run, and the accounts that the test has not locked itself.
func (l *lockingStore) LockRun(ctx context.Context, run store.RunID, me store.Holder, wait time.Duration) (store.Lock, error) {
	lock, err := l.Store.LockRun(ctx, run, me, wait)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.accounts {
		account, err := l.Lock(ctx, a, me, 0)
		if _, held := errors.AsType[*store.LockedError](err); held {
			continue
		}
		if err != nil {
			lock.Release()
			return nil, err
		}
		lock = store.Both{lock, account}
	}
	return lock, nil
}

func (d *databases) address(t testing.TB, runsDir string) string {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if address, there := d.of[runsDir]; there {
		return address
	}
	address := d.server.NewDatabase(t, d.model)
	d.of[runsDir] = address
	t.Cleanup(func() { d.server.Drop(t, address) })
	return address
}

// openStore opens the store of a runs folder, until the end of the test.
func openStore(t testing.TB, runsDir string) store.Store {
	t.Helper()
	if inPostgreSQL.server != nil {
		return inPostgreSQL.open(t, runsDir)
	}
	return storetest.Open(t, runsDir)
}

// keepStore keeps the store of a runs folder until the end of a test that has several bubbles.
func keepStore(t testing.TB, runsDir string) {
	t.Helper()
	if inPostgreSQL.server != nil {
		inPostgreSQL.address(t, runsDir)
	}
}

// ofSQLite skips a test of what only a store in the runs folder has.
func ofSQLite(t testing.TB) {
	t.Helper()
	if inPostgreSQL.server != nil {
		t.Skip("it is of a store in the runs folder")
	}
}
