package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/words"
)

// printError prints an error, and the next step where there is one.
func printError(s Streams, err error) {
	if err == nil || errors.Is(err, errChanges) || errors.Is(err, syscall.EPIPE) {
		return
	}
	grade := "error"
	if isPart(err) {
		grade = "warning"
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(s.Err, "bulknum: %s: %s\n", grade, line)
	}
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(s.Err, "bulknum: hint: %s\n", hint)
	}
}

// hintFor is the next step after an error.
func hintFor(err error) string {
	var (
		mistyped *mistypedError
		usage    *usageError
		config   *configError
		invalid  *batch.InvalidError
		call     *client.Error
		stop     result.Stop
		guards   *guard.RefusedError
		locked   *store.LockedError
		folder   *batch.FolderError
		file     *input.FileError
		broken   *store.BrokenError
	)
	if storeRefused(err) {
		return storeHint(err)
	}
	switch {
	case errors.As(err, &locked):
		return "try again when it is done, or wait for it with --wait-lock 30m"
	case errors.As(err, &mistyped):
		return mistyped.where
	case errors.As(err, &usage):
		return "bulknum --help, or bulknum COMMAND --help, lists what there is"
	case errors.As(err, &config):
		return config.hint
	case errors.As(err, &broken) && !errors.As(err, &stop):
		return "nothing was sent: see whether the disk of --runs-dir has space, and can be written"
	case errors.As(err, &folder):
		return folderHint(folder)
	case errors.As(err, &file) && len(file.Problems) == 1:
		return file.Problems[0].Hint
	case errors.As(err, &invalid):
		return "correct them, or send only the valid rows with --skip-invalid"
	case errors.As(err, &guards):
		return guardHint(guards)
	case isPart(err):
		return "export again when the inventory is quiet"
	case errors.Is(err, batch.ErrNothingRead):
		return "leave out --all, or the If. columns"
	case errors.Is(err, errNobody):
		return "give --yes to do it without being asked"
	case errors.As(err, &call):
		return callHint(call)
	case errors.As(err, &stop):
		return stopHint(stop.Reason.Next())
	default:
		return ""
	}
}

// guardHint names the flags that would let a refused plan pass.
func guardHint(e *guard.RefusedError) string {
	var flags []string
	for _, r := range e.Refusals {
		if flag := words.Allowing(r); flag != "" && !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	if len(flags) == 0 {
		return "nothing was sent"
	}
	return "nothing was sent; if it is meant so: " + strings.Join(flags, " ")
}

// storeHint is the cure of a store that is not to be used as it is.
func storeHint(err error) string {
	if refused, ok := errors.AsType[*store.RefusedError](err); ok {
		return refused.Cure
	}
	return "bulknum store check shows what is damaged; " + sqlite.CureDamaged
}

// stopHint is the next step after a run that ended early, where its reports do not
// name the command.
func stopHint(next result.Next) string {
	switch next {
	case result.CheckCredentials:
		return "check TELEGENT_ACCOUNT_KEY and TELEGENT_ACCOUNT_SECRET with: bulknum check; " + scopeHint
	case result.CheckAddress:
		return "see whether TELEGENT_API_URL is right with: bulknum check"
	case result.WaitLonger:
		return "the server asks for a long wait: try later, or allow it with --max-retry-after"
	case result.CheckDisk:
		return "see whether the disk of --runs-dir has space, and the folder is where it was, with: bulknum store check; then: bulknum resume RUN"
	default:
		return ""
	}
}
