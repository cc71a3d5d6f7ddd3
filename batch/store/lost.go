package store

import (
	"context"
	"io"
	"time"
)

// LostRun is a run that could not be brought out of a damaged store.
type LostRun struct {
	Name string
	// Account is whose it was, as far as that could be told.
	Account Account
	// At is when the others were brought out, and Why says what was found of it.
	At  time.Time
	Why string
}

// Losses is a [Store] that knows which runs it should have, and has not.
type Losses interface {
	// LostRuns are in the order of their names.
	LostRuns(ctx context.Context) ([]LostRun, error)
}

// Archiver is a [Store] whose runs can be taken out of it, and back.
type Archiver interface {
	// Export writes all records of a run, with their sequences.
	Export(ctx context.Context, run RunID, w io.Writer) error
	// Import takes a run back that was exported by this store; its name must be
	// free: otherwise the error matches [ErrExists]. One that was rolled back by a run
	// which was removed comes after that: otherwise it is a [RolledBackError].
	Import(ctx context.Context, r io.Reader) (Run, error)
}

// Adopter is a [Store] in which the runs of one account can go over to another.
type Adopter interface {
	// Adopt gives all runs of an account that the API does not name, and its keys,
	// to another account at the same address.
	Adopt(ctx context.Context, from, to Account) error
}
