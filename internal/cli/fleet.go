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
	hosts    func(account string) *hosted // nil: each command opens a store of its own
	given    []*pflag.Flag                // for each account
	named    []*pflag.Flag                // on the command line
	planned  map[string]fleet.Outcome
	telling  sync.Mutex
}

// runFleet carries a command out for each account.
func runFleet(a *app, cmd *cobra.Command, f *fleetRun, args []string) (err error) {
	f.app = a
	var notifier *notify.Notifier
	done := &overview.Document{Command: f.verb.name()}
	defer func() {
		if notifier != nil && (!f.flags.queue || err != nil) { // what workers do is told by each account's own notification
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
	giveBack, err := f.share(cmd.Context())
	if err != nil {
		return errors.Join(err, os.RemoveAll(f.dir))
	}
	defer giveBack()
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
		if givenAsFlag(flag) {
			f.named = append(f.named, flag)
		}
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

// share has all accounts use one store, where hosts share it, and works for no more of them at a time than its server has
// connections for; giveBack closes it.
func (f *fleetRun) share(ctx context.Context) (giveBack func(), err error) {
	at, err := f.app.storeAddress()
	if err != nil || at == "" || f.sandbox() {
		return func() {}, err
	}
	asked := min(cmp.Or(f.flags.parallel, fleet.MostAtOnce), len(f.accounts))
	if f.flags.parallel, err = fitting(ctx, f.app, at, asked); err != nil {
		return nil, err
	}
	store := &sharedStore{a: f.app, at: at, ending: ctx, to: toWrite}
	if f.verb.name() == "report" {
		store.to = toRead
	}
	f.hosts = func(string) *hosted { return &hosted{folder: store.folder} }
	return store.renew, nil
}

// sandbox reports whether the commands are for the sandbox, whose store no other host has.
func (f *fleetRun) sandbox() bool {
	return slices.ContainsFunc(f.given, func(flag *pflag.Flag) bool { return flag.Name == sandboxFlag && flag.Value.String() == "true" })
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
	if slices.ContainsFunc(f.given, func(flag *pflag.Flag) bool { return flag.Name == continueFlag }) {
		return nil, &usageError{errors.New("--" + continueFlag + " goes on without another plan: give --yes, and leave out --" + maxChangesFlag)}
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

// say tells which account begins and ends.
func (f *fleetRun) say(format string, args ...any) {
	if f.flags.quiet {
		return
	}
	f.telling.Lock()
	defer f.telling.Unlock()
	f.app.say(format, args...)
}

// goOn is the command line that goes on with what was not done: "" where there is none, or what was read is gone.
func (f *fleetRun) goOn(d *overview.Document) string {
	if f.verb.name() != "apply" || f.path != "" && jobOf(f.path) == "" || !slices.ContainsFunc(d.Accounts, fleet.Outcome.Stopped) {
		return ""
	}
	line := []string{"bulknum", "fleet", "apply"}
	if f.path != "" {
		line = append(line, f.path)
	}
	for _, flag := range f.named {
		if !slices.Contains([]string{"yes", continueFlag, maxChangesFlag}, flag.Name) { // nothing is planned again
			line = append(line, valuesGiven(flag)...)
		}
	}
	line = append(line, "--yes", "--"+continueFlag)
	for i, word := range line {
		line[i] = words.ShellWord(word)
	}
	return "when the cause is gone, go on: " + strings.Join(line, " ")
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
	case err != nil || d.ExitCode == exitOK:
		return err
	case d.ExitCode == exitChanges:
		return errChanges
	case interruption(ctx) != nil && d.ExitCode == ExitCode(interruption(ctx)):
		err = interruption(ctx)
	default:
		err = &fleetError{said: d.Said(), code: d.ExitCode}
	}
	return &advisedError{err, f.goOn(d)}
}
