package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/report/words"
)

// The directions in which a store is copied.
const (
	toDatabase = "to-database"
	toFolder   = "to-folder"
)

func storeCopyCommand(a *app) *cobra.Command {
	var f storeFlags
	var yes bool
	cmd := &cobra.Command{
		Use:   "copy to-database|to-folder",
		Short: "Copy a store from a runs folder into PostgreSQL, or back",
		Long: `Copy all runs from the store in the runs folder into the database that
BULKNUM_STORE (or BULKNUM_STORE_FILE) names, or from there into the runs folder.
The one to be filled must be empty: a database after bulknum store migrate, a
folder without a store, or with one that was itself copied elsewhere, which is
put aside. Nobody may use either meanwhile.

The store that was copied is not used any more: commands refuse it, and name the
other one. Runs keep their names and their order, and can be resumed, verified
and rolled back there. Both are compared in the end. A copy that was interrupted
is refused by all commands, and this command again goes on with it. The runs'
folders stay where they are.`,
		Example: `  BULKNUM_STORE_FILE=/etc/bulknum/store bulknum store copy to-database`,
		Args:    copyArgs,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []string{toDatabase, toFolder}, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return runStoreCopy(cmd.Context(), a, &f, args[0] == toFolder, yes)
		},
	}
	f.define(cmd.Flags())
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	mustBeAsked(cmd.Flags(), "yes")
	return cmd
}

// copyArgs refuses what is no direction.
func copyArgs(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] != toDatabase && args[0] != toFolder {
		return fmt.Errorf("store copy takes one of %s and %s", toDatabase, toFolder)
	}
	return nil
}

func runStoreCopy(ctx context.Context, a *app, f *storeFlags, back, yes bool) (err error) {
	address, err := a.storeAddress()
	if err != nil {
		return err
	}
	if address == "" {
		return &configError{err: errors.New(storeVariable + " is not set: one of the two stores is the database that it names"), hint: "give the address in " + storeVariable + " or " + storeVariable + "_FILE"}
	}
	from, to := "the store in "+f.runsDir, "the database of "+storeVariable
	if back {
		from, to = to, from
	}
	question := fmt.Sprintf("All runs are copied from %s to %s.\nFrom then on the first one is not used any more.\nType yes to copy it: ", from, to)
	if err := a.agreed(ctx, question, yes, errNotCopied); err != nil {
		return err
	}
	folder, shared, err := openBoth(ctx, a, f, address, back)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close(), shared.Close()) }()
	source, copied := folder.Database, shared.Database
	if back {
		source, copied = shared.Database, folder.Database
	}
	state, err := readyState(a, toWrite)
	if err != nil {
		return err
	}
	var rows int64
	if err := source.CopyTo(ctx, copied, state, func(_ string, n int64) { rows += n }); err != nil {
		return err
	}
	a.note("%s has all of %s, and takes its place: %s were copied and compared", copied.Place(), source.Place(), words.CountOf(int(rows), "row"))
	return nil
}

// openBoth opens the two stores, while nobody else uses them. That of the folder is filled, or else the database.
func openBoth(ctx context.Context, a *app, f *storeFlags, address postgres.Address, back bool) (folder *sqlite.Store, shared *postgres.Store, err error) {
	state, err := readyState(a, toWrite)
	if err != nil {
		return nil, nil, err
	}
	options, err := sharedOptions(a, f, toWrite, address)
	if err != nil {
		return nil, nil, err
	}
	if shared, err = postgres.OpenForCopy(ctx, options); err != nil {
		return nil, nil, sharedError(err)
	}
	folder, err = sqlite.OpenForCopy(ctx, sqlite.Options{Dir: f.runsDir, State: state, TrustFS: f.trustFS, Program: "bulknum " + buildVersion()}, back)
	if errors.Is(err, fs.ErrNotExist) {
		err = &configError{err: fmt.Errorf("%s has no store", f.runsDir), hint: "give the --runs-dir that has it"}
	}
	if err != nil {
		return nil, nil, errors.Join(inRunsFolder(err), shared.Close())
	}
	return folder, shared, nil
}
