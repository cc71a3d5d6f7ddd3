package cli

import (
	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/report/watch"
)

// watchFlags are the flags of commands that tell of themselves while they go.
type watchFlags struct {
	format  watch.LogFormat
	level   watch.Level
	noColor bool
	quiet   bool
}

func (f *watchFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	parsedVar(flags, &f.format, "log-format", "", "console|json", "how log lines are written (default: console on a terminal, else json)", watch.ParseLogFormat)
	parsedVar(flags, &f.level, "log-level", "info", "debug|info|warn|error", "the least important log lines that are written", watch.ParseLevel)
	flags.BoolVar(&f.noColor, "no-color", false, "no colours")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no progress, and only warnings in the log")
}

// options are those of the watcher on this terminal, or off one.
func (f *watchFlags) options(s Streams, run string) watch.Options {
	format := f.format
	if format == "" {
		format = watch.LogJSON
		if s.ErrTerminal {
			format = watch.LogConsole
		}
	}
	return watch.Options{
		Stderr:   s.Err,
		Terminal: s.ErrTerminal && s.getenv("TERM") != "dumb",
		Width:    s.Width,
		Format:   format,
		Level:    f.level,
		Color:    s.colour() && !f.noColor,
		Quiet:    f.quiet,
		Run:      run,
	}
}
