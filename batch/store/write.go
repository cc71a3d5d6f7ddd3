package store

import (
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// Write is what a run did to a number, or may have done: all intents of one row
// of the run, with what became of it.
type Write struct {
	Run Run
	// Line is the row's in the run's input.
	Line   int
	Number string
	// Changes are what was asked for, with the values from before as far as they
	// were read.
	Changes []settings.Change
	// Status is that of the newest result; [result.Unknown] when the newest
	// intent has none.
	Status result.Status
	// Intent is when the newest intent was committed, Done when the newest of
	// both was, and At the time of that.
	Intent, Done Sequence
	At           time.Time
}

// MayStand reports whether the write was applied, or may have been.
func (w Write) MayStand() bool { return w.Status.MayBeWritten() }

// WriteFilter chooses writes.
type WriteFilter struct {
	// Account is whose; it must be given, unless Run is.
	Account AccountID
	// Numbers are which; nil: all.
	Numbers []string
	// Run chooses those of one run, Except leaves one out.
	Run, Except RunID
	// After chooses those of which an intent came later.
	After Sequence
}

// Gap is when somebody may have done anything to any number, unrecorded.
type Gap struct {
	Sequence Sequence
	At       time.Time
	// Why says it for people.
	Why string
}
