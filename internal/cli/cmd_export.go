package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/export"
	"github.com/bulknum/bulknum/batch/input"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/route"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/words"
)

// exportFlags are those of export.
type exportFlags struct {
	connect connectFlags
	store   storeFlags
	config  export.Config
	state   string
	quiet   bool
}

func (f *exportFlags) define(cmd *cobra.Command) {
	f.connect.store = &f.store
	f.connect.define(cmd)
	flags := cmd.Flags()
	f.store.defineSandboxPlace(flags)
	f.store.defineReset(flags)
	repeatedVar(flags, &f.config.Where, "where", "FIELD=VALUE", "only numbers that have this value, or none for FIELD=, or Status=Active; repeatable, all must hold", export.AddWhere)
	repeatedVar(flags, &f.config.Set, "set", "FIELD=VALUE", "write this value instead of the number's, and only such fields; repeatable", input.AddSet)
	parsedVar(flags, &f.config.Format, "format", "csv", "csv|jsonl", "how the rows are written", input.ParseFormat)
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "do not say how many numbers were exported")
	flags.StringVar(&f.state, stateFlag, "", "write what `RUN` had read when it was planned, from the store, in place of asking the API")
	mustBeAsked(flags, "where", "set", stateFlag)
	inGroup(flags, whatGroup, "where", "set", stateFlag, sandboxFlag, resetFlag)
	inGroup(flags, runGroup, option.RunsDir)
	inGroup(flags, outputGroup, "format", "quiet")
	inGroup(flags, rateGroup)
}

func exportCommand(a *app) *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the inventory as a file that can be read as input",
		Long: `Read the account's inventory and write it to standard output, page by page: as a
backup, as the base of an edit, or as the FILE of plan --state and of apply
--sandbox --state. With --where and --set it is a migration that can be applied
as it is: a column If.<Field> has what each field must be then, so that a number
that has moved meanwhile is not sent. A field that the API does not show has no
such condition, and a warning says so; without --set it is written as <unknown>,
which keeps a setting as it is, as a blank cell does.

A route can be named, as in name:EU SMS hub. What numbers have is written by
ids; what --set names stays a name, which is looked up again when the file is
applied.

A file for --state is as old as its modification time says: copy it with cp -p.

With --state RUN it is written from what RUN read of its numbers before it was
planned: as they were before it. Nothing is asked of the API, so that no
credentials are needed, and routes are told by their ids.

Exit code 5 when the API listed fewer numbers than it says there are, because
its pages shifted while they were read, or showed a number twice, and not alike.
After any other code but 0 the file is not whole, and the error says after how
many numbers it broke off.`,
		Example: `  bulknum export > inventory.csv
  bulknum export --where MessageRouteId=MRID-old --set MessageRouteId=MRID-new > cutover.csv
  bulknum export --set 'VoiceRouteId=name:New trunk' > cutover.csv`,
		Args: takesNone,
		RunE: func(cmd *cobra.Command, _ []string) error { return runExport(a, cmd, &f) },
	}
	f.define(cmd)
	return cmd
}

// readerOf is for a command that reads the account without a run; done ends it.
func (a *app) readerOf(cmd *cobra.Command, f *connectFlags, way *connection) (_ *client.Reader, done func(), err error) {
	reader, err := client.NewReader(way.config)
	if err != nil {
		return nil, nil, &configError{err: err}
	}
	if err := a.awaitAsked(cmd.Context(), f, way, reader); err != nil {
		return nil, nil, err
	}
	done, err = shareQuota(cmd.Context(), a, f, way, reader.Gate(), sharer{})
	if err != nil {
		return nil, nil, err
	}
	return reader.With(client.Trace{Waiting: printWaits(a.Streams)}).WithPaging(a.paging(cmd.Context(), f, way)), done, nil
}

func runExport(a *app, cmd *cobra.Command, f *exportFlags) error {
	if f.state != "" {
		return exportState(a, cmd, f)
	}
	way, err := a.connect(cmd, &f.connect)
	if err != nil {
		return err
	}
	defer way.close()
	reader, done, err := a.readerOf(cmd, &f.connect, way)
	if err != nil {
		return err
	}
	defer done()
	f.config.Reader = reader
	names := route.NewDirectory(f.config.Reader)
	if way.config.Credentials.AccountKey == "" {
		names = route.NewDirectory(nil)
	}
	where, whereErr := findRoutes(cmd.Context(), "where", f.config.Where.Settings, names)
	_, setErr := findRoutes(cmd.Context(), "set", f.config.Set, names) // written as it is named: apply finds it again
	if err := errors.Join(whereErr, setErr); err != nil {
		return err
	}
	f.config.Where.Settings = where
	if !f.quiet {
		f.config.Tell = a.exporting()
	}
	result, err := export.Export(cmd.Context(), f.config, a.Out)
	a.export = &result
	if err != nil {
		return err
	}
	return concludeExport(a, f, result)
}

// concludeExport tells what was exported, and what is to be known of it.
func concludeExport(a *app, f *exportFlags, result export.Result) error {
	if !f.quiet {
		a.exported(result)
	}
	if result.Damaged > 0 {
		a.warn("written as <unknown> because of damaged characters, or as they read as no value: %s; the first one is %s",
			words.CountOf(result.Damaged, "value"), result.Damage)
	}
	if result.Blind > 0 {
		a.warn("%s set %s without a precondition, because the API does not show what the number has: it is sent whatever that is by then",
			words.CountOf(result.Blind, "row"), strings.Join(result.BlindIn, " and "))
	}
	if result.Refused > 0 {
		a.warn("%s of the rows cannot be read as input as they are; the first one is %s", words.Count(result.Refused), result.Refusal)
	}
	if len(result.Untold) > 0 {
		a.warn("the API shows %s of no number, so --where cannot be judged", strings.Join(result.Untold, " and "))
	}
	if !result.Whole || result.Unlike > 0 {
		return &partError{result}
	}
	return nil
}

// tellEvery is how often a long export says how far it is.
const tellEvery = 30 * time.Second

// exporting says now and then how far an export is.
func (a *app) exporting() func(export.Result) {
	last := time.Now()
	return func(r export.Result) {
		if time.Since(last) >= tellEvery {
			last = time.Now()
			a.exported(r)
		}
	}
}

// exported says what has been exported.
func (a *app) exported(r export.Result) { a.say("%s", exportedOf(r)) }

// exportedOf is what has been exported: of how many there are by the API's word, or else of how many came.
func exportedOf(r export.Result) string {
	return fmt.Sprintf("exported %s of %s numbers", words.Count(r.Written), words.Count(max(r.Total, r.Read)))
}
