package batch

import (
	"context"
	"time"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/store"
)

// LockedError refuses to begin while somebody else works with the same account,
// or on the same run. It names the holder.
type LockedError = store.LockedError

// Holder is who holds a lock.
type Holder = store.Holder

// AccountLock keeps others from the same account, because they would spend the
// same quota and change the same numbers. Nil is no lock, as for a sandbox.
type AccountLock struct {
	lock    store.Lock
	command string
	wait    time.Duration
	named   bool // it is locked under the API's name for it too
}

// LockAccount takes the lock of an account. A lock that is held is waited for;
// after that the error is a [LockedError]. command says to others what holds it.
func LockAccount(ctx context.Context, of store.Store, account store.Account, command string, wait time.Duration) (*AccountLock, error) {
	lock, err := of.Lock(ctx, account, store.Myself("", command), wait)
	held := HoldAccount(lock, command, wait)
	if held != nil {
		held.named = account.Name != ""
	}
	return held, err
}

// HoldAccount is a lock of an account that was taken; nil if it was not.
func HoldAccount(lock store.Lock, command string, wait time.Duration) *AccountLock {
	if lock == nil {
		return nil
	}
	return &AccountLock{lock: lock, command: command, wait: wait}
}

// Release lets the account go. Releasing it again is harmless.
func (l *AccountLock) Release() {
	if l != nil {
		l.lock.Release()
	}
}

// take locks a run, for the command that has the account and as patiently, and
// says at the account's lock which run that is. The control ends the wait.
func (cfg Config) take(ctx context.Context, run store.Run) (store.Lock, error) {
	if cfg.Control != nil {
		var done context.CancelCauseFunc
		ctx, done = cfg.Control.Until(ctx)
		defer done(nil)
	}
	path := folder.At(cfg.RunsDir, run.Name).Path()
	if cfg.Lock == nil {
		return cfg.Store.LockRun(ctx, run.ID, store.Myself(path, ""), 0)
	}
	me := store.Myself(path, cfg.Lock.command)
	lock, err := cfg.Store.LockRun(ctx, run.ID, me, cfg.Lock.wait)
	if err == nil {
		cfg.Lock.lock.Tell(me)
	}
	return lock, err
}
