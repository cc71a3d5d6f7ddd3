package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
)

// LockKey locks an account's key without a store, for commands that only read:
// nobody else of the same state folder works with the account meanwhile.
func LockKey(ctx context.Context, state string, a store.Account, me store.Holder, wait time.Duration) (store.Lock, error) {
	if err := os.MkdirAll(state, disk.DirMode); err != nil {
		return nil, fmt.Errorf("folder of locks: %w", err)
	}
	lock, err := takeLock(ctx, filepath.Join(state, lockNames(a)[0]+".lock"), me, wait)
	if err != nil {
		return nil, err
	}
	return runLock{lock}, nil
}
