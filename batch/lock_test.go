package batch_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/batch/store/storetest"
)

func wantLocked(t *testing.T, err error) {
	t.Helper()
	locked, ok := errors.AsType[*store.LockedError](err)
	if !ok || locked.Holder.PID != os.Getpid() {
		t.Errorf("got %v, want a lock of this process", err)
	}
}

// One account at one address has one lock, however the address is written; other
// accounts and addresses have others.
func TestAnAccountIsLocked(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "state", "bulknum")
	runsDir := t.TempDir()
	take := func(key, api string) (*batch.AccountLock, error) {
		of := storetest.OpenAs(t, sqlite.Options{Dir: runsDir, State: folder}) // as another process does
		account, err := of.Account(t.Context(), api, key)
		if err != nil {
			t.Fatal(err)
		}
		return batch.LockAccount(t.Context(), of, account, "bulknum apply", 0)
	}
	lock, err := take("DID-1", "https://api.example.com")
	if err != nil {
		t.Fatal(err)
	}
	for _, same := range []string{"https://api.example.com", "https://API.example.com/", "https://api.example.com/v1.0", "HTTPS://api.example.com:443/v1.0/", " https://api.example.com "} {
		_, err := take("DID-1", same)
		wantLocked(t, err)
	}
	for _, other := range [][2]string{{"DID-2", "https://api.example.com"}, {"DID-1", "https://api.example.com:8443"}, {"DID-1", "https://api.example.com/other"}} {
		another, err := take(other[0], other[1])
		if err != nil {
			t.Errorf("%v: %v", other, err)
		}
		another.Release()
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(folder, file.Name()))
		info, err2 := file.Info()
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(file.Name()+string(content), "DID-") || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s, %s: %s", file.Name(), info.Mode(), content)
		}
	}
	lock.Release()
	lock.Release()
	if lock, err = take("DID-1", "https://api.example.com"); err != nil {
		t.Fatal(err)
	}
	lock.Release()
}
