package batch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/rundir"
)

// LockedError refuses to begin while somebody else works with the same account,
// or in the same run's folder. It names the holder.
type LockedError = rundir.LockedError

// Holder is who holds a lock.
type Holder = rundir.Holder

// AccountLock keeps others of this user and host from the same account at the
// same address, because they would spend the same quota. Nil is no lock, as for
// a sandbox.
type AccountLock struct {
	lock    *rundir.Lock
	command string
	wait    time.Duration
}

// LockAccount takes the lock of an account at an address. Its file is in the
// folder, which is made if need be, under a name that does not tell the account.
// A lock that is held is waited for; after that the error is a [LockedError].
// command says to others what holds it.
func LockAccount(ctx context.Context, folder, account, api, command string, wait time.Duration) (*AccountLock, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("folder of locks: %w", err)
	}
	path := filepath.Join(folder, accountFile(account, api))
	lock, err := rundir.TakeLock(ctx, path, rundir.Myself("", command), wait)
	if err != nil {
		return nil, err
	}
	return &AccountLock{lock: lock, command: command, wait: wait}, nil
}

// Release lets the account go. Releasing it again is harmless.
func (l *AccountLock) Release() {
	if l != nil {
		l.lock.Release()
	}
}

// take locks a run's folder, for the command that has the account and as
// patiently, and says at the account's lock which run that is. The control ends
// the wait.
func (cfg Config) take(ctx context.Context, dir *rundir.Dir) error {
	if cfg.Control != nil {
		var done context.CancelCauseFunc
		ctx, done = cfg.Control.until(ctx)
		defer done(nil)
	}
	if cfg.Lock == nil {
		return dir.Lock(ctx, rundir.Myself(dir.Path(), ""), 0)
	}
	me := rundir.Myself(dir.Path(), cfg.Lock.command)
	if err := dir.Lock(ctx, me, cfg.Lock.wait); err != nil {
		return err
	}
	cfg.Lock.lock.Tell(me)
	return nil
}

// accountFile names the lock of an account at an address.
func accountFile(account, api string) string {
	sum := sha256.Sum256([]byte(account + "\n" + plainAddress(api)))
	return "account-" + hex.EncodeToString(sum[:16]) + ".lock"
}

// plainAddress is the one spelling of an address for all that reach the same:
// an upper case host, the usual port, and the /v1.0 that may be left out.
func plainAddress(api string) string {
	u, err := url.Parse(strings.TrimSpace(api))
	if err != nil {
		return api // such an address reaches nothing
	}
	host := strings.ToLower(u.Host)
	if u.Scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	}
	path := strings.TrimRight(strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/v1.0"), "/")
	return strings.ToLower(u.Scheme) + "://" + host + path
}
