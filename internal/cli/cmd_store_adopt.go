package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/report/words"
)

func storeAdoptCommand(a *app) *cobra.Command {
	var f storeFlags
	var yes bool
	cmd := &cobra.Command{
		Use:   "adopt RUN",
		Short: "Give a replaced key's runs to the key that replaced it",
		Long: `Two keys of one account share its runs by themselves, as long as the API says
which account a key is for. Where it does not say, each key counts as an account
of its own: the runs of a key that was replaced then protect nothing from the
new key. This command gives all runs of RUN's account to the account of
TELEGENT_ACCOUNT_KEY (or TELEGENT_ACCOUNT_KEY_FILE) at the same address of the
API (TELEGENT_API_URL). It shows both and asks. It cannot be undone: be sure
that both keys are of one account.`,
		Example: `  bulknum store adopt 20261123T020000Z-nightly`,
		Args:    takesOne("RUN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			follow(a, &f, cmd.Flags(), args[0])
			return runStoreAdopt(cmd.Context(), a, &f, args[0], yes)
		},
	}
	f.define(cmd.Flags())
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	mustBeAsked(cmd.Flags(), "yes")
	return cmd
}

func runStoreAdopt(ctx context.Context, a *app, f *storeFlags, name string, yes bool) error {
	wanted, err := accountInEnvironment(a.Streams)
	if err != nil {
		return err
	}
	if len(wanted) == 0 {
		return &configError{err: errors.New("TELEGENT_ACCOUNT_KEY is not set: whose are the runs to be?"), hint: "set TELEGENT_ACCOUNT_KEY, or TELEGENT_ACCOUNT_KEY_FILE, to the key that is used from now on"}
	}
	in, done, _, err := a.storeOf(ctx, f, name)
	if err != nil {
		return err
	}
	defer done()
	run, err := in.Find(ctx, name)
	if err != nil {
		return err
	}
	is, err := in.Store.Run(ctx, run.Identity.Name)
	if err != nil {
		return err
	}
	from := is.Account
	if from.Name != "" {
		return &configError{err: fmt.Errorf("run %s is of account %s, as the API says: its runs stay its own", is.Name, from), hint: "a key of that account shares its runs by itself"}
	}
	to, err := in.Store.Account(ctx, wanted[0].API, wanted[0].Key)
	if err != nil {
		return err
	}
	switch {
	case from.API != to.API:
		return &configError{err: fmt.Errorf("run %s is for the API at %s, and the key for that at %s", is.Name, from.API, to.API), hint: "set TELEGENT_API_URL to the address of the run"}
	case from.Same(to):
		a.note("run %s is of key %s already", is.Name, to.Key)
		return nil
	}
	runs, err := in.Store.Runs(ctx, store.RunFilter{Account: from.ID})
	if err != nil {
		return err
	}
	question := fmt.Sprintf("%s runs of key %s, at %s, go over to %s.\nThis cannot be rolled back, and is right only if both keys are of one account.\nType yes to do so: ",
		words.Count(len(runs)), from.Key, from.API, spelled(to))
	if err := a.agreed(ctx, question, yes, errNotAdopted); err != nil {
		return err
	}
	adopter, ok := in.Store.(store.Adopter)
	if !ok {
		return fmt.Errorf("the store %s cannot do that", in.Store.Place())
	}
	if err := adopter.Adopt(ctx, from, to); err != nil {
		return err
	}
	a.note("%s runs of key %s are those of %s now", words.Count(len(runs)), from.Key, spelled(to))
	return nil
}

// spelled names an account with the key in use.
func spelled(to store.Account) string {
	if to.Name == "" {
		return "key " + to.Key
	}
	return fmt.Sprintf("key %s, of account %s", to.Key, to.Name)
}
