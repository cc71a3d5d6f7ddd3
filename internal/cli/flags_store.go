package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/words"
)

// storeFlags say where the runs are.
type storeFlags struct {
	runsDir string
	trustFS bool
	// sandbox is set for the runs of the sandbox and no others, reset when it is to begin anew.
	sandbox, reset bool
	// timeout is how long a request of the command may take, and outageWait how long what is away is waited for; nil: it
	// makes none.
	timeout, outageWait *time.Duration
	// latest finds which run is the latest; "": the newest. Optional: the newest.
	latest func(context.Context, runs.Folder) (string, error)
}

func (f *storeFlags) define(flags *pflag.FlagSet) {
	flags.StringVar(&f.runsDir, option.RunsDir, "runs", "the runs folder `DIR`: it has the store, and a folder for each run")
	flags.BoolVar(&f.trustFS, option.StoreTrustFS, false, "use the store on a file system that bulknum does not trust with locks, such as NFS")
	mustBeAsked(flags, "store-trust-fs")
}

// defineSandbox defines how the sandbox is chosen, for a command that uses it, or takes one of its runs.
func (f *storeFlags) defineSandbox(flags *pflag.FlagSet, usage string) {
	flags.BoolVar(&f.sandbox, sandboxFlag, false, usage)
	mustBeAsked(flags, sandboxFlag)
}

// defineSandboxPlace defines the sandbox of a command that makes no run, and where it and the runs are.
func (f *storeFlags) defineSandboxPlace(flags *pflag.FlagSet) {
	f.defineSandbox(flags, sandboxUse)
	flags.StringVar(&f.runsDir, option.RunsDir, "runs", "the runs folder `DIR`, whose runs the API may have asked to wait; with --sandbox, the one that it is in")
}

// sandboxRate is the rate of a sandbox when nothing else is asked for: quick enough for
// a rehearsal.
const sandboxRate = "20/s"

// What --sandbox says of a command that takes a run, and of one that may begin one.
const (
	sandboxRuns = "latest is the latest of the sandbox's runs; one that is named is found without this flag"
	sandboxUse  = "run against the built-in fake API, which is kept in the runs folder: no credentials, at " + sandboxRate + " unless --rate is given"
)

// defineReset defines how the sandbox is begun anew, for a command that needs nothing of what was.
func (f *storeFlags) defineReset(flags *pflag.FlagSet) {
	flags.BoolVar(&f.reset, resetFlag, false, "begin anew with the sandbox: remove its numbers and its runs, with their folders")
	mustBeAsked(flags, resetFlag)
}

// storeOptions say which store of a runs folder is opened, and how.
func (a *app) storeOptions(f *storeFlags, use storeUse, sandbox bool) (sqlite.Options, error) {
	var state string // of the sandbox, nobody is told elsewhere
	if !sandbox {
		address, err := a.storeAddress()
		if err == nil && address != "" {
			err = errInFolder
		}
		if err == nil {
			state, err = readyState(a, use)
		}
		if err != nil {
			return sqlite.Options{}, err
		}
	}
	return sqlite.Options{
		Dir: f.runsDir, State: state, Sandbox: sandbox, ReadOnly: use == toRead, TrustFS: f.trustFS, Reserve: !sandbox, Program: "bulknum " + buildVersion(),
	}, nil
}

// readyState is the user's folder of locks and marks, which is there if it is needed.
func readyState(a *app, use storeUse) (string, error) {
	state, err := stateFolder(a.Streams)
	if err == nil {
		err = ready(state, use)
	}
	if err != nil {
		return "", &configError{err: err, hint: stateHint}
	}
	return state, nil
}

