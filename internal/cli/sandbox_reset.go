package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/report/words"
)

// lockSandbox takes the sandbox of the runs folder for this command alone.
func lockSandbox(a *app, cmd *cobra.Command, f *connectFlags) (*batch.AccountLock, error) {
	lock, err := locked(a, cmd, f, func(ctx context.Context, command string, wait time.Duration) (*batch.AccountLock, error) {
		held, err := sqlite.LockSandbox(ctx, f.store.runsDir, store.Myself("", command), wait)
		return batch.HoldAccount(held, command, wait), err
	})
	return lock, inRunsFolder(err)
}

// resetSandbox removes what the sandbox has, as if it had never been. Its caller has it alone.
func (a *app) resetSandbox(ctx context.Context, f *storeFlags) error {
	names, err := a.onlyInSandbox(ctx, f)
	if err != nil {
		a.warn("the folders of its runs stay, because it is not known which they are: %v", err)
	}
	if err := sqlite.RemoveSandbox(ctx, f.runsDir); err != nil {
		return err
	}
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(f.runsDir, name)); err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
	}
	if err := os.Remove(filepath.Join(f.runsDir, sandboxFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sandbox: %w", err)
	}
	a.note("the sandbox begins anew: %s removed", words.CountOf(len(names), "run"))
	return nil
}

// onlyInSandbox are the names of the sandbox's runs, but for those that another run in the folder has by now.
func (a *app) onlyInSandbox(ctx context.Context, f *storeFlags) (names []string, err error) {
	in, done, err := a.openRuns(ctx, f, toRead, true)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer done()
	all, err := in.Store.Runs(ctx, store.RunFilter{})
	if err != nil {
		return nil, err
	}
	others, done, err := a.openRuns(ctx, f, toRead, false)
	if errors.Is(err, fs.ErrNotExist) {
		others, done, err = runs.Folder{}, func() {}, nil
	}
	if err != nil {
		return nil, err
	}
	defer done()
	for _, run := range all {
		if others.Store != nil {
			if _, err := others.Store.Run(ctx, run.Name); !errors.Is(err, store.ErrNotFound) {
				continue
			}
		}
		names = append(names, run.Name)
	}
	return names, nil
}
