package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/fleet"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/internal/accounts"
	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/overview"
	"github.com/bulknum/bulknum/report/text"
	"github.com/bulknum/bulknum/report/watch/notify"
	"github.com/bulknum/bulknum/report/watch/systemd"
	"github.com/bulknum/bulknum/report/words"
)

// fleetFolder is what is of all accounts, in the runs folder.
const fleetFolder = accounts.Fleet

// fleetRun is a command that is carried out for many accounts.
type fleetRun struct {
	flags   *fleetFlags
	verb    fleetVerb
	execute executor
	fresh   func() *cobra.Command // a tree of commands whose flags can be tried

	app      *app
	dir      string            // of what is told of it
	inputs   map[string]string // the file of each account, by its name; nil: there are none
	path     string            // what the file is called that they were made of; "": they are the accounts' own
	accounts []string
	hosts    func(account string) *hosted // nil: the commands are carried out here
	given    []*pflag.Flag
	planned  map[string]fleet.Outcome
	telling  sync.Mutex
}

// runFleet carries a command out for each account.
func runFleet(a *app, cmd *cobra.Command, f *fleetRun, args []string) (err error) {
	f.app = a
	var notifier *notify.Notifier
	done := &overview.Document{Command: f.verb.name()}
	defer func() {
		if notifier != nil {
			notifier.End(runs.Outcome{At: time.Now(), ExitCode: ExitCode(err), Err: err})
		}
	}()
	if notifier, err = f.notifier(done); err != nil {
		return err
	}
	cleanUp, err := f.prepare(cmd, args)
	if err != nil {
		return err
	}
	defer cleanUp()
	if f.flags.queue {
		return errors.Join(enterFleet(cmd.Context(), f), os.RemoveAll(f.dir))
	}
	began := time.Now()
	outcomes, refused := f.carryOut(cmd.Context())
	if outcomes == nil {
		return errors.Join(refused, os.RemoveAll(f.dir))
	}
	var codes []int
	for _, o := range outcomes {
		codes = append(codes, o.ExitCode)
	}
	if stop := interruption(cmd.Context()); stop != nil {
		codes = append(codes, ExitCode(stop))
	}
	if refused != nil {
		codes = append(codes, ExitCode(refused))
	}
	*done = *overview.New(f.verb.name(), began, fleet.Worst(codes), outcomes)
	err = f.tell(cmd.Context(), done)
	if refused != nil {
		return refused // what the accounts came to stands above
	}
	return err
}

// notifier tells of the end; nil: nobody is to be told.
func (f *fleetRun) notifier(of *overview.Document) (*notify.Notifier, error) {
	address, err := f.flags.publish.address(f.app.Streams)
	if err != nil || address.IsZero() {
		return nil, err
	}
	return notify.Start(notify.Options{
		Address: address, Format: f.flags.publish.notifyForm, On: f.flags.publish.notifyOn, Job: "fleet " + f.verb.name(),
		Status: func(time.Time) *control.Status { return &control.Status{Counts: of.Counts} },
		Warn:   func(what string, err error) { f.app.warn("%s: %v", what, err) },
	}), nil
}

// prepare checks all that can be known before the first account begins; cleanUp removes what is needed meanwhile only.
func (f *fleetRun) prepare(cmd *cobra.Command, args []string) (cleanUp func(), err error) {
	if f.flags.parallel < 0 {
		return nil, &usageError{fmt.Errorf("--parallel %d: must be at least 1", f.flags.parallel)}
	}
	if f.verb.name() == "export" && f.flags.out == "" {
		return nil, &usageError{errors.New("give the folder for the files with --out DIR")}
	}
	own := f.verb.each(&app{}).Flags()
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if givenAsFlag(flag) && own.Lookup(flag.Name) != nil && !f.own(flag.Name) {
			f.given = append(f.given, flag)
		}
	})
	names, err := accounts.Names(f.app.accounts.dir)
	if err != nil {
		return nil, &configError{err: err, hint: "give the folder of the accounts' files with --" + accountsFlag}
	}
	if _, err := accounts.Read(f.app.accounts.dir, names, accountRules(f.fresh())); err != nil {
		return nil, badAccounts(err)
	}
	f.accounts = names
	f.dir = filepath.Join(f.flags.runsDir, fleetFolder, time.Now().UTC().Format("20060102T150405Z")+"-"+f.verb.name())
	if err := f.makeFolder(); err != nil {
		return nil, inRunsFolder(err)
	}
	cleanUp, err = f.takeInputs(cmd, args)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(f.dir))
	}
	for _, name := range f.flags.first {
		if !slices.Contains(f.accounts, name) {
			cleanUp()
			return nil, errors.Join(&usageError{fmt.Errorf("--first %s: there is nothing to do for such an account", name)}, os.RemoveAll(f.dir))
		}
	}
	return cleanUp, nil
}

// own reports whether a flag is the command's for many, though that for one has it too.
func (f *fleetRun) own(name string) bool {
	return slices.Contains(ofOne(), name) && name != option.RunsDir && (name != formatFlag || f.verb.name() != "export")
}

