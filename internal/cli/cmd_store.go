package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/internal/queue"
	"github.com/bulknum/bulknum/report/text"
)

func storeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Look after the store of all runs",
		Long: `The store, bulknum.db in the runs folder, holds every run there has been, or a
database in PostgreSQL, where BULKNUM_STORE names one (docs/several-hosts.md).
Never copy the file by itself: the newest records are in a second file beside
it. bulknum store backup copies both, also while a run is running. Never open it
with sqlite3 without -readonly. docs/store.md describes it.`,
		Args: commandsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(storeCheckCommand(a), storeBackupCommand(a), storeSalvageCommand(a), storeAdoptCommand(a), storeAcceptCommand(a), storeMigrateCommand(a), storeCopyCommand(a))
	return cmd
}

func storeCheckCommand(a *app) *cobra.Command {
	var f storeFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Read all of the store, and say whether it is undamaged",
		Long: `Read every record of the store and compare it with its checksum, compare the
tables with each other, and the store with the marks in the user's state folder,
which show whether it is an older copy. Exit code 4 when something is wrong,
with what helps.`,
		Args: takesNone,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStoreCheck(cmd.Context(), a, &f) },
	}
	f.define(cmd.Flags())
	return cmd
}

// checkedStore is a store that can be read to its end.
type checkedStore interface {
	Check(ctx context.Context) (store.Report, error)
	Close() error
}

// openChecked opens the store that is to be checked.
func openChecked(ctx context.Context, a *app, f *storeFlags) (checkedStore, error) {
	address, err := a.storeAddress()
	if err != nil {
		return nil, err
	}
	if address == "" {
		options, err := a.storeOptions(f, toRead, false)
		if err != nil {
			return nil, err
		}
		return sqlite.Open(ctx, options)
	}
	options, err := sharedOptions(a, f, toRead, address)
	if err != nil {
		return nil, err
	}
	opened, err := postgres.Open(ctx, options)
	if err != nil {
		return nil, sharedError(err)
	}
	return opened, nil
}

func runStoreCheck(ctx context.Context, a *app, f *storeFlags) error {
	opened, err := openChecked(ctx, a, f)
	if err != nil {
		return err
	}
	found, err := opened.Check(ctx)
	if at, _ := a.storeAddress(); err == nil && at != "" {
		var wrong string
		if wrong, err = queue.Check(ctx, at); wrong != "" {
			found.Warnings = append(found.Warnings, wrong+": `bulknum store migrate` does so")
		}
		err = queueError(at, err)
	}
	if err == nil {
		err = text.Store(a.Out, found)
	}
	if err == nil && len(found.Faults) > 0 {
		err = &store.RefusedError{Place: found.Place, Why: "is damaged: what stands above is not as it was written", Cure: sqlite.CureDamaged}
	}
	return errors.Join(err, opened.Close())
}

func storeAcceptCommand(a *app) *cobra.Command {
	var f storeFlags
	var yes bool
	cmd := &cobra.Command{
		Use:   "accept-restored",
		Short: "Accept a store that was put back, or begin a new one",
		Long: `A store is refused when it is older than it was, when the account's runs are in
another one, or when it is gone while there are folders of runs: it does not
know what was done since, and any number may have been moved. This command
accepts the store that is in the runs folder, or begins a new one there. From
then on what was done before may be unknown: rows not yet sent, and write-only
fields, are read or sent again. With TELEGENT_ACCOUNT_KEY set, the account's
runs are in this store from then on.`,
		Example: `  bulknum store accept-restored`,
		Args:    takesNone,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runStoreAccept(cmd.Context(), a, &f, yes) },
	}
	f.define(cmd.Flags())
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	mustBeAsked(cmd.Flags(), "yes")
	return cmd
}

func runStoreAccept(ctx context.Context, a *app, f *storeFlags, yes bool) error {
	address, err := a.storeAddress()
	if err != nil {
		return err
	}
	place, accept := f.runsDir, func(accounts []store.Account) (sqlite.Accepted, error) {
		options, err := a.storeOptions(f, toWrite, false)
		if err != nil {
			return sqlite.Accepted{}, err
		}
		return sqlite.AcceptRestored(ctx, options, accounts...)
	}
	if address != "" {
		place, accept = "the database of "+storeVariable, func(accounts []store.Account) (sqlite.Accepted, error) {
			options, err := sharedOptions(a, f, toWrite, address)
			if err != nil {
				return sqlite.Accepted{}, err
			}
			return postgres.AcceptRestored(ctx, options, accounts...)
		}
	}
	question := fmt.Sprintf("What was done since %s was copied, or by another store, will not be known.\nType yes to accept it: ", place)
	if err := a.agreed(ctx, question, yes, errNotAccepted); err != nil {
		return err
	}
	accounts, err := accountInEnvironment(a.Streams)
	if err != nil {
		return err
	}
	done, err := accept(accounts)
	if err != nil {
		return err
	}
	a.note("%s is accepted; what was done before now may not be known, and is read again where it matters", done.Place)
	return nil
}

// accountInEnvironment is the account whose key the environment has, if it has
// one.
func accountInEnvironment(s Streams) ([]store.Account, error) {
	key, err := readSecret(s, keyVariable)
	if err != nil {
		return nil, &configError{err: err}
	}
	if key == "" {
		return nil, nil
	}
	api := s.getenv(addressVariable)
	if api == "" {
		api = client.DefaultBaseURL
	}
	return []store.Account{{API: api, Key: key}}, nil
}
