package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bulknum/bulknum/batch/export"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/queue"
	"github.com/bulknum/bulknum/report/words"
)

// usageError is a command line that cannot be read.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// configError is a configuration that cannot be used.
type configError struct {
	err  error
	hint string
}

func (e *configError) Error() string { return e.err.Error() }
func (e *configError) Unwrap() error { return e.err }

// advisedError is an error with what helps; "": nothing is known to.
type advisedError struct {
	error
	advice string
}

func (e *advisedError) Unwrap() error { return e.error }

// rowsError is a run that went to its end, but not all of whose rows are in
// sync.
type rowsError struct {
	summary *runs.Summary
}

// Error counts what is not in sync.
func (e *rowsError) Error() string {
	var parts []string
	for _, status := range result.Statuses() {
		if n := e.summary.Counts[status]; n > 0 && !status.InSync() {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	drifted, unreadable := e.summary.ReadBack()
	if drifted > 0 {
		parts = append(parts, fmt.Sprintf("%d drifted when it was read back", drifted))
	}
	if unreadable > 0 {
		parts = append(parts, fmt.Sprintf("%d could not be read back", unreadable))
	}
	what := "is updated"
	if e.summary.Run.DryRun {
		what = "can be sent"
	}
	return "not every row " + what + ": " + strings.Join(parts, ", ")
}

// errGate is a run that went to its end, and whose gate failed after the last wave; its
// summary says why.
var errGate = errors.New("the gate failed after the last wave")

// fleetError is the work for many accounts, of which some did not come to a good end.
type fleetError struct {
	said string
	code int
}

func (e *fleetError) Error() string { return e.said }

// errPartOfRoutes is a list of routes in which something is missing, which it says.
var errPartOfRoutes = errors.New("not every route was listed, or not every number counted")

// errChanges is a plan that has changes, when that was asked for.
var errChanges = errors.New("there are changes")

// skippedError is a rollback that skipped rows.
type skippedError struct{ rows int }

// Error counts the rows.
func (e *skippedError) Error() string {
	return words.CountOf(e.rows, "row") + " cannot be rolled back, or only in part"
}

// unreadError is a verification in which numbers could not be read, or show nothing of what was sent.
type unreadError struct{ rows int }

// Error counts the rows.
func (e *unreadError) Error() string {
	return fmt.Sprintf("%s could not be verified", words.CountOf(e.rows, "row"))
}

// partError is an export that came to its end without all numbers.
type partError struct {
	result export.Result
}

// Error counts what came, if it can be counted.
func (e *partError) Error() string {
	why := "the pages shifted while they were read, or the server repeats one"
	if e.result.Unnamed > 0 && e.result.Read+e.result.Unnamed >= e.result.Total {
		why = words.CountOf(e.result.Unnamed, "record") + " of the inventory named no number"
	}
	if e.result.Total < 0 {
		return fmt.Sprintf("%s numbers came, and the API does not say how many there are: %s", words.Count(e.result.Read), why)
	}
	return fmt.Sprintf("%s of %s numbers came: %s; which are missing is not known", words.Count(e.result.Read), words.Count(e.result.Total), why)
}

// isPart reports whether an error only tells that something is missing.
func isPart(err error) bool {
	_, part := errors.AsType[*partError](err)
	return part
}

// errLost is a salvage that could not bring all over.
var errLost = errors.New("not everything could be brought over: what was lost may have changed any number")

// refusal is why a command of the store, or of old runs, did nothing.
type refusal string

func (r refusal) Error() string { return string(r) }

// The refusals: the first is of a run that must be kept, the others of questions that
// nobody said yes to.
const (
	errNeeded      refusal = "it is kept; nothing was removed"
	errKept        refusal = "declined; nothing was removed"
	errNotAccepted refusal = "declined; the store stays refused"
	errNotCopied   refusal = "declined; both stores stay as they are"
	errNotBroken   refusal = "declined; the lock stays as it is"
	errNotSalvaged refusal = "declined; the store stays as it is"
	errNotAdopted  refusal = "declined; the runs stay whose they are"
)

// errNobody is why a question was not even asked.
var errNobody = errors.New("no --yes and nobody to ask")

// storeRefused reports whether a store is not to be used as it is.
func storeRefused(err error) bool {
	_, refused := errors.AsType[*store.RefusedError](err)
	_, damaged := errors.AsType[*store.DamagedError](err)
	return refused || damaged
}

// queueError is an error of the queue in the database of a store, with its cure.
func queueError(at postgres.Address, err error) error {
	if unmade, is := errors.AsType[*queue.UnmadeError](err); is {
		return &configError{err: unmade}
	}
	return postgres.Unreached(at, err)
}
