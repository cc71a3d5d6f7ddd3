package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/route"
	"github.com/bulknum/bulknum/report/files"
	"github.com/bulknum/bulknum/report/text"
	"github.com/bulknum/bulknum/report/words"
)

// routesFlags are those of routes.
type routesFlags struct {
	connect connectFlags
	store   storeFlags
	state   string
	json    bool
}

func routesCommand(a *app) *cobra.Command {
	var f routesFlags
	cmd := &cobra.Command{
		Use:   "routes",
		Short: "List the routes of the account, and how many numbers are on each",
		Long: `List the message and voice routes of the account: the name, id and state of
each, and how many numbers of the inventory are on it; also routes that only
numbers tell of, and how many numbers have none. Nothing is changed. It takes a
request and a token for either list, and the pages of the inventory, unless
--state has an export of it.

A route can be named in place of its id, as in name:EU SMS hub.

Exit code 5 when a list cannot be read, or not all numbers came.`,
		Example: `  bulknum routes
  bulknum routes --state inventory.csv --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRoutes(a, cmd, &f) },
	}
	f.connect.store = &f.store
	f.connect.define(cmd)
	flags := cmd.Flags()
	f.store.defineSandboxPlace(flags)
	f.store.defineReset(flags)
	flags.StringVar(&f.state, "state", "", "count the numbers of this `FILE`, made by export, in place of reading them")
	flags.BoolVar(&f.json, "json", false, "print them as one JSON document")
	mustBeAsked(flags, "state")
	inGroup(flags, whatGroup, "state", sandboxFlag, resetFlag)
	inGroup(flags, runGroup, option.RunsDir)
	inGroup(flags, outputGroup, "json")
	inGroup(flags, rateGroup)
	return cmd
}

func runRoutes(a *app, cmd *cobra.Command, f *routesFlags) error {
	way, err := a.connect(cmd, &f.connect)
	if err != nil {
		return err
	}
	defer way.close()
	if way.config.Credentials.AccountKey == "" {
		return &configError{
			err:  errors.New("TELEGENT_TOKEN is good for one endpoint, and routes are read from two"),
			hint: "set TELEGENT_ACCOUNT_KEY and TELEGENT_ACCOUNT_SECRET",
		}
	}
	reader, done, err := a.readerOf(cmd, &f.connect, way)
	if err != nil {
		return err
	}
	defer done()
	var found route.Census
	if f.state != "" {
		var trouble *route.FileError
		if found, err = route.CountFile(cmd.Context(), reader, f.state); errors.As(err, &trouble) {
			err = &configError{err: fmt.Errorf("--state: %w", err), hint: "make it with: bulknum export > " + words.ShellWord(f.state)}
		}
	} else {
		found, err = route.CountInventory(cmd.Context(), reader)
	}
	if err != nil {
		return err
	}
	if f.json {
		err = files.RoutesJSON(a.Out, found)
	} else {
		err = text.Routes(a.Out, found)
	}
	if err == nil && (!found.Whole || len(found.Unlisted) > 0) {
		err = errPartOfRoutes
	}
	return err
}
