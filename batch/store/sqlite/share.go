package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/gofrs/flock"

	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
)

// fileShare is a lock that many may hold together, or one alone.
type fileShare struct{ file *flock.Flock }

// shareEvery is how often a lock that is not free is tried.
const shareEvery = 20 * time.Millisecond

// share takes a file's lock together with others, or alone. One that is not free
// within the time is no error: ok is false then.
func share(ctx context.Context, path string, alone bool, wait time.Duration) (l *fileShare, ok bool, err error) {
	file := flock.New(path, flock.SetPermissions(disk.FileMode))
	try := file.TryRLock
	if alone {
		try = file.TryLock
	}
	for deadline := time.Now().Add(wait); ; {
		ok, err := try()
		if err != nil {
			return nil, false, fmt.Errorf("lock: %w", err)
		}
		if ok {
			return &fileShare{file}, true, nil
		}
		if time.Until(deadline) <= 0 {
			return nil, false, nil
		}
		select {
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		case <-time.After(shareEvery):
		}
	}
}

// release lets the lock go; releasing none is harmless.
func (l *fileShare) release() {
	if l != nil {
		_ = l.file.Unlock() // or the end of the process does it
	}
}
