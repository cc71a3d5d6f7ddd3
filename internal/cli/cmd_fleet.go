package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/fleet"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/report/watch/notify"
)

// fleetFlags are those of the commands for many accounts, besides those that each account's command is given.
type fleetFlags struct {
	files      string
	out        string
	parallel   int
	first      []string
	onError    string
	maxChanges plan.Limit
	limited    bool
	yes        bool
	queue      bool
	json       bool
	quiet      bool
	runsDir    string
	publish    publishFlags
}

// The flags of a fleet that have an effect here.
const (
	filesFlag      = "files"
	maxChangesFlag = "max-changes-all"
	queueFlag      = "queue"
	onErrorStop    = "stop"
	onErrorGoOn    = "continue"
)

// executor carries out a command line for an app of its own.
type executor func(ctx context.Context, a *app, args []string) error

// fleetVerb is one of the commands for many accounts: what is carried out for each.
type fleetVerb struct {
	use, short, long, example string
	// each is the command for one account, whose flags it has, but for some.
	each    func(*app) *cobra.Command
	without []string
	// args are what stands behind the command's name.
	args []string
	file bool // it takes a file
}

// ofOne are the flags that belong to one account's run, or that the commands for many have themselves.
func ofOne() []string {
	return []string{
		"help", accountFlag, accountsFlag, "run", option.Plan, "approved", "max-plan-age", option.DryRun, "yes", stateFlag, "max-age",
		"json", formatFlag, option.Full, "unlisted", maskFlag, option.ConfirmWaves, "quiet", "listen", "metrics-file",
		"notify-url-file", "notify-format", "notify-on", resetFlag, option.RunsDir,
	}
}

func fleetCommand(a *app, execute executor, fresh func() *cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fleet",
		Short: "Do the same for many accounts at once",
		Long: `Carry out a command for each account that has a file NAME.env in --accounts: one
run, rate, lock and report an account, side by side. What came of all of them is
one table, one page, one exit code, the worst, and one notification. See
docs/accounts.md.`,
		Args: commandsOnly,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, verb := range fleetVerbs() {
		of := verb.command(a, execute, fresh)
		showGroups(a.Streams, of)
		cmd.AddCommand(of)
	}
	cmd.AddCommand(fleetStatusCommand(a), fleetCancelCommand(a))
	return cmd
}

const fleetFile = `FILE has a column Account that says whose each row is. An account that there is
not, in any row, refuses the whole file. With --files DIR, each account has the
file DIR/NAME.csv, or .jsonl, instead.`

// fleetVerbs are all of them.
func fleetVerbs() []fleetVerb {
	return []fleetVerb{
		{
			use: "plan FILE | plan --files DIR", short: "Show what a file would change at each account, and send nothing",
			long:    "Make the plan of each account's rows; nothing is sent.\n\n" + fleetFile,
			example: "  bulknum fleet plan all.csv",
			each:    planCommand, file: true,
		},
		{
			use: "apply FILE | apply --files DIR", short: "Bring the numbers of each account to the settings in a file",
			long: "Apply each account's rows, at its own rate.\n\n" + fleetFile + `

Without --yes, and with --max-changes-all, the plans of all accounts are made
first: then somebody is asked, and the guard over all is measured, before
anything is sent; each account's guards hold besides. With --first, the accounts
that are named go ahead, and the others follow when all of these have ended.
Once an account has failed no other begins, and those that have begun come to
their end; --on-error continue lets the others begin.

With --queue, and a store in PostgreSQL, the runs are only entered, all or none,
and carried out by bulknum worker; bulknum fleet status shows them.`,
			example: "  bulknum fleet apply all.csv --yes --on-error continue\n  bulknum fleet apply --files night --first acme,demo --yes",
			each:    applyCommand, file: true,
		},
		{
			use: "verify", short: "Read the numbers of each account's latest run again",
			long:    "Verify the latest run of each account that sent something. Nothing is sent.",
			example: "  bulknum fleet verify --detailed-exitcode",
			each:    verifyCommand, args: []string{"latest"},
		},
		{
			use: "export --out DIR", short: "Write each account's inventory into a file",
			long:    "Write the inventory of each account into DIR/NAME.csv, or .jsonl.",
			example: "  bulknum fleet export --out inventories",
			each:    exportCommand,
		},
		{
			use: "report", short: "Tell again of each account's latest run",
			long:    "Make the reports of the latest run of each account again, and the page that\nlinks them.",
			example: "  bulknum fleet report",
			each:    reportCommand, args: []string{"latest"},
			without: []string{option.Status, option.AsInput},
		},
	}
}

