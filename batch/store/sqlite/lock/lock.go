// Package lock has the locks of accounts and runs, and the marks beside them that tell
// whether a store is older than what it has recorded.
package lock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite/disk"
)

// heldAccount is an account that this store holds: the locks of its key and, once
// it is known, of its name.
type heldAccount struct {
	uses  int
	locks []*fileLock
	names map[string]bool // which are locked, without folder and suffix
	marks []string
}

// Locked is the store whose locks they are.
type Locked struct {
	// Dir is the runs folder, "" where the store is in none; and State the user's folder of locks
	// and marks, "" is none.
	Dir, State string
	// Sandbox tells that it is the sandbox's: its accounts have no marks.
	Sandbox bool
	// ReadOnly tells that nothing is done to its accounts.
	ReadOnly bool
	// Now is the store as a mark would tell of it.
	Now func(context.Context) (Mark, error)
}

// Locks are those of accounts and runs that a store of this process holds, with
// the accounts' marks.
type Locks struct {
	of    Locked
	marks marks
	mu    sync.Mutex
	held  map[string]*heldAccount // by the name of the key's lock
}

// New are none yet.
func New(of Locked) *Locks { return &Locks{of: of, held: map[string]*heldAccount{}} }

// Advance writes into the marks of all accounts that are held how far the store is.
// deed tells that something was done to numbers.
func (l *Locks) Advance(sequence int64, deed bool) error { return l.marks.advance(sequence, deed) }

// Close lets all accounts go that are still held.
func (l *Locks) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, held := range l.held {
		delete(l.held, name)
		l.release(held)
	}
}

// release lets the marks and the locks of an account go.
func (l *Locks) release(held *heldAccount) {
	l.marks.drop(held.marks...)
	for _, lock := range held.locks {
		lock.release()
	}
}

// accountLock is one use of a held account.
type accountLock struct {
	s    *Locks
	key  string // in s.held
	once sync.Once
}

// Names are the names of an account's locks: of its key and, if it is known,
// of its name. They do not tell the account.
func Names(a store.Account) []string {
	api := store.PlainAPI(a.API)
	names := []string{hashed(a.Key + "\n" + api)}
	if a.Name != "" {
		names = append(names, hashed("account\n"+a.Name+"\n"+api))
	}
	return names
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "account-" + hex.EncodeToString(sum[:16])
}

