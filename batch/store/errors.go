package store

import (
	"errors"
	"fmt"

	"github.com/bulknum/bulknum/batch/option"
)

var (
	// ErrNotFound is a run that the store does not have.
	ErrNotFound = errors.New("there is no such run")
	// ErrExists is a run whose name another one has.
	ErrExists = errors.New("there is a run of this name")
	// ErrBarred is a store that this process can read, if anything.
	ErrBarred = errors.New("it cannot be opened for writing")
	// ErrForbidden is what the role by which a database is used may not do.
	ErrForbidden = errors.New("the role of the store's address may not do this")
	// ErrUntaken is a request that nobody has taken, or will take any more.
	ErrUntaken = errors.New("nobody has taken the request")
)

// RolledBackError is a run that cannot come back: what took it back was removed as
// well.
type RolledBackError struct {
	// Run and Rollback are the names of the two.
	Run, Rollback string
}

// Error names both.
func (e *RolledBackError) Error() string {
	return fmt.Sprintf("run %s was rolled back by run %s, which is not there", e.Run, e.Rollback)
}

// RefusedError is a store that is not to be used as it is: damaged, older than it
// was, newer than the program, somebody else's, or in a place where it is not
// safe. Nothing was done.
type RefusedError struct {
	// Place is the store's.
	Place string
	// Why says what is wrong, and Cure what helps and what that gives up, by commands of bulknum too, which mends what
	// programs that embed it keep. Elsewhere is the place of the store that may be meant; "": it is not known.
	Why, Cure, Elsewhere string
	Options              []option.Name // that the cure speaks of
	Err                  error
}

// Error names the store and what is wrong with it.
func (e *RefusedError) Error() string {
	text := fmt.Sprintf("the store %s %s", e.Place, e.Why)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *RefusedError) Unwrap() error { return e.Err }

// DamagedError is a record that is not as it was written.
type DamagedError struct {
	Place string
	// Run is the run's name, or [AnyRun], and What the record.
	Run, What string
}

// AnyRun is damage of which it cannot be told whose records it has struck.
const AnyRun = "any run"

// Error names the record.
func (e *DamagedError) Error() string {
	run := "run " + e.Run
	if e.Run == AnyRun {
		run = e.Run
	}
	return fmt.Sprintf("the store %s is damaged: %s: %s is not as it was written", e.Place, run, e.What)
}

// BrokenError is a store in which this process cannot record anything any more:
// the disk is full, the file is gone, or is not what it was.
type BrokenError struct {
	Place string
	Err   error
}

// Error names the store and the trouble.
func (e *BrokenError) Error() string {
	return fmt.Sprintf("the store %s cannot take any more: %v", e.Place, e.Err)
}

// Unwrap returns Err.
func (e *BrokenError) Unwrap() error { return e.Err }