// name is the verb itself.
func (v fleetVerb) name() string {
	name, _, _ := strings.Cut(v.use, " ")
	return name
}

// command is the command for many accounts.
func (v fleetVerb) command(a *app, execute executor, fresh func() *cobra.Command) *cobra.Command {
	var f fleetFlags
	cmd := &cobra.Command{Use: v.use, Short: v.short, Long: v.long, Example: v.example, Args: takesNone}
	if v.file {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 && f.files != "" {
				return nil
			}
			if f.files != "" {
				return fmt.Errorf("%s takes a FILE, or --files DIR, and not both", cmd.CommandPath())
			}
			return takesOne("FILE, or --files DIR")(cmd, args)
		}
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return runFleet(a, cmd, &fleetRun{flags: &f, verb: v, execute: execute, fresh: fresh}, args)
	}
	flags := cmd.Flags()
	f.define(a, flags, v)
	v.each(a).Flags().VisitAll(func(flag *pflag.Flag) {
		if !slices.Contains(v.without, flag.Name) && !slices.Contains(ofOne(), flag.Name) || v.name() == "export" && flag.Name == formatFlag {
			flags.AddFlag(flag)
		}
	})
	inGroup(flags, whatGroup)
	return cmd
}

// define defines the flags of a command for many accounts.
func (f *fleetFlags) define(a *app, flags *pflag.FlagSet, v fleetVerb) {
	defineAccounts(a, flags)
	flags.StringVar(&f.runsDir, option.RunsDir, "runs", "the runs folder `DIR`: each account has its runs in a folder of its name there, and the page is in "+fleetFolder)
	flags.IntVar(&f.parallel, "parallel", 0, "work for `N` accounts at a time (default: all, up to 64)")
	parsedVar(flags, &f.first, "first", "", "LIST", "the accounts that go ahead, as in acme,demo", parseList)
	parsedVar(flags, &f.onError, "on-error", onErrorStop, onErrorStop+"|"+onErrorGoOn, "whether others begin when an account has failed", parseOnError)
	if v.file {
		flags.StringVar(&f.files, filesFlag, "", "take each account's rows from the file of its name in `DIR`")
	}
	if v.name() == "export" {
		flags.StringVar(&f.out, "out", "", "the folder `DIR` that the files are written into")
		mustBeAsked(flags, "out")
	}
	if v.name() == "apply" {
		flags.BoolVar(&f.yes, "yes", false, "send without asking")
		parsedVar(flags, &f.maxChanges, maxChangesFlag, "", "N|P%", "refuse, before anything is sent, when more rows of all accounts together would change", f.parseMaxChanges)
		flags.BoolVar(&f.queue, queueFlag, false, "enter the accounts' runs for bulknum worker, on any host, to carry out")
		mustBeAsked(flags, "yes", queueFlag, maxChangesFlag)
	}
	mustBeAsked(flags, "first")
	if v.file {
		mustBeAsked(flags, filesFlag)
	}
	inGroup(flags, whatGroup)
	flags.BoolVar(&f.json, "json", false, "print what became of the accounts as one JSON document")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "do not say which account begins and ends")
	f.publish.notifyForm, f.publish.notifyOn = notify.FormatJSON, notify.OnAlways
	f.publish.defineNotify(flags)
	inGroup(flags, outputGroup)
}

// parseMaxChanges reads the limit of changes over all accounts.
func (f *fleetFlags) parseMaxChanges(text string) (plan.Limit, error) {
	f.limited = true
	return plan.ParseLimit(text)
}

// parseList reads names with commas between them.
func parseList(text string) ([]string, error) {
	var names []string
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("it names no account")
	}
	return names, nil
}

// parseOnError reads what becomes of the others when an account has failed.
func parseOnError(text string) (string, error) {
	if text != onErrorStop && text != onErrorGoOn {
		return "", fmt.Errorf("%q is neither %s nor %s", text, onErrorStop, onErrorGoOn)
	}
	return text, nil
}

// options say in which order accounts are worked for.
func (f *fleetFlags) options() fleet.Options {
	return fleet.Options{Parallel: f.parallel, First: f.first, GoOn: f.onError == onErrorGoOn}
}
