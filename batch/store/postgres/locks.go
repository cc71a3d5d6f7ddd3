package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/store"
)

// What is locked: the kinds of holders.
const (
	anAccount = "account"
	aRun      = "run"
)

// lockName is what is locked.
type lockName struct {
	kind string
	id   int64
}

// key is the key of the advisory lock, which is one of a whole database.
func (n lockName) key() int64 {
	sum := sha256.Sum256([]byte("bulknum " + n.kind + " " + strconv.FormatInt(n.id, 10)))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // the bits count
}

// locks are those that the session has.
type locks struct {
	// patience is how long a request of this process may take.
	patience time.Duration
	// taking is held while one is taken, or let go.
	taking sync.Mutex

	mu   sync.Mutex
	held map[lockName]*heldLock
}

// heldLock is a lock that is held, as often as it is used.
type heldLock struct {
	uses int
	// epoch is that of its taking, and before the one that it was taken after.
	epoch, before int64
	// me is who has it, and patience how long what it sends may be under way after an intent.
	me       store.Holder
	patience time.Duration
}

// epoch is at which of its takings this process has an account; 0: it has not.
func (l *locks) epoch(account int64) int64 { return l.all()[lockName{anAccount, account}].epoch }

// all are those that are held.
func (l *locks) all() map[lockName]heldLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[lockName]heldLock{}
	for name, held := range l.held {
		all[name] = *held
	}
	return all
}

// again uses the lock of an account, which has several names, once more if it is held.
func (l *locks) again(name lockName) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.held[name]
	if held == nil {
		return false
	}
	held.uses++
	return true
}

// add notes a lock that was taken.
func (l *locks) add(name lockName, taken heldLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken.uses = 1
	l.held[name] = &taken
}

// tell notes who says to have a lock.
func (l *locks) tell(name lockName, me store.Holder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held := l.held[name]; held != nil {
		held.me = me
	}
}

// drop lets a lock go that nobody uses any more; last tells that it was so.
func (l *locks) drop(name lockName) (epoch int64, last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.held[name]
	if held == nil {
		return 0, false
	}
	if held.uses--; held.uses > 0 {
		return 0, false
	}
	delete(l.held, name)
	return held.epoch, true
}
