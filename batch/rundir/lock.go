package rundir

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// Holder is who holds a lock.
type Holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
	// Run is the folder that is worked on, once it is known; Command is what was
	// typed, without flags. Both are optional.
	Run     string `json:"run,omitempty"`
	Command string `json:"command,omitempty"`
}

// Myself is this process, from now on.
func Myself(run, command string) Holder {
	host, _ := os.Hostname() // unknown is as good as empty
	return Holder{PID: os.Getpid(), Host: host, Since: time.Now(), Run: run, Command: command}
}

// LockedError refuses a lock that somebody else holds.
type LockedError struct {
	// Path is the lock's file.
	Path string
	// Holder is zero when the holder has not said who it is.
	Holder Holder
}

// Error names the holder.
func (e *LockedError) Error() string {
	h := e.Holder
	if h.PID == 0 {
		return e.Path + " is locked by a process that has not said who it is"
	}
	text := fmt.Sprintf("another one is at work: pid %d on %s since %s", h.PID, h.Host, h.Since.Local().Format("2006-01-02 15:04:05 MST"))
	if h.Command != "" {
		text += ", " + h.Command
	}
	if h.Run != "" {
		text += ", run " + h.Run
	}
	return text
}

// Lock is a lock of the kernel on a file, which ends with the process that holds
// it, however that ends. The file itself stays. Beside it, in a file with
// [holderSuffix], the holder says who it is; that text is believed only while
// the lock is held.
type Lock struct {
	file *flock.Flock
}

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

// TakeLock takes the lock of a file, in a folder that exists. One that is held
// is waited for; after that the error is a [LockedError].
func TakeLock(ctx context.Context, path string, me Holder, wait time.Duration) (*Lock, error) {
	l := &Lock{file: flock.New(path, flock.SetPermissions(fileMode))}
	deadline := time.Now().Add(wait)
	for nameless := 0; ; {
		ok, err := l.try()
		if err != nil {
			return nil, fmt.Errorf("lock: %w", err)
		}
		if ok {
			l.Tell(me)
			return l, nil
		}
		holder, pause := holderOf(path), retryEvery
		if holder.PID == 0 && nameless < namelessTries {
			nameless++
			pause = namelessPause
		} else if pause = min(pause, time.Until(deadline)); pause <= 0 {
			return nil, &LockedError{Path: path, Holder: holder}
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
func (l *Lock) try() (bool, error) {
	ok, err := l.file.TryLock()
	if !ok || err != nil {
		return false, err
	}
	mine, err1 := l.file.Stat()
	now, err2 := os.Stat(l.file.Path())
	if err1 == nil && err2 == nil && os.SameFile(mine, now) {
		return true, nil
	}
	return false, l.file.Unlock()
}

// Tell says beside the lock who holds it. It is a courtesy: that it cannot be
// written is no reason to stop.
func (l *Lock) Tell(me Holder) {
	if text, err := json.Marshal(me); err == nil {
		_ = os.WriteFile(l.file.Path()+holderSuffix, append(text, '\n'), fileMode)
	}
}

// Release lets the lock go. Releasing it again, or none, is harmless.
func (l *Lock) Release() {
	if l == nil || !l.file.Locked() {
		return
	}
	_ = os.Remove(l.file.Path() + holderSuffix) // what is left is not believed
	_ = l.file.Unlock()                         // or the end of the process does it
}

// Held returns who holds the lock of a file, if anybody does. It takes nothing
// away from those who want the lock. A lock that cannot be looked at counts as
// free.
func Held(path string) (Holder, bool) {
	probe := flock.New(path, flock.SetFlag(os.O_RDONLY))
	if free, err := probe.TryRLock(); free || err != nil {
		_ = probe.Unlock()
		return Holder{}, false
	}
	return holderOf(path), true
}

// holderOf is who says to hold a lock. What a process of this host left behind
// that is no more is not believed.
func holderOf(path string) Holder {
	text, err := os.ReadFile(path + holderSuffix)
	if err != nil {
		return Holder{}
	}
	var h Holder
	if err := json.Unmarshal(text, &h); err != nil {
		return Holder{} // it is being written
	}
	if host, err := os.Hostname(); err == nil && host == h.Host && !alive(h.PID) {
		return Holder{}
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
