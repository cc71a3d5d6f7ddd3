package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/fleet"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/overview"
	"github.com/bulknum/bulknum/report/watch/systemd"
	"github.com/bulknum/bulknum/report/words"
)

// one carries the command out for one account.
func (f *fleetRun) one(ctx context.Context, account string) fleet.Outcome {
	args := append([]string{f.verb.name()}, f.verb.args...)
	if f.verb.file {
		args = append(args, cmp.Or(f.path, f.inputs[account]))
	}
	if f.verb.name() == "apply" {
		args = append(args, "--yes")
	}
	return f.command(ctx, account, args, f.passed(nil))
}

// plan makes the plan of one account's rows.
func (f *fleetRun) plan(ctx context.Context, account string) fleet.Outcome {
	known := planCommand(&app{}).Flags()
	return f.command(ctx, account, []string{"plan", cmp.Or(f.path, f.inputs[account])}, f.passed(func(name string) bool { return known.Lookup(name) != nil }))
}

// applyPlanned carries out the plan of one account.
func (f *fleetRun) applyPlanned(ctx context.Context, account string) fleet.Outcome {
	p := f.planned[account]
	if p.Failed() || p.Counts[result.Planned] == 0 {
		return p
	}
	asMade := func(name string) bool {
		return !slices.ContainsFunc(clashes(), func(c clash) bool { return c.beside == option.Plan && slices.Contains(c.options, name) })
	}
	return f.command(ctx, account, []string{"apply", "--" + option.Plan, p.Run, "--yes"}, f.passed(asMade))
}

// passed are the flags that were given for each account, as far as they are wanted; nil: all.
func (f *fleetRun) passed(wanted func(name string) bool) []string {
	var args []string
	for _, flag := range f.given {
		switch {
		case wanted != nil && !wanted(flag.Name):
		case f.path != "" && flag.Name == option.Encoding: // what a file was split into is in UTF-8
		default:
			args = append(args, valuesGiven(flag)...)
		}
	}
	return args
}

// valuesGiven is a flag as it was given, once for each value.
func valuesGiven(flag *pflag.Flag) []string {
	values := []string{flag.Value.String()}
	switch v := flag.Value.(type) {
	case pflag.SliceValue:
		values = v.GetSlice()
	case interface{ Given() []string }:
		values = v.Given()
	}
	args := make([]string, len(values))
	for i, value := range values {
		args[i] = "--" + flag.Name
		if value != flag.NoOptDefVal {
			args[i] += "=" + value
		}
	}
	return args
}

// command carries a command out for an account, as a process of its own would, and tells what came of it. What it prints
// and logs is in files of the account's.
func (f *fleetRun) command(ctx context.Context, account string, args, given []string) fleet.Outcome {
	out, log, err := f.files(account)
	if err != nil {
		return fleet.Outcome{ExitCode: ExitCode(err), Why: result.OneLine(err)}
	}
	child := &app{control: control.New(), Streams: f.app.Streams, display: log}
	child.In, child.Out, child.Err = strings.NewReader(""), out, log
	child.OutTerminal, child.ErrTerminal, child.DiscardInput = false, false, nil
	child.Width, child.OutWidth = nil, nil
	child.LookupEnv = f.environment()
	if f.hosts != nil {
		child.hosted = f.hosts(account)
	}
	if f.path != "" {
		child.input = func() (io.ReadCloser, error) { return safefile.OpenInput(ctx, f.inputs[account]) }
	}
	args = append(args, "--"+accountFlag, account, "--"+accountsFlag, f.app.accounts.dir)
	if f.verb.name() == "report" || f.verb.name() == "export" { // which have no log
		child.quiet = true
	}
	f.say("%s: %s begins", account, args[0])
	err = f.execute(ctx, child, append(args, given...))
	if !errors.Is(err, runs.ErrNone) {
		child.printError(err)
	}
	err = errors.Join(err, out.Close(), log.Close())
	o := outcomeOf(child, err)
	f.say("%s: %s ends, exit code %d: %s", account, args[0], o.ExitCode, cmp.Or(overview.Became(o), "nothing to tell"))
	return o
}

// outcomeOf is what came of a command.
func outcomeOf(child *app, err error) fleet.Outcome {
	if errors.Is(err, runs.ErrNone) {
		return fleet.Outcome{State: "no run yet"}
	}
	o := fleet.Outcome{ExitCode: ExitCode(err)}
	if err != nil && !errors.Is(err, errChanges) {
		o.Why = words.Printable(result.OneLine(err))
	}
	if s := child.summary; s != nil {
		o.Run, o.Folder, o.State, o.Rows, o.Counts = s.Run.Name, s.Folder, string(s.State), s.Rows, s.Counts
	}
	if r := child.export; r != nil {
		o.Rows, o.State = r.Written, exportedOf(*r)
	}
	if v := child.verification; v != nil {
		o.Run, o.Folder = v.Run.Identity.Name, v.Run.Folder()
		for _, status := range result.VerifyStatuses() {
			if n := v.Counts[status]; n > 0 {
				o.Rows += n
				o.State = strings.TrimPrefix(o.State+", "+words.Count(n)+" "+string(status), ", ")
			}
		}
	}
	return o
}

// files are those that an account's command prints and logs into.
func (f *fleetRun) files(account string) (out, log *os.File, err error) {
	path := filepath.Join(f.dir, account+".txt")
	if f.verb.name() == "export" {
		path = filepath.Join(f.flags.out, account+"."+cmp.Or(f.format(), "csv"))
	}
	out, err = safefile.OpenOwn(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, safefile.OwnerOnly)
	if err != nil {
		return nil, nil, err
	}
	log, err = safefile.OpenOwn(filepath.Join(f.dir, account+".log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, safefile.OwnerOnly)
	if err != nil {
		return nil, nil, errors.Join(err, out.Close())
	}
	return out, log, nil
}

// format is that of an export, if it was given.
func (f *fleetRun) format() string {
	for _, flag := range f.given {
		if flag.Name == formatFlag {
			return flag.Value.String()
		}
	}
	return ""
}

// environment is that of each account's command: without what is of the one command for all.
func (f *fleetRun) environment() func(string) (string, bool) {
	return withoutOwn(f.app.LookupEnv, len(f.accounts), notifyVariable, notifyVariable+"_FILE", variableName("quiet"), variableName(formatFlag), variableName("json"))
}

// withoutOwn is an environment for the commands of several accounts, without what is of the process that carries them out.
func withoutOwn(lookup func(string) (string, bool), several int, more ...string) func(string) (string, bool) {
	hidden := slices.Concat(more, []string{
		variableName(accountFlag), variableName(accountsFlag), variableName("metrics-file"),
		variableName(listenFlag), variableName(listenTokenFlag), systemd.Variable,
	})
	if several > 1 {
		hidden = append(hidden, credentialsFolder) // it has one secret
	}
	return func(name string) (string, bool) {
		if slices.Contains(hidden, name) {
			return "", false
		}
		return lookup(name)
	}
}
