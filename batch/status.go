package batch

import "github.com/bulknum/bulknum/batch/result"

// Status is what became of a row, in a word: see [result.Status].
type Status = result.Status

// Result is what became of a row: see [result.Result].
type Result = result.Result

// The statuses.
const (
	Updated      = result.Updated
	Pending      = result.Pending
	Unchanged    = result.Unchanged
	Planned      = result.Planned
	Failed       = result.Failed
	Unknown      = result.Unknown
	Conflict     = result.Conflict
	Invalid      = result.Invalid
	NotAttempted = result.NotAttempted
)

// Statuses returns every status, in the order in which reports list them.
func Statuses() []Status { return result.Statuses() }
