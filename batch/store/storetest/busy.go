package storetest

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/bulknum/bulknum/batch/store/sqlite" // with the driver
)

// Occupy writes to the store of a runs folder, as another process does, until the returned function is called. It waits for
// whoever writes just then.
func Occupy(t testing.TB, runsDir string) (end func()) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(runsDir, sqlite.File)+"?_txlock=immediate&_pragma=busy_timeout(60000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	writing, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := writing.Rollback(); err != nil {
			t.Error(err)
		}
	}
}
