package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/report/words"
)

func storeBackupCommand(a *app) *cobra.Command {
	var f storeFlags
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the store into a new file, also while a run is running",
		Long: `Copy the store as it is at this moment into FILE, which must not exist yet. The
copy is written to the disk and read to its end before it is given its name: a
FILE that exists is complete. Only its owner can read it.

To put it back, when no run is running: move bulknum.db, bulknum.db-wal and
bulknum.db-shm out of the runs folder, copy FILE there as bulknum.db, and run
bulknum store accept-restored, because the copy does not know what was done
since. Until then commands refuse it.`,
		Example: `  bulknum store backup /backup/bulknum-$(date +%F).db`,
		Args:    takesOne("FILE"),
		RunE:    func(cmd *cobra.Command, args []string) error { return runStoreBackup(cmd.Context(), a, &f, args[0]) },
	}
	f.define(cmd.Flags())
	return cmd
}

func runStoreBackup(ctx context.Context, a *app, f *storeFlags, file string) error {
	options, err := a.storeOptions(f, toRead, false)
	if err != nil {
		return err
	}
	opened, err := sqlite.Open(ctx, options)
	if errors.Is(err, fs.ErrNotExist) {
		return &configError{err: fmt.Errorf("%s has no store yet", f.runsDir), hint: "give the --runs-dir whose store is to be copied"}
	}
	if err != nil {
		return err
	}
	copied, err := opened.Backup(ctx, file)
	err = errors.Join(err, opened.Close())
	if errors.Is(err, fs.ErrExist) {
		return &configError{err: err, hint: "give another FILE: a backup is never written over"}
	}
	if _, unusable := errors.AsType[*fs.PathError](err); unusable {
		return &configError{err: err, hint: "give a FILE in a folder that is there, and that can be written"}
	}
	if err != nil {
		return err
	}
	a.note("%s has %s, up to record %s, and was read to its end", copied.Place, words.CountOf(copied.Runs, "run"), words.Count(int(copied.Sequence)))
	return nil
}
