package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/queue"
)

func storeMigrateCommand(a *app) *cobra.Command {
	var f storeFlags
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Make the tables of a store in PostgreSQL, or update them",
		Long: `Make the tables of the store that BULKNUM_STORE (or BULKNUM_STORE_FILE) names,
in the schema bulknum of its database, and those of the queue of workers, in
bulknum_queue, or bring them up to date after bulknum was updated. No other
command does: a run at night finds them as they are, or refuses. It refuses
while a run, or another command that writes, is running on any host. A store in
a runs folder needs none of this.`,
		Example: `  BULKNUM_STORE_FILE=/etc/bulknum/store bulknum store migrate`,
		Args:    takesNone,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runStoreMigrate(cmd.Context(), a, &f) },
	}
	return cmd
}

func runStoreMigrate(ctx context.Context, a *app, f *storeFlags) error {
	address, err := a.storeAddress()
	if err != nil {
		return err
	}
	if address == "" {
		return &configError{
			err:  errors.New(storeVariable + " is not set: a store in a runs folder is brought up to date by any command that writes"),
			hint: "give the address of a database in PostgreSQL in " + storeVariable + " or " + storeVariable + "_FILE",
		}
	}
	options, err := sharedOptions(a, f, toWrite, address)
	if err != nil {
		return err
	}
	place, done, err := postgres.Migrate(ctx, options)
	if err == nil {
		var queued bool
		queued, err = queue.Migrate(ctx, address)
		done = done || queued
	}
	switch {
	case err != nil:
		return sharedError(err)
	case done:
		a.note("%s has the tables of this bulknum now", place)
	default:
		a.note("%s has the tables of this bulknum already", place)
	}
	return nil
}
