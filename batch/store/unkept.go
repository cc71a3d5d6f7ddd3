package store

import (
	"context"
	"iter"
)

// Unkept is a store that cannot be written, such as on a read-only disk, for who only reads
// numbers: what they are found to be is kept in memory, and nothing else.
type Unkept struct {
	Store
	found []Verified
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
