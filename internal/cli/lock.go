package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/report/words"
)

// locker takes an account's lock for a command, waiting for it so long.
type locker func(ctx context.Context, command string, wait time.Duration) (*batch.AccountLock, error)

// locked takes an account for a command, waiting as long as --wait-lock says.
func locked(a *app, cmd *cobra.Command, f *connectFlags, take locker) (*batch.AccountLock, error) {
	command := strings.Join(append([]string{cmd.CommandPath()}, cmd.Flags().Args()...), " ")
	lock, err := take(cmd.Context(), command, 0)
	held, ok := errors.AsType[*store.LockedError](err)
	if ok && f.waitLock > 0 {
		a.note("waiting for up to %s: %s", words.Duration(f.waitLock), held)
		lock, err = take(cmd.Context(), command, f.waitLock)
	}
	if _, ok := errors.AsType[*os.PathError](err); ok && !f.store.sandbox {
		return nil, &configError{err: err, hint: stateHint}
	}
	return lock, err
}
