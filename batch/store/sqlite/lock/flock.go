package lock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
	"github.com/bulknum/bulknum/internal/safefile"
)

// noSignal only asks whether a process could be sent one (kill(2)).
const noSignal = syscall.Signal(0)

// fileLock is a lock of the kernel on a file, which ends with the process that
// holds it, however that ends. The file itself stays. Beside it, in a file with
// [holderSuffix], the holder says who it is; that text is believed only while
// the lock is held.
type fileLock struct{ file *flock.Flock }

// holderSuffix is added to a lock's name. The text is not in the lock's own file
// because Windows lets nobody read what is locked.
const holderSuffix = ".json"

const (
	// retryEvery is how often a lock that is waited for is tried.
	retryEvery = 250 * time.Millisecond
	// A lock whose holder has not said who it is may be about to, or may only be
	// looked at: so often, and with this pause between, it is tried anyway.
	namelessTries = 10
	namelessPause = 20 * time.Millisecond
)

// takeLock takes the lock of a file, in a folder that exists. One that is held
// is waited for; after that the error is a [store.LockedError].
func takeLock(ctx context.Context, path string, me store.Holder, wait time.Duration) (*fileLock, error) {
	l := &fileLock{file: flock.New(path, flock.SetFlag(safefile.OwnFlags(os.O_CREATE|os.O_RDONLY)), flock.SetPermissions(disk.FileMode))}
	deadline := time.Now().Add(wait)
	for nameless := 0; ; {
		ok, err := l.try()
		if err != nil {
			return nil, fmt.Errorf("lock: %w", err)
		}
		if ok {
			l.tell(me)
			return l, nil
		}
		holder, pause := holderOf(path), retryEvery
		if holder.PID == 0 && nameless < namelessTries {
			nameless++
			pause = namelessPause
		} else if pause = min(pause, time.Until(deadline)); pause <= 0 {
			return nil, &store.LockedError{Path: path, Holder: holder}
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// try takes the lock if it is free. A file that was removed meanwhile, by itself
// or with its folder, is not the one that others will lock: it does not count.
func (l *fileLock) try() (bool, error) {
	ok, err := l.file.TryLock()
	if !ok || err != nil {
		return false, err
	}
	if l.held() == nil {
		return true, nil
	}
	return false, l.file.Unlock()
}

// held is an error when the path has another file than the one that is locked.
func (l *fileLock) held() error {
	mine, err := l.file.Stat()
	if err != nil {
		return fmt.Errorf("the lock %s: %w", l.file.Path(), err)
	}
	now, err := os.Lstat(l.file.Path())
	if err != nil {
		return fmt.Errorf("the lock %s is gone: %w", l.file.Path(), err)
	}
	if !os.SameFile(mine, now) {
		return fmt.Errorf("the lock %s was replaced by somebody", l.file.Path())
	}
	return nil
}

// tell says beside the lock who holds it. It is a courtesy: that it cannot be
// written is no reason to stop.
func (l *fileLock) tell(me store.Holder) {
	if text, err := json.Marshal(me); err == nil {
		_ = safefile.WriteOwn(l.file.Path()+holderSuffix, append(text, '\n')) //nolint:forbidigo // beside a lock
	}
}

// release lets the lock go. Releasing it again, or none, is harmless.
func (l *fileLock) release() {
	if l == nil || !l.file.Locked() {
		return
	}
	_ = os.Remove(l.file.Path() + holderSuffix) // what is left is not believed
	_ = l.file.Unlock()                         // or the end of the process does it
}

// holder returns who holds the lock of a file, if anybody does. It takes nothing
// away from those who want the lock. A lock that cannot be looked at counts as
// free.
func holder(path string) (store.Holder, bool) {
	probe := flock.New(path, flock.SetFlag(safefile.OwnFlags(os.O_RDONLY)))
	if free, err := probe.TryRLock(); free || err != nil {
		_ = probe.Unlock()
		return store.Holder{}, false
	}
	return holderOf(path), true
}

// holderOf is who says to hold a lock. What a process of this host left behind
// that is no more is not believed.
func holderOf(path string) store.Holder {
	text, err := safefile.ReadOwn(path+holderSuffix, safefile.SmallFile) //nolint:forbidigo // beside a lock
	if err != nil {
		return store.Holder{}
	}
	var h store.Holder
	if err := json.Unmarshal(text, &h); err != nil {
		return store.Holder{} // it is being written
	}
	if host, err := os.Hostname(); err == nil && host == h.Host && !alive(h.PID) {
		return store.Holder{}
	}
	return h
}

// alive reports whether a process of this host is still there, as far as can be
// seen.
func alive(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = process.Release() }()
	return !errors.Is(process.Signal(noSignal), os.ErrProcessDone)
}

// FileShare is a lock that many may hold together, or one alone.
type FileShare struct{ file *flock.Flock }

// shareEvery is how often a lock that is not free is tried.
const shareEvery = 20 * time.Millisecond

// Share takes a file's lock together with others, or alone. One that is not free
// within the time is no error: ok is false then.
func Share(ctx context.Context, path string, alone bool, wait time.Duration) (l *FileShare, ok bool, err error) {
	file := flock.New(path, flock.SetFlag(safefile.OwnFlags(os.O_CREATE|os.O_RDONLY)), flock.SetPermissions(disk.FileMode))
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
			return &FileShare{file}, true, nil
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

// Release lets the lock go; releasing none is harmless.
func (l *FileShare) Release() {
	if l != nil {
		_ = l.file.Unlock() // or the end of the process does it
	}
}
