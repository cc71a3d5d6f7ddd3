package batch

import (
	"context"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
)

// AccountLock keeps others from the same account, because they would spend the
// same quota and change the same numbers. Nil is no lock.
type AccountLock struct {
	lock    store.Lock
	command string
	wait    time.Duration
	named   bool // it is locked under the API's name for it too
	beside  bool // the account is another one's to lock
}

// LockAccount takes the lock of an account. A lock that is held is waited for;
// after that the error is a [store.LockedError]. command says to others what holds it.
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

// BesideAccount is for a command that only reads an account, which another one may have locked meanwhile: it waits for runs so
// long, and is refused where the account has its runs in another store.
func BesideAccount(ctx context.Context, of store.Store, account store.Account, command string, wait time.Duration) (*AccountLock, error) {
	l := &AccountLock{lock: unlocked{}, command: command, wait: wait, beside: true}
	return l, l.belongs(ctx, of, account)
}

// belongs refuses an account that has its runs in another store.
func (l *AccountLock) belongs(ctx context.Context, of store.Store, account store.Account) error {
	if marked, is := of.(store.Marked); is {
		return marked.Belongs(ctx, account)
	}
	return nil
}

// unlocked is the lock of what is not locked.
type unlocked struct{}

func (unlocked) Tell(store.Holder) {}
func (unlocked) Held() error       { return nil }
func (unlocked) Release()          {}

// renewal is that of the lock's fence; nil: it has none.
func renewal(l *AccountLock) func() error {
	if l == nil {
		return nil
	}
	f, fenced := l.lock.(store.Fence)
	if b, two := l.lock.(both); two {
		fenced = b.fenced()
	}
	if !fenced {
		return nil
	}
	return func() error {
		if err := f.Renew(); err != nil {
			return result.StopFor(result.StoppedByDisk, err)
		}
		return nil
	}
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

// claim opens a run for this process alone. It ends with the lock's Release.
func claim(ctx context.Context, cfg Config, name string) (*runs.Run, store.Lock, error) {
	is, err := cfg.Store.Run(ctx, name)
	if err != nil {
		return nil, nil, fmt.Errorf("run %s: %w", name, err)
	}
	lock, err := cfg.take(ctx, is)
	if err != nil {
		return nil, nil, err
	}
	run, err := cfg.runs().Open(ctx, name)
	if err != nil {
		lock.Release()
		return nil, nil, err
	}
	return run, lock, nil
}
