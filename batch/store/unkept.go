package store

import (
	"context"
	"iter"
	"time"
)

// Unkept is a store that cannot be written, such as on a read-only disk, for who only reads
// numbers: what they are found to be is kept in memory, and nothing else.
type Unkept struct {
	Store
	// Beside tells that who carries a run out waits for this reader: its lock need not be
	// free.
	Beside bool
	found  []Verified
}

// unlocked is the lock of a reader beside who holds it.
type unlocked struct{}

func (unlocked) Tell(Holder) {}
func (unlocked) Held() error { return nil }
func (unlocked) Release()    {}

// LockRun takes the lock, unless who holds it waits for this reader.
func (u *Unkept) LockRun(ctx context.Context, run RunID, me Holder, wait time.Duration) (Lock, error) {
	if u.Beside {
		return unlocked{}, nil
	}
	return u.Store.LockRun(ctx, run, me, wait)
}

// Append keeps what numbers were found to be.
func (u *Unkept) Append(_ RunID, records ...Record) error {
	for _, r := range records {
		if v, is := r.(*Verified); is {
			u.found = append(u.found, *v)
		}
	}
	return nil
}

// Verified gives what the store has, and then what was found since.
func (u *Unkept) Verified(ctx context.Context, run RunID) iter.Seq2[Verified, error] {
	return func(yield func(Verified, error) bool) {
		for v, err := range u.Store.Verified(ctx, run) {
			if !yield(v, err) || err != nil {
				return
			}
		}
		for _, v := range u.found {
			if !yield(v, nil) {
				return
			}
		}
	}
}
