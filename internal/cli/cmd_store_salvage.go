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
		Short: "Copy the undamaged runs of a damaged store into a new one",
		Long: `Copy every run whose records are all undamaged into a new store, in the folder
NEW, which must not exist yet, or be empty. The runs keep their order, and their
folders are copied. The other runs are named, and recorded as having possibly
changed any number of their account, or of all accounts where it cannot be told
which: write-only fields then do not count as known, and rows not yet sent are
read again first. The folders of these runs, with results.csv, are copied as
evidence.

The damaged store is renamed to bulknum.db.aside-<UTC time> in its folder, and
is not changed. From then on the runs are kept in NEW: use --runs-dir NEW, or
rename the folders so that NEW has the old name.

It needs free space of twice the store. Exit code 0 when every run was copied, 5
when some were lost; those can only come from a backup.`,
		Example: `  bulknum store salvage runs-new`,
		Args:    takesOne("folder NEW"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runStoreSalvage(cmd.Context(), a, &f, args[0], yes)
		},
	}
	f.define(cmd.Flags())
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
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
	a.note("from now on give --runs-dir %s", into)
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
