package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/report/watch"
	"github.com/bulknum/bulknum/report/watch/log"
)

// watchFlags are the flags of commands that tell of themselves while they go.
type watchFlags struct {
	format  log.Format
	level   log.Level
	noColor bool
	quiet   bool
}

func (f *watchFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	parsedVar(flags, &f.format, "log-format", "", "console|json", "how log lines are written (default: console on a terminal, else json)", log.ParseFormat)
	parsedVar(flags, &f.level, "log-level", "info", "debug|info|warn|error", "the least important log lines that are written", log.ParseLevel)
	flags.BoolVar(&f.noColor, "no-color", false, "no colours")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no progress, and only warnings in the log")
}

// tellAsAsked takes from the flags of a command how it is to speak.
func (a *app) tellAsAsked(flags *pflag.FlagSet) {
	if f := flags.Lookup("quiet"); f != nil {
		a.quiet = f.Value.String() == "true"
	}
	if f := flags.Lookup("log-format"); f != nil && f.Value.String() == string(log.JSON) {
		a.Err = &jsonLines{w: a.Err}
	}
}

// inJSON reports whether all that is said is lines of JSON.
func (a *app) inJSON() bool {
	_, all := a.Err.(*jsonLines)
	return all
}

// options are those of the watcher on this terminal, or off one.
func (f *watchFlags) options(a *app, run string) watch.Options {
	format := f.format
	if format == "" {
		format = log.JSON
		if a.ErrTerminal {
			format = log.Console
		}
	}
	return watch.Options{
		Stderr:   a.display,
		Terminal: a.ErrTerminal && a.getenv("TERM") != "dumb",
		Width:    a.Width,
		Format:   format,
		Level:    f.level,
		Color:    a.colour() && !f.noColor,
		Quiet:    f.quiet,
		Run:      run,
		Status:   a.control.Status,
	}
}