// makeFolder makes the folder of what is told, with a name that is new.
func (f *fleetRun) makeFolder() error {
	if err := os.MkdirAll(filepath.Dir(f.dir), 0o700); err != nil {
		return err
	}
	dir := f.dir
	for n := 2; ; n++ {
		err := os.Mkdir(f.dir, 0o700)
		if !errors.Is(err, os.ErrExist) {
			return err
		}
		f.dir = fmt.Sprintf("%s-%d", dir, n)
	}
}

// carryOut does the work: at once, or in two steps where all plans must be known before anything is sent. An error beside
// outcomes refuses what they would do.
func (f *fleetRun) carryOut(ctx context.Context) ([]fleet.Outcome, error) {
	options := f.flags.options()
	if f.verb.name() != "apply" || f.flags.yes && !f.flags.limited {
		return fleet.Work(ctx, f.accounts, options, f.one), nil
	}
	if slices.ContainsFunc(f.given, func(flag *pflag.Flag) bool { return flag.Name == "continue" }) {
		return nil, &usageError{errors.New("--continue goes on without another plan: give --yes, and leave out --" + maxChangesFlag)}
	}
	if !f.flags.yes && !f.app.InTerminal {
		return nil, fmt.Errorf("%w: %w", errNobody, result.ErrDeclined)
	}
	f.planned = map[string]fleet.Outcome{}
	plans := fleet.Work(ctx, f.accounts, fleet.Options{Parallel: options.Parallel, GoOn: options.GoOn}, f.plan)
	updates, rows, failed := 0, 0, false
	for _, p := range plans {
		f.planned[p.Account] = p
		updates, rows, failed = updates+p.Counts[result.Planned], rows+p.Rows, failed || p.Failed()
	}
	if interrupted := context.Cause(ctx) != nil; interrupted || failed && !options.GoOn {
		return plans, nil //nolint:nilerr // the plans say why
	}
	if f.flags.limited && f.flags.maxChanges.Over(updates, rows) {
		return plans, guard.Refuse(fmt.Sprintf("%s of all accounts would change, of %s: more than --%s %s allows",
			words.CountOf(updates, "row"), words.Count(rows), maxChangesFlag, f.flags.maxChanges))
	}
	if err := f.agree(ctx, plans, updates); err != nil {
		return plans, err
	}
	return fleet.Work(ctx, f.accounts, options, f.applyPlanned), nil
}

// agree asks whether the plans are to be carried out.
func (f *fleetRun) agree(ctx context.Context, plans []fleet.Outcome, updates int) error {
	if f.flags.yes || updates == 0 {
		return nil
	}
	if err := text.Fleet(f.app.Err, overview.New("plan", time.Now(), 0, plans)); err != nil {
		return err
	}
	agreed, err := f.app.typedYes(ctx, fmt.Sprintf("\n%s of %s.\nType yes to send them: ", words.CountOf(updates, "update"), words.CountOf(len(plans), "account")))
	if err == nil && !agreed {
		err = result.ErrDeclined
	}
	return err
}

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
		args[i] = "--" + flag.Name + "=" + value
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
	hidden := []string{
		notifyVariable, notifyVariable + "_FILE", variableName("metrics-file"),
		variableName("quiet"), variableName(formatFlag), variableName("json"),
	}
	if len(f.accounts) > 1 {
		hidden = append(hidden, credentialsFolder) // it has one secret
	}
	return ofAccount(f.app.LookupEnv, hidden...)
}

// ofAccount is the environment of an account's command, beside which there are others in this process: without what is
// of all of them, and without more that is named.
func ofAccount(lookup func(string) (string, bool), hidden ...string) func(string) (string, bool) {
	hidden = append(hidden, variableName(accountFlag), variableName(accountsFlag),
		variableName(listenFlag), variableName(listenTokenFlag), systemd.Variable)
	return func(name string) (string, bool) {
		if slices.Contains(hidden, name) {
			return "", false
		}
		return lookup(name)
	}
}

// say tells which account begins and ends.
func (f *fleetRun) say(format string, args ...any) {
	if f.flags.quiet {
		return
	}
	f.telling.Lock()
	defer f.telling.Unlock()
	f.app.say(format, args...)
}

// tell prints what became of all accounts, and writes the page and the document.
func (f *fleetRun) tell(ctx context.Context, d *overview.Document) error {
	page := filepath.Join(f.dir, "index.html")
	err := errors.Join(
		safefile.Replace(page, safefile.OwnerOnly, func(w io.Writer) error { return d.Page(w, f.dir) }),
		safefile.Replace(filepath.Join(f.dir, "fleet.json"), safefile.OwnerOnly, d.JSON),
	)
	if f.flags.json {
		err = errors.Join(err, d.JSON(f.app.Out))
	} else {
		err = errors.Join(err, text.Fleet(f.app.Out, d))
		_, printed := fmt.Fprintf(f.app.Out, "\nPage  %s\n", page)
		err = errors.Join(err, printed)
	}
	switch {
	case err != nil:
		return err
	case d.ExitCode == exitChanges:
		return errChanges
	case interruption(ctx) != nil && d.ExitCode == ExitCode(interruption(ctx)):
		return interruption(ctx)
	case d.ExitCode != exitOK:
		return &fleetError{said: d.Said(), code: d.ExitCode}
	default:
		return nil
	}
}