// ready sees to a state folder, which who writes needs, and who only reads may do
// without.
func ready(state string, use storeUse) error {
	if use == toWrite {
		return os.MkdirAll(state, 0o700)
	}
	if _, err := os.ReadDir(state); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// openRuns opens the store that the environment names, or else that in the runs folder; done closes it. That of
// sandbox runs is always in the runs folder.
func (a *app) openRuns(ctx context.Context, f *storeFlags, use storeUse, sandbox bool) (in runs.Folder, done func(), err error) {
	if !sandbox {
		address, err := a.storeAddress()
		if err != nil {
			return in, nil, err
		}
		if address != "" {
			if a.hosted != nil {
				if in, done, shared, err := a.hosted.folder(f, use, address); shared {
					return in, done, err
				}
			}
			return openShared(ctx, a, f, use, address)
		}
	}
	options, err := a.storeOptions(f, use, sandbox)
	if err != nil {
		return in, nil, err
	}
	opened, err := sqlite.Open(ctx, options)
	if err != nil {
		return in, nil, inRunsFolder(err)
	}
	if above := safefile.Exposed(f.runsDir); above != "" && use == toWrite && !sandbox {
		a.warn("other users can put another folder in the place of %s; keep them out: chmod go-w %s", f.runsDir, words.ShellWord(above))
	}
	return runs.Folder{Store: opened, Dir: f.runsDir}, closing(a, opened), nil
}

// closing closes a store.
func closing(a *app, opened store.Store) func() {
	return func() {
		if err := opened.Close(); err != nil {
			a.warn("%v", err)
		}
	}
}

// inRunsFolder is an error of opening something in the runs folder, with its cure if the folder cannot be used.
func inRunsFolder(err error) error {
	if _, unusable := errors.AsType[*fs.PathError](err); unusable && !storeRefused(err) && !errors.Is(err, fs.ErrNotExist) {
		return &configError{err: err, hint: "give a --runs-dir that can be written"}
	}
	return err
}

// findRun opens the run that a command is given as RUN, and the store that has
// it: that of the runs folder, of the folder in which a path says that the run is,
// or that of sandbox runs. done closes the store.
func (a *app) findRun(ctx context.Context, f *storeFlags, flags *pflag.FlagSet, name string) (run *runs.Run, done func(), err error) {
	follow(a, f, flags, name)
	var missing error
	for _, sandbox := range f.stores() {
		if sandbox && !f.sandbox && (name == runs.Latest || !f.hasSandbox()) {
			continue
		}
		run, done, err = a.findIn(ctx, f, name, sandbox)
		switch {
		case err == nil:
			return run, done, f.found(flags, sandbox)
		case errors.Is(err, store.ErrNotFound):
			missing = cmp.Or(missing, err)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, nil, err
		}
	}
	switch {
	case missing != nil:
	case name == runs.Latest:
		missing = fmt.Errorf("%s %w", f.runsDir, runs.ErrNone)
	default:
		missing = fmt.Errorf("%s: %w: %s has no store of runs", name, store.ErrNotFound, f.runsDir)
	}
	return nil, nil, missingRun(missing, "RUN is a run's name in --runs-dir, its folder there, or latest")
}

// findIn opens a run of one store, which done closes.
func (a *app) findIn(ctx context.Context, f *storeFlags, name string, sandbox bool) (run *runs.Run, done func(), err error) {
	in, done, err := a.openRuns(ctx, f, toRead, sandbox)
	if err != nil {
		return nil, nil, err
	}
	if !sandbox && (name == runs.Latest || a.account != nil) {
		in.Account = a.accountIn(ctx, in.Store)
	}
	run, err = f.find(ctx, in, name)
	if err == nil && !sandbox && a.account != nil && run.Stored.Account.ID != in.Account {
		err = fmt.Errorf("%s: %w of account %s in %s", name, store.ErrNotFound, a.account.Name, in.Store.Place())
	}
	if err != nil {
		done()
	}
	return run, done, err
}

// found notes in which store a run was: that it is the sandbox's implies --sandbox.
func (f *storeFlags) found(flags *pflag.FlagSet, sandbox bool) error {
	f.sandbox = sandbox
	if flag := flags.Lookup(sandboxFlag); sandbox && flag != nil {
		return flag.Value.Set("true")
	}
	return nil
}

// find opens a run of a folder.
func (f *storeFlags) find(ctx context.Context, in runs.Folder, name string) (*runs.Run, error) {
	if name == runs.Latest && f.latest != nil {
		latest, err := f.latest(ctx, in)
		if err != nil {
			return nil, err
		}
		name = cmp.Or(latest, name)
	}
	return in.Find(ctx, name)
}

// latestLive is the one run that goes on.
func latestLive(ctx context.Context, in runs.Folder) (string, error) {
	live, err := in.Live(ctx)
	switch {
	case err != nil || len(live) == 0:
		return "", err
	case len(live) > 1:
		return "", &configError{err: fmt.Errorf("latest: %d runs are running: %s", len(live), strings.Join(live, ", ")), hint: "name the run that is meant"}
	default:
		return live[0], nil
	}
}

// latestSent is the newest run that sent something.
func latestSent(ctx context.Context, in runs.Folder) (string, error) { return in.Sent(ctx) }

// missingRun is the error of a run that the store does not have, or has not any more.
func missingRun(err error, hint string) error {
	if packed, is := errors.AsType[*runs.ArchivedError](err); is {
		hint = words.BringBack(packed)
	}
	return &configError{err: err, hint: hint}
}

// accountIn is the account in a store whose key the environment has; 0: there is
// none. A command that only reads needs no credentials. Of an account that was named and has no run here yet it is one
// that no run is of.
func (a *app) accountIn(ctx context.Context, of store.Store) store.AccountID {
	none := store.AccountID(0)
	if a.account != nil {
		none = -1
	}
	given, err := accountInEnvironment(a.Streams)
	if err != nil || len(given) == 0 {
		return none
	}
	account, err := of.Account(ctx, given[0].API, given[0].Key)
	if err != nil || account.ID < 0 { // it has no run here yet
		return none
	}
	return account.ID
}

// ofNamed narrows runs down to those of the account that was named, if one was.
func ofNamed(ctx context.Context, a *app, in runs.Folder) runs.Folder {
	if a.account != nil {
		in.Account = a.accountIn(ctx, in.Store)
	}
	return in
}

// follow takes the folder in which a path says that a run is for the runs folder, if no other one was given and it has a
// store, or needs none: a run of a store that several hosts share may have its folder anywhere.
func follow(a *app, f *storeFlags, flags *pflag.FlagSet, name string) {
	if flags.Changed("runs-dir") || filepath.Base(name) == name && name != "." && name != ".." {
		return
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return
	}
	if address, err := a.storeAddress(); err == nil && address != "" {
		f.runsDir = shorter(filepath.Dir(path))
		return
	}
	for _, file := range []string{sqlite.File, sqlite.SandboxFile} {
		if _, err := os.Lstat(filepath.Join(filepath.Dir(path), file)); err == nil {
			f.runsDir = shorter(filepath.Dir(path))
			return
		}
	}
}

// shorter is a path as seen from here, if it is below.
func shorter(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	relative, err := filepath.Rel(here, path)
	if err != nil || !filepath.IsLocal(relative) {
		return path
	}
	return relative
}

// stores are those that are looked into, by whether they are the sandbox's.
func (f *storeFlags) stores() []bool {
	if f.sandbox {
		return []bool{true}
	}
	return []bool{false, true}
}

// hasSandbox reports whether there are runs of a sandbox.
func (f *storeFlags) hasSandbox() bool {
	_, err := os.Lstat(filepath.Join(f.runsDir, sqlite.SandboxFile))
	return err == nil
}
