package cli

import (
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/report/mask"
	"github.com/bulknum/bulknum/report/watch"
	"github.com/bulknum/bulknum/report/watch/log"
)

// watchFlags are the flags of commands that tell of themselves while they go.
type watchFlags struct {
	format  log.Format
	level   log.Level
	mask    bool
	noColor bool
	quiet   bool
}

const (
	logFormatFlag = "log-format"
	logMaskFlag   = "log-mask"
)

func (f *watchFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	parsedVar(flags, &f.format, logFormatFlag, "", "console|json", "how log lines are written (default: console on a terminal, else json); where json is asked for, all that is on standard error", log.ParseFormat)
	parsedVar(flags, &f.level, "log-level", "info", "debug|info|warn|error", "the least important log lines that are written", log.ParseLevel)
	flags.BoolVar(&f.mask, logMaskFlag, false, "hide the middle of numbers, names, subscribers and SIMs in the log and run.log")
	flags.BoolVar(&f.noColor, "no-color", false, "no colours")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no progress, and only warnings in the log")
}

// tellAsAsked takes from the flags of a command, and their variables, how it is to speak.
func (a *app) tellAsAsked(flags *pflag.FlagSet) {
	if f := flags.Lookup("quiet"); f != nil {
		a.quiet = f.Value.String() == "true"
	}
	if f := flags.Lookup(logFormatFlag); f != nil && (f.Value.String() == string(log.JSON) || !f.Changed && a.getenv(variableOf(f)) == string(log.JSON)) {
		a.tellInJSON()
	}
	if f := flags.Lookup(logMaskFlag); f != nil && (f.Value.String() == "true" || !f.Changed && isTrue(a.getenv(variableOf(f)))) {
		maskLog(a)
	}
}

// maskLog hides from now on what identifies persons in all that is said.
func maskLog(a *app) {
	a.logMask = mask.New()
	if lines, ok := a.Err.(*log.Lines); ok {
		lines.Mask(a.logMask)
	} else {
		a.Err = mask.NewWriter(a.Err, a.logMask)
	}
}

// tellInJSON makes lines of JSON of all that is said from now on.
func (a *app) tellInJSON() {
	if !a.inJSON() {
		a.Err = log.NewLines(a.Err)
	}
}

// isTrue reports whether a variable turns a switch on.
func isTrue(text string) bool {
	on, err := strconv.ParseBool(text)
	return err == nil && on
}

// asksForJSON reports whether a command line asks for lines of JSON, also one that cannot be read.
func asksForJSON(args []string) bool {
	for n, arg := range args {
		if arg == "--"+logFormatFlag+"="+string(log.JSON) || arg == "--"+logFormatFlag && slices.Index(args[n:], string(log.JSON)) == 1 {
			return true
		}
	}
	return false
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
		Mask:     a.logMask,
		Run:      run,
		Status:   a.control.Status,
	}
}
