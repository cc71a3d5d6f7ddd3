// Package cli is bulknum's command line: flags and the environment become a
// configuration, which is given to one call of the packages below. It is the
// only place that knows commands, terminals, the environment and exit codes.
package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/control"
)

// Main runs bulknum with its arguments and returns the exit code. The context
// ends with the cause [Interrupted] when a signal asks to stop.
func Main(ctx context.Context, s Streams, args []string) int {
	a := &app{Streams: s.escaped(), display: s.Err, control: control.New()}
	root := newRoot(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.running {
		err = &usageError{err}
	}
	if stop := interruption(ctx); err != nil && errors.Is(err, context.Canceled) && stop != nil {
		err = stop
	}
	printError(a.Streams, err)
	return ExitCode(err)
}

// New returns the whole tree of commands, for what is made from it.
func New(s Streams) *cobra.Command {
	return newRoot(&app{Streams: s})
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "bulknum",
		Short: "Bring thousands of phone numbers to the settings in a file",
		Long: `bulknum brings phone numbers to the settings in a CSV or JSONL file, through an
API that takes one number a call and allows few calls a minute.

Try it without credentials:  bulknum apply --sandbox samples/nightly.csv

Every flag also has an environment variable, BULKNUM_ and its name in capitals
(BULKNUM_RATE for --rate), except those that ask for something or disarm a
guard. A flag beats the environment. Other names that begin with BULKNUM_ are
refused, but for BULKNUM_GATE_..., which a gate is told.

` + exitCodeHelp,
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			a.running = true
			cmd.Flags().Visit(func(f *pflag.Flag) { a.given = append(a.given, f.Name) })
			if err := environment(a.Streams, cmd); err != nil || goesOn(cmd) {
				return err
			}
			return a.effective(cmd, nil)
		},
	}
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	root.AddCommand(
		applyCommand(a), planCommand(a), resumeCommand(a), verifyCommand(a), rollbackCommand(a),
		validateCommand(a), checkCommand(a), exportCommand(a), reportCommand(a), ctlCommand(a), runsCommand(a),
		historyCommand(a), storeCommand(a), sandboxCommand(a), versionCommand(a.Streams),
	)
	return root
}
