package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/report/text"
)

func storeSalvageCommand(a *app) *cobra.Command {
	var f storeFlags
	var yes bool
	cmd := &cobra.Command{
		Use:   "salvage NEW",
		Short: "Bring the runs of a damaged store that are whole into a new one",
		Long: `Bring each run of which every record is as it was written into a new store, in the
folder NEW, which must not be there yet, or be empty. Runs keep their order, and
their folders are copied. Of the others, which are named, it is entered that they
may have done anything to any number of their account, or of all accounts where
that cannot be told: write-only fields do not count as known, and rows not yet sent
are read again. Their folders, with results.csv, are copied as evidence.

The damaged store is put aside in its folder, as bulknum.db.aside-<UTC time>, and
is never changed. From then on the accounts' runs are kept in NEW: work with
--runs-dir NEW, or give the folders each other's place.

It needs space for twice the store. Exit code 0 when all was brought over, 5 when
something was lost, which cannot be had back but from a backup.`,
		Example: `  bulknum store salvage runs-new`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runStoreSalvage(cmd.Context(), a, &f, args[0], yes)
		},
	}
	f.define(cmd.Flags())
	cmd.Flags().BoolVar(&yes, "yes", false, "do it without asking")
	mustBeAsked(cmd.Flags(), "yes")
	return cmd
}

func runStoreSalvage(ctx context.Context, a *app, f *storeFlags, into string, yes bool) error {
	options, err := a.storeOptions(f, toWrite, false)
	if err != nil {
		return err
	}
	question := fmt.Sprintf("What the store in %s still tells goes into %s, and it is put aside.\nWhat cannot be read is given up, but for a backup (bulknum store check tells what that is).\nType yes to do so: ", f.runsDir, into)
	if err := a.agreed(ctx, question, yes, errNotSalvaged); err != nil {
		return err
	}
	done, err := sqlite.Salvage(ctx, options, into)
	if errors.Is(err, fs.ErrExist) {
		return &configError{err: err, hint: "give a NEW folder that is not there yet"}
	}
	if err != nil {
		return err
	}
	if err := text.Salvage(a.Out, text.Salvaged{
		From: done.Place, New: done.New, Aside: done.Aside, Brought: done.Brought, Lost: done.Lost, Gaps: done.Gaps,
	}); err != nil {
		return err
	}
	a.say("bulknum: from now on give --runs-dir %s", into)
	if len(done.Gaps) > 0 {
		return errLost
	}
	return nil
}

// agreed asks a question, unless --yes has answered it.
func (a *app) agreed(ctx context.Context, question string, yes bool, declined error) error {
	if yes {
		return nil
	}
	if !a.InTerminal {
		return fmt.Errorf("%w: %w", errNobody, declined)
	}
	agreed, err := a.typedYes(ctx, question)
	if err == nil && !agreed {
		return declined
	}
	return err
}
