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

	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/sqlite"
	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/words"
)

// storeVariable would name another store than that of the runs folder.
const storeVariable = "BULKNUM_STORE"

// storeFlags say where the runs are.
type storeFlags struct {
	runsDir string
	trustFS bool
	// latest finds which run is the latest; "": the newest. Optional: the newest.
	latest func(context.Context, runs.Folder) (string, error)
}

func (f *storeFlags) define(flags *pflag.FlagSet) {
	flags.StringVar(&f.runsDir, option.RunsDir, "runs", "`DIR` of the store of all runs, in which each run has a folder of its own")
	flags.BoolVar(&f.trustFS, option.StoreTrustFS, false, "use the store also on a file system that is not known to lock and to sync as it must")
	mustBeAsked(flags, "store-trust-fs")
}

// storeUse is what a store is opened for.
type storeUse int

const (
	toRead storeUse = iota
	toWrite
)

// storeOptions say which store is opened, and how.
func (a *app) storeOptions(f *storeFlags, use storeUse, sandbox bool) (sqlite.Options, error) {
	if _, set := a.LookupEnv(storeVariable); set && !sandbox { // its value may have a password
		return sqlite.Options{}, &configError{
			err:  errors.New(storeVariable + " is set: runs are kept in the runs folder, and in no other store"),
			hint: "unset " + storeVariable + ", and give --runs-dir",
		}
	}
	state, err := stateFolder(a.Streams)
	if err == nil && !sandbox {
		err = ready(state, use)
	}
	if err != nil {
		return sqlite.Options{}, &configError{err: err, hint: stateHint}
	}
	return sqlite.Options{
		Dir: f.runsDir, State: state, Sandbox: sandbox, ReadOnly: use == toRead, TrustFS: f.trustFS, Reserve: !sandbox, Program: "bulknum " + buildVersion(),
	}, nil
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

// openRuns opens the store in the runs folder; done closes it. That of sandbox
// runs is another one.
func (a *app) openRuns(ctx context.Context, f *storeFlags, use storeUse, sandbox bool) (in runs.Folder, done func(), err error) {
	options, err := a.storeOptions(f, use, sandbox)
	if err != nil {
		return in, nil, err
	}
	opened, err := sqlite.Open(ctx, options)
	if _, unusable := errors.AsType[*fs.PathError](err); unusable && !storeRefused(err) && !errors.Is(err, fs.ErrNotExist) {
		return in, nil, &configError{err: err, hint: "give a --runs-dir that can be written"}
	}
	if err != nil {
		return in, nil, err
	}
	if above := safefile.Exposed(f.runsDir); above != "" && use == toWrite && !sandbox {
		a.warn("other users can put another folder in the place of %s; keep them out: chmod go-w %s", f.runsDir, words.ShellWord(above))
	}
	return runs.Folder{Store: opened, Dir: f.runsDir}, func() {
		if err := opened.Close(); err != nil {
			a.warn("%v", err)
		}
	}, nil
}

// findRun opens the run that a command is given as RUN, and the store that has
// it: that of the runs folder, of the folder in which a path says that the run is,
// or that of sandbox runs. done closes the store.
func (a *app) findRun(ctx context.Context, f *storeFlags, flags *pflag.FlagSet, name string) (run *runs.Run, done func(), err error) {
	f.follow(flags, name)
	var missing error
	for _, sandbox := range []bool{false, true} {
		if sandbox && (name == runs.Latest || !f.hasSandbox()) {
			continue
		}
		in, closeStore, err := a.openRuns(ctx, f, toRead, sandbox)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		if name == runs.Latest && !sandbox {
			in.Account = a.accountIn(ctx, in.Store)
		}
		run, err = f.find(ctx, in, name)
		if err == nil {
			return run, closeStore, nil
		}
		closeStore()
		if !errors.Is(err, store.ErrNotFound) {
			return nil, nil, err
		}
		if missing == nil {
			missing = err
		}
	}
	switch {
	case missing != nil:
	case name == runs.Latest:
		missing = fmt.Errorf("%s has no run yet", f.runsDir)
	default:
		missing = fmt.Errorf("%s: %w: %s has no store of runs", name, store.ErrNotFound, f.runsDir)
	}
	return nil, nil, missingRun(missing, "RUN is a run's name in --runs-dir, its folder there, or latest")
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

// missingRun is the error of a run that the store does not have; one that was
// archived says itself what helps.
func missingRun(err error, hint string) error {
	if _, packed := errors.AsType[*runs.ArchivedError](err); packed {
		hint = ""
	}
	return &configError{err: err, hint: hint}
}

// accountIn is the account in a store whose key the environment has; 0: there is
// none. A command that only reads needs no credentials.
func (a *app) accountIn(ctx context.Context, of store.Store) store.AccountID {
	given, err := accountInEnvironment(a.Streams)
	if err != nil || len(given) == 0 {
		return 0
	}
	account, err := of.Account(ctx, given[0].API, given[0].Key)
	if err != nil || account.ID < 0 { // it has no run here yet
		return 0
	}
	return account.ID
}

// follow takes the folder in which a path says that a run is for the runs folder,
// if it has a store and no other one was given.
func (f *storeFlags) follow(flags *pflag.FlagSet, name string) {
	if flags.Changed("runs-dir") || filepath.Base(name) == name && name != "." && name != ".." {
		return
	}
	path, err := filepath.Abs(name)
	if err != nil {
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

// hasSandbox reports whether there are runs of a sandbox.
func (f *storeFlags) hasSandbox() bool {
	_, err := os.Lstat(filepath.Join(f.runsDir, sqlite.SandboxFile))
	return err == nil
}
