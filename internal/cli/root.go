// Package cli is bulknum's command line: flags and the environment become a
// configuration, which is given to one call of the packages below. It is the
// only place that knows commands, terminals, the environment and exit codes.
package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/control"
)

// Main runs bulknum with its arguments and returns the exit code. The context
// ends with the cause [Interrupted] when a signal asks to stop.
func Main(ctx context.Context, s Streams, args []string) int {
	a := &app{Streams: s.escaped(), display: s.Err, control: control.New()}
	if asksForJSON(args) {
		a.tellInJSON()
	}
	err := execute(ctx, a, args)
	a.printError(err)
	return ExitCode(err)
}

// execute carries out the command that arguments give.
func execute(ctx context.Context, a *app, args []string) error {
	root := newRoot(a)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	a.command = cmd.CommandPath()
	if err != nil && !a.running {
		err = &usageError{err}
	}
	if stop := interruption(ctx); err != nil && errors.Is(err, context.Canceled) && stop != nil {
		err = stop
	}
	return err
}

// New returns the whole tree of commands, for what is made from it.
func New(s Streams) *cobra.Command {
	return newRoot(&app{Streams: s})
}

// freshTree is a tree of commands whose flags can be tried.
func freshTree() *cobra.Command { return New(Streams{}) }

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "bulknum",
		Short: "Bring thousands of phone numbers to the settings in a file",
		Long: `bulknum brings phone numbers to the settings in a CSV or JSONL file, through an
API that takes one number a call and allows few calls a minute. It sends only
what differs, at the allowed rate, and knows afterwards what became of each row.

  nightly  bulknum apply nightly.csv --yes   from cron, with nobody watching
  cutover  bulknum help cutover              thousands in waves, with a way back
  dry run  bulknum plan nightly.csv          what would change; nothing is sent

Begin without credentials:  bulknum apply --sandbox samples/nightly.csv
With them:                  bulknum check, and then bulknum plan FILE`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          commandsOnly,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			a.running = true
			if !cmd.HasParent() { // it only helps
				return nil
			}
			markGiven(cmd.Flags())
			err := become(a, cmd.Flags(), freshTree)
			if err == nil {
				err = environment(a.Streams, cmd)
			}
			a.tellAsAsked(cmd.Flags())
			if err == nil {
				err = separate(a, cmd.Flags())
			}
			if err != nil {
				return err
			}
			if goesOn(cmd) {
				return nil
			}
			return effective(cmd, nil)
		},
	}
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.SetFlagErrorFunc(mistypedFlag)
	for _, g := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Bring numbers to a file, and back", []*cobra.Command{planCommand(a), applyCommand(a), ctlCommand(a), resumeCommand(a), verifyCommand(a), rollbackCommand(a)}},
		{"Before", []*cobra.Command{validateCommand(a), checkCommand(a), routesCommand(a), exportCommand(a), sandboxCommand(a)}},
		{"For many accounts", []*cobra.Command{fleetCommand(a, execute, freshTree), workerCommand(a, execute, freshTree)}},
		{"Afterwards", []*cobra.Command{reportCommand(a), runsCommand(a), historyCommand(a), storeCommand(a)}},
	} {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title + ":"})
		for _, cmd := range g.commands {
			cmd.GroupID = g.title
			defineAccount(a, cmd)
			showGroups(a.Streams, cmd)
			root.AddCommand(cmd)
		}
	}
	root.AddCommand(versionCommand(a.Streams))
	root.AddCommand(topics()...)
	helpAsked(root)
	completes(a, root)
	wrapFlags(a.Streams, root)
	return root
}
