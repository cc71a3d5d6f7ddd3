package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/folder"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/queue"
	"github.com/bulknum/bulknum/report/files"
)

// The exit codes. Those of a run that ended early are the table's of its reasons.
const (
	exitOK          = 0
	exitError       = 1
	exitChanges     = 2
	exitInvalid     = result.ExitInvalid
	exitRefused     = result.ExitRefused
	exitIncomplete  = 5
	exitStopped     = result.ExitStopped
	exitCredentials = result.ExitCredentials
	exitLocked      = 8
	exitUsage       = 64
)

// exitCodeHelp is what bulknum help exit-codes says of them.
const exitCodeHelp = `Exit codes:
  0    every row is updated or unchanged (plan: planned or unchanged)
  1    unexpected error; ctl: the run refused what was asked
  2    plan, verify --detailed-exitcode: there are changes, or numbers have
       drifted
  3    the input or the configuration is invalid, or the run is not known;
       nothing was sent. ctl: the run is not running
  4    refused, and nothing was sent: by a guard (also by one that would refuse
       the plan), because the store cannot be trusted, because the question was
       answered with no, or because there was no --yes and nobody to ask
  5    finished, but some row is failed, unknown, pending or conflict, or was
       skipped as invalid; or a number of a wave drifted or could not be read
       back; or the gate failed after the last wave. export, routes: numbers are
       missing; verify: a number cannot be read; rollback: rows were skipped;
       report --as-input: rows were left out; store salvage: runs were lost
  6    stopped early: too many failures, a wave that did not pass, an outage, a
       longer wait than is allowed, the deadline, the end of --hours, a full
       disk, a store that went away, ctl stop; bulknum resume goes on
  7    the API refuses the credentials; bulknum resume goes on when they are
       right
  8    the account or the run is locked by another command
  64   wrong usage
  129, 130, 143  stopped by SIGHUP, SIGINT, SIGTERM; bulknum resume goes on

Where several apply, the signal comes first, then 7, 6, 4, 5 and 2. Of the codes
of a fleet's accounts 1, 64, 3 and 8 come before.`

// outcome is the error that a run's end means, or nil.
func outcome(s *runs.Summary) error {
	if s.Stop != nil {
		return *s.Stop
	}
	if refused := guard.Refusals(s.Guards, false); len(refused) > 0 {
		return fmt.Errorf("the plan would be refused: %w", &guard.RefusedError{Refusals: refused})
	}
	for status, n := range s.Counts {
		if n > 0 && !status.InSync() {
			return &rowsError{s}
		}
	}
	if drifted, unreadable := s.ReadBack(); drifted+unreadable > 0 {
		return &rowsError{s}
	}
	if s.GateAgainst() != "" {
		return errGate
	}
	return nil
}

// ExitCode is the only place where an outcome becomes an exit code.
func ExitCode(err error) int {
	var (
		stop     result.Stop
		invalid  *batch.InvalidError
		file     *input.FileError
		config   *configError
		rows     *rowsError
		usage    *usageError
		call     *client.Error
		guards   *guard.RefusedError
		locked   *store.LockedError
		inFolder *folder.Error
		unread   *unreadError
		left     *skippedError
		broken   *store.BrokenError
		unload   *files.UnloadableError
		declined refusal
		fleet    *fleetError
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &fleet):
		return fleet.code
	case errors.As(err, &locked):
		return exitLocked
	case errors.As(err, &stop):
		return stop.ExitCode()
	case storeRefused(err):
		return exitRefused
	case errors.Is(err, errChanges):
		return exitChanges
	case errors.As(err, &usage), errors.Is(err, batch.ErrNothingRead):
		return exitUsage
	case errors.As(err, &invalid), errors.As(err, &file), errors.As(err, &config), errors.As(err, &inFolder), errors.Is(err, store.ErrForbidden):
		return exitInvalid
	case errors.Is(err, result.ErrDeclined), errors.As(err, &declined), errors.As(err, &guards):
		return exitRefused
	case errors.As(err, &broken), errors.Is(err, queue.ErrUnknown):
		return exitStopped
	case errors.As(err, &call):
		return callCode(call)
	case errors.As(err, &rows), errors.Is(err, errGate), errors.Is(err, errPartOfRoutes), errors.As(err, &unread), errors.As(err, &left), errors.As(err, &unload), errors.Is(err, errLost), isPart(err):
		return exitIncomplete
	default:
		return exitError
	}
}

// callCode is the exit code of a command whose call failed.
func callCode(call *client.Error) int {
	switch call.Kind {
	case client.KindCredentials, client.KindForbidden:
		return exitCredentials
	case client.KindUnavailable, client.KindOutage, client.KindRateLimited, client.KindUntrusted, client.KindQuota:
		return exitStopped
	}
	if call.Endpoint == client.EndpointToken && call.Kind == client.KindInvalid {
		return exitInvalid // the address is not the API's
	}
	return exitError
}

// Interrupted is the cause with which a signal ends the context of [Main].
func Interrupted(s os.Signal) error {
	number := 0
	if n, ok := s.(syscall.Signal); ok {
		number = int(n)
	}
	return result.Stop{Reason: result.StoppedBySignal, Detail: s.String(), Signal: number}
}

// interruption returns the signal that ended a context, or nil.
func interruption(ctx context.Context) error {
	if stop := result.StopOf(ctx); stop.Early() {
		return stop
	}
	return nil
}
