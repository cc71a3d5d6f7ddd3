package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
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
		a.say("bulknum: waiting for up to %s: %s", words.Duration(f.waitLock), held)
		lock, err = take(cmd.Context(), command, f.waitLock)
	}
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return nil, &configError{err: err, hint: stateHint}
	}
	return lock, err
}

// stateHint is the cure when there is no place for locks.
const stateHint = "set XDG_STATE_HOME to a folder that can be written, the same for all that use the account"

// stateFolder is where the locks and marks of accounts are: in the user's state folder, so
// that commands in different folders meet there.
func stateFolder(s Streams) (string, error) {
	state := s.getenv("XDG_STATE_HOME") // freedesktop.org, XDG Base Directory Specification
	if filepath.IsAbs(state) {
		return filepath.Join(state, "bulknum"), nil
	}
	var err error
	switch runtime.GOOS {
	case "windows":
		state, err = os.UserCacheDir() // %LocalAppData%
	case "darwin":
		state, err = os.UserConfigDir() // ~/Library/Application Support
	default:
		state, err = home()
		state = filepath.Join(state, ".local", "state")
	}
	if err != nil {
		return "", fmt.Errorf("there is no folder for locks: %w", err)
	}
	return filepath.Join(state, "bulknum"), nil
}

// home is the user's folder, also under a scheduler that does not tell it.
func home() (string, error) {
	folder, err := os.UserHomeDir()
	if err == nil {
		return folder, nil
	}
	if u, found := user.Current(); found == nil && u.HomeDir != "" {
		return u.HomeDir, nil
	}
	return "", err
}
