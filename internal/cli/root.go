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
	root := newRoot(a, args)
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
	return newRoot(&app{Streams: s}, nil)
}

// freshTree is a tree of commands whose flags can be tried.
func freshTree() *cobra.Command { return New(Streams{}) }

// newRoot is the tree of commands for arguments. If they begin with the name of a command, there is no other one: to make
// all of them takes longer than the rest of a start.
func newRoot(a *app, args []string) *cobra.Command {
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
				err = environment(a.Streams, cmd, freshTree)
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
	for _, g := range called(args) {
		if g.title != "" {
			root.AddGroup(&cobra.Group{ID: g.title, Title: g.title + ":"})
		}
		for _, c := range g.commands {
			cmd := c.make(a)
			cmd.GroupID = g.title
			if g.title != "" {
				defineAccount(a, cmd)
			}
			showGroups(a.Streams, cmd)
			root.AddCommand(cmd)
		}
	}
	root.AddCommand(topics()...)
	helpAsked(root)
	completes(a, root)
	wrapFlags(a.Streams, root)
	return root
}

// commandGroup is what --help lists under a title; without one it is of no account.
type commandGroup struct {
	title    string
	commands []namedCommand
}

// namedCommand makes the command of a name.
type namedCommand struct {
	name string
	make func(*app) *cobra.Command
}

// commandGroups are all commands.
func commandGroups() []commandGroup {
	return []commandGroup{
		{"Bring numbers to a file, and back", []namedCommand{
			{"plan", planCommand}, {"apply", applyCommand}, {"ctl", ctlCommand}, {"resume", resumeCommand}, {"verify", verifyCommand}, {"rollback", rollbackCommand},
		}},
		{"Before", []namedCommand{
			{"validate", validateCommand}, {"check", checkCommand}, {"routes", routesCommand}, {"export", exportCommand}, {"sandbox", sandboxCommand},
		}},
		{"For many accounts", []namedCommand{
			{"fleet", func(a *app) *cobra.Command { return fleetCommand(a, execute, freshTree) }},
			{"worker", func(a *app) *cobra.Command { return workerCommand(a, execute, freshTree) }},
		}},
		{"Afterwards", []namedCommand{
			{"report", reportCommand}, {"runs", runsCommand}, {"history", historyCommand}, {"store", storeCommand},
		}},
		{"", []namedCommand{{"version", func(a *app) *cobra.Command { return versionCommand(a.Streams) }}}},
	}
}

// called is the command that arguments begin with the name of, in its group; all of them if there is none.
func called(args []string) []commandGroup {
	all := commandGroups()
	for _, g := range all {
		for i, c := range g.commands {
			if len(args) > 0 && args[0] == c.name {
				return []commandGroup{{g.title, g.commands[i : i+1]}}
			}
		}
	}
	return all
}
