package progress

import (
	"time"

	"github.com/bulknum/bulknum/batch"
)

// Outcome is what a command came to, when its reports are written and its exit
// code is known.
type Outcome struct {
	At       time.Time
	ExitCode int
	// Summary is nil when there was no run.
	Summary *batch.Summary
	// Err is why the command failed; nil: it did not.
	Err error
}
