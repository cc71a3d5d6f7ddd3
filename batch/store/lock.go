package store

import (
	"context"
	"fmt"
	"os"
	"time"
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

// Lock is a lock that is held, until its Release or the end of the process.
type Lock interface {
	// Tell says to others who holds it. It is a courtesy: that it cannot be told
	// is no reason to stop.
	Tell(me Holder)
	// Held is an error when the lock is not this process's own any more, because
	// somebody removed or replaced it.
	Held() error
	// Release lets it go. Releasing it again is harmless.
	Release()
}

// LeavesWithin is within what time of its intent, or of [Fence.Renew], a request leaves.
const LeavesWithin = 5 * time.Second

// Fence is a [Lock] of an account that another host may take over, from a process that is not heard of: it waits then until
// nothing can be under way any more that left within [LeavesWithin] of the last intent.
type Fence interface {
	// Renew notes that a request is about to leave whose intent is older. An error is that somebody has taken the account over.
	Renew() error
}

// LockedError refuses a lock that somebody else holds.
type LockedError struct {
	// Path is what is locked.
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
	text := fmt.Sprintf("locked by pid %d on %s since %s", h.PID, h.Host, h.Since.Local().Format("2006-01-02 15:04:05 MST"))
	if h.Command != "" {
		text += ", " + h.Command
	}
	if h.Run != "" {
		text += ", run " + h.Run
	}
	return text
}

// Marked is a store that knows, by what lies outside it, which store has an account's runs.
type Marked interface {
	// Belongs is a [RefusedError] where that is another store, or this one is older than it was.
	Belongs(ctx context.Context, a Account) error
}