// Account keeps everybody else from working with the account. Whoever holds its key
// may lock it again, once its name is known: then that is locked as well.
func (l *Locks) Account(ctx context.Context, a store.Account, me store.Holder, wait time.Duration) (store.Lock, error) {
	names := Names(a)
	l.mu.Lock()
	held := l.held[names[0]]
	if held == nil {
		held = &heldAccount{names: map[string]bool{}}
	} else {
		held.uses++ // nobody lets it go meanwhile
	}
	again := held.uses > 0
	var missing []string
	for _, name := range names {
		if !held.names[name] {
			missing = append(missing, name)
		}
	}
	l.mu.Unlock()
	lock := &accountLock{s: l, key: names[0]}
	locks, marked, err := l.takeAccount(ctx, a, missing, me, wait)
	if err != nil {
		if again {
			lock.Release()
		}
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !again {
		held.uses = 1
		l.held[names[0]] = held
	}
	held.locks, held.marks = append(held.locks, locks...), append(held.marks, marked...)
	for _, name := range missing {
		held.names[name] = true
	}
	return lock, nil
}

// takeAccount takes locks of an account, and holds their marks.
func (l *Locks) takeAccount(ctx context.Context, a store.Account, names []string, me store.Holder, wait time.Duration) (locks []*fileLock, marked []string, err error) {
	for _, folder := range l.lockFolders() {
		if err := os.MkdirAll(folder, disk.DirMode); err != nil {
			return nil, nil, fmt.Errorf("folder of locks: %w", err)
		}
		if err := disk.CheckFolder(folder); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range names {
		for _, folder := range l.lockFolders() {
			lock, taken := takeLock(ctx, filepath.Join(folder, name+".lock"), me, wait)
			if err = taken; err != nil {
				break
			}
			locks = append(locks, lock)
		}
		if err == nil && l.marked() {
			marked = append(marked, filepath.Join(l.of.State, name+markSuffix))
			err = l.holdMark(ctx, a, marked[len(marked)-1])
		}
		if err != nil {
			l.marks.drop(marked...)
			for _, lock := range locks {
				lock.release()
			}
			return nil, nil, err
		}
	}
	return locks, marked, nil
}

// lockFolders are where an account is locked: for this user's other stores, and
// for other users of this store.
func (l *Locks) lockFolders() []string {
	var folders []string
	if l.of.State != "" {
		folders = append(folders, l.of.State)
	}
	if l.of.Dir != "" {
		folders = append(folders, filepath.Join(l.of.Dir, disk.LocksDir))
	}
	return folders
}

// marked reports whether the store has marks.
func (l *Locks) marked() bool { return l.of.State != "" && !l.of.Sandbox && !l.of.ReadOnly }

// holdMark compares an account's mark with this store, and writes it from now on.
func (l *Locks) holdMark(ctx context.Context, a store.Account, path string) error {
	there, exists, err := l.compare(ctx, a, path)
	if err != nil {
		return err
	}
	mine, err := l.of.Now(ctx)
	if err != nil {
		return err
	}
	return l.marks.hold(path, mine, exists, exists && there.Place != mine.Place)
}

// compare reads an account's mark, if there is one, and refuses what it is against. Another process may go on meanwhile: its
// mark is read first, because it is never ahead of the store.
func (l *Locks) compare(ctx context.Context, a store.Account, path string) (there Mark, exists bool, err error) {
	there, unread := readMark(path)
	mine, err := l.of.Now(ctx)
	switch {
	case err != nil || errors.Is(unread, fs.ErrNotExist):
		return there, false, err
	case unread != nil:
		err = mine.refused("cannot be compared with the mark of its account", "`bulknum store accept-restored` makes the mark anew", unread)
	case there.Store != mine.Store:
		err = &store.RefusedError{
			Place: mine.Place, Why: fmt.Sprintf("is not the one of account %s: its runs are kept in %s", a, there.Place),
			Cure: CureGoOn, Elsewhere: there.Place,
		}
	case there.Sequence > mine.Sequence:
		err = mine.older(there)
	}
	return there, true, err
}

// Belongs refuses an account whose mark is against this store: another one has its runs, or this one is older than it was.
func (l *Locks) Belongs(ctx context.Context, a store.Account) error {
	if !l.marked() {
		return nil
	}
	for _, name := range Names(a) {
		if _, _, err := l.compare(ctx, a, filepath.Join(l.of.State, name+markSuffix)); err != nil {
			return err
		}
	}
	return nil
}

// Tell says to others who holds the account.
func (l *accountLock) Tell(me store.Holder) {
	for _, lock := range l.locks() {
		lock.tell(me)
	}
}

// Held is an error when one of the locks is not this process's own any more.
func (l *accountLock) Held() error {
	locks := l.locks()
	if len(locks) == 0 {
		return errors.New("the account is not locked any more")
	}
	for _, lock := range locks {
		if err := lock.held(); err != nil {
			return err
		}
	}
	return nil
}

func (l *accountLock) locks() []*fileLock {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	if held := l.s.held[l.key]; held != nil {
		return append([]*fileLock(nil), held.locks...)
	}
	return nil
}

// Release lets the account go, when nobody else of this store uses it.
func (l *accountLock) Release() {
	l.once.Do(func() {
		l.s.mu.Lock()
		defer l.s.mu.Unlock()
		held := l.s.held[l.key]
		if held == nil {
			return
		}
		if held.uses--; held.uses > 0 {
			return
		}
		delete(l.s.held, l.key)
		l.s.release(held)
	})
}

// runLock is the lock of one run.
type runLock struct{ file *fileLock }

func (l runLock) Tell(me store.Holder) { l.file.tell(me) }
func (l runLock) Held() error          { return l.file.held() }
func (l runLock) Release()             { l.file.release() }

// Run keeps everybody else from carrying out the run.
func (l *Locks) Run(ctx context.Context, run store.RunID, me store.Holder, wait time.Duration) (store.Lock, error) {
	if err := os.MkdirAll(filepath.Join(l.of.Dir, disk.LocksDir), disk.DirMode); err != nil {
		return nil, fmt.Errorf("folder of locks: %w", err)
	}
	lock, err := takeLock(ctx, l.runLockFile(run), me, wait)
	if err != nil {
		return nil, err
	}
	return runLock{lock}, nil
}

// Holder tells who carries out the run, if anybody does.
func (l *Locks) Holder(run store.RunID) (store.Holder, bool) { return holder(l.runLockFile(run)) }

func (l *Locks) runLockFile(run store.RunID) string {
	return filepath.Join(l.of.Dir, disk.LocksDir, l.kind()+"run-"+strconv.FormatInt(int64(run), 10)+".lock")
}

// kind tells apart the files of both databases of a folder.
func (l *Locks) kind() string {
	if l.of.Sandbox {
		return "sandbox-"
	}
	return ""
}

// Key locks an account's key without a store: nobody else who has the folder works with the account meanwhile.
func Key(ctx context.Context, state string, a store.Account, me store.Holder, wait time.Duration) (store.Lock, error) {
	if err := os.MkdirAll(state, disk.DirMode); err != nil {
		return nil, fmt.Errorf("folder of locks: %w", err)
	}
	if err := disk.CheckFolder(state); err != nil {
		return nil, err
	}
	lock, err := takeLock(ctx, filepath.Join(state, Names(a)[0]+".lock"), me, wait)
	if err != nil {
		return nil, err
	}
	return runLock{lock}, nil
}
