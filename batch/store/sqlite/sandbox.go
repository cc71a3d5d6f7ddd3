package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/batch/store/sqlite/lock"
)

// LockSandbox keeps everybody else from the sandbox of a runs folder, which is made if it is not there. A lock that is
// held is waited for; after that the error is a [store.LockedError].
func LockSandbox(ctx context.Context, dir string, me store.Holder, wait time.Duration) (store.Lock, error) {
	if err := disk.MakeFolder(dir); err != nil {
		return nil, err
	}
	if err := disk.CheckFolder(dir); err != nil {
		return nil, err
	}
	return lock.Key(ctx, filepath.Join(dir, disk.LocksDir), store.Account{Key: "sandbox"}, me, wait)
}

// RemoveSandbox removes the store of sandbox runs from a runs folder, if there is one. The caller has its lock.
func RemoveSandbox(ctx context.Context, dir string) error {
	use, ok, err := lock.Share(ctx, filepath.Join(dir, disk.LocksDir, SandboxFile+".use.lock"), true, 0)
	if err != nil {
		return err
	}
	if !ok {
		return &store.RefusedError{Place: filepath.Join(dir, SandboxFile), Why: "is in use", Cure: "wait until the commands there have ended"}
	}
	defer use.Release()
	for _, suffix := range []string{"-wal", "-shm", ""} {
		err := os.Remove(filepath.Join(dir, SandboxFile+suffix))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("sandbox: %w", err)
		}
	}
	return nil
}
