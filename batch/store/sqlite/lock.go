package sqlite

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

// accountLock is one use of a held account.
type accountLock struct {
	s    *Store
	key  string // in s.held
	once sync.Once
}

// lockNames are the names of an account's locks: of its key and, if it is known,
// of its name. They do not tell the account.
func lockNames(a store.Account) []string {
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

// Lock keeps everybody else from working with the account. Whoever holds its key
// may lock it again, once its name is known: then that is locked as well.
func (s *Store) Lock(ctx context.Context, a store.Account, me store.Holder, wait time.Duration) (store.Lock, error) {
	names := lockNames(a)
	s.mu.Lock()
	held := s.held[names[0]]
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
	s.mu.Unlock()
	lock := &accountLock{s: s, key: names[0]}
	locks, marked, err := s.takeAccount(ctx, a, missing, me, wait)
	if err != nil {
		if again {
			lock.Release()
		}
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !again {
		held.uses = 1
		s.held[names[0]] = held
	}
	held.locks, held.marks = append(held.locks, locks...), append(held.marks, marked...)
	for _, name := range missing {
		held.names[name] = true
	}
	return lock, nil
}

// takeAccount takes locks of an account, and holds their marks.
func (s *Store) takeAccount(ctx context.Context, a store.Account, names []string, me store.Holder, wait time.Duration) (locks []*fileLock, marked []string, err error) {
	for _, folder := range s.lockFolders() {
		if err := os.MkdirAll(folder, disk.DirMode); err != nil {
			return nil, nil, fmt.Errorf("folder of locks: %w", err)
		}
	}
	for _, name := range names {
		for _, folder := range s.lockFolders() {
			lock, taken := takeLock(ctx, filepath.Join(folder, name+".lock"), me, wait)
			if err = taken; err != nil {
				break
			}
			locks = append(locks, lock)
		}
		if err == nil && s.marked() {
			marked = append(marked, filepath.Join(s.o.State, name+markSuffix))
			err = s.holdMark(ctx, a, marked[len(marked)-1])
		}
		if err != nil {
			s.marks.drop(marked...)
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
func (s *Store) lockFolders() []string {
	inDir := filepath.Join(s.dir, disk.LocksDir)
	if s.o.State == "" {
		return []string{inDir}
	}
	return []string{s.o.State, inDir}
}

// marked reports whether the store has marks.
func (s *Store) marked() bool { return s.o.State != "" && !s.o.Sandbox && !s.o.ReadOnly }

// holdMark compares an account's mark with this store, and writes it from now on.
func (s *Store) holdMark(ctx context.Context, a store.Account, path string) error {
	sequence, err := s.sequence(ctx)
	if err != nil {
		return err
	}
	mine := mark{Sequence: sequence, Store: s.id, Place: s.path}
	there, err := readMark(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.marks.hold(path, mine, false, false)
	case err != nil:
		return s.refused("cannot be compared with the mark of its account", "`bulknum store accept-restored` makes the mark anew", err)
	case there.Store != s.id:
		return s.refused(fmt.Sprintf("is not the one of account %s: its runs are kept in %s", a, there.Place),
			fmt.Sprintf("give --runs-dir %s; or `bulknum store accept-restored` to go on here, which gives up what that store knows", filepath.Dir(there.Place)), nil)
	case there.Sequence > sequence:
		return s.older(there, sequence)
	}
	return s.marks.hold(path, mine, true, there.Place != s.path)
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
		l.s.marks.drop(held.marks...)
		for _, lock := range held.locks {
			lock.release()
		}
	})
}

// runLock is the lock of one run.
type runLock struct{ file *fileLock }

func (l runLock) Tell(me store.Holder) { l.file.tell(me) }
func (l runLock) Held() error          { return l.file.held() }
func (l runLock) Release()             { l.file.release() }

// LockRun keeps everybody else from carrying out the run.
func (s *Store) LockRun(ctx context.Context, run store.RunID, me store.Holder, wait time.Duration) (store.Lock, error) {
	if err := os.MkdirAll(filepath.Join(s.dir, disk.LocksDir), disk.DirMode); err != nil {
		return nil, fmt.Errorf("folder of locks: %w", err)
	}
	lock, err := takeLock(ctx, s.runLockFile(run), me, wait)
	if err != nil {
		return nil, err
	}
	return runLock{lock}, nil
}

// Holder tells who carries out the run, if anybody does.
func (s *Store) Holder(run store.RunID) (store.Holder, bool) { return holder(s.runLockFile(run)) }

func (s *Store) runLockFile(run store.RunID) string {
	return filepath.Join(s.dir, disk.LocksDir, s.kind()+"run-"+strconv.FormatInt(int64(run), 10)+".lock")
}

// kind tells apart the files of both databases of a folder.
func (s *Store) kind() string {
	if s.o.Sandbox {
		return "sandbox-"
	}
	return ""
}
