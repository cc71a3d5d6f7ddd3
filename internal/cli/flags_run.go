package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/send"
	"github.com/bulknum/bulknum/batch/settings"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/words"
)

// runFlags are those of a run, whether it ends with the plan or sends it.
type runFlags struct {
	connect   connectFlags
	input     inputFlags
	watch     watchFlags
	publish   publishFlags
	guards    guardFlags
	unprotect unprotectFlags
	slice     sliceFlags
	store     storeFlags
	reads     bool // nothing is sent: the account need not be locked
	verifies  bool // numbers are only read: a store that cannot be written will do
	beside    bool // the run is being carried out by another process, and is only looked at: nothing is locked, nor kept
	run       string
	job       string
	workers   int
	readLag   time.Duration

	all         bool
	read        plan.ReadWay
	state       string
	maxAge      time.Duration
	fields      []string
	writeOnly   plan.WriteOnlyMode
	skipInvalid bool
	inclFailed  bool
	checkRoutes bool
	checkSubs   bool

	behalf runs.Behalf
}

func (f *runFlags) define(cmd *cobra.Command) {
	flags, standard := cmd.Flags(), batch.Defaults()
	f.store.defineSandbox(flags, sandboxUse)
	f.store.defineReset(flags)
	inGroup(flags, whatGroup)
	f.connect.store = &f.store
	f.connect.define(cmd)
	inGroup(flags, rateGroup)
	f.input.define(cmd)
	flags.BoolVar(&f.skipInvalid, "skip-invalid", false, "leave out the invalid rows of a file")
	flags.BoolVar(&f.inclFailed, option.IncludeFailed, false, "take also the rows that failed in the job's last run and that FILE does not name")
	inGroup(flags, inputGroup)
	f.definePool(cmd)
	flags.StringVar(&f.state, "state", "", "take current settings from this `FILE`, made by export, in place of reading them; with --sandbox, the inventory to rehearse on")
	durationVar(flags, &f.maxAge, "max-age", standard.StateMaxAge, "how old the file of --state may be")
	flags.BoolVar(&f.all, "all", false, "send every row without reading current settings first")
	parsedVar(flags, &f.fields, option.Fields, "", "LIST", "the only fields that may be written, as in MessageRouteId,VoiceRouteId", settings.ParseFields)
	parsedVar(flags, &f.writeOnly, "write-only", string(standard.WriteOnly), "known|send|skip", "when to send fields that the API takes and does not show: known: unless an earlier run set the same; send: always; skip: never", plan.ParseWriteOnlyMode)
	f.defineRoutes(cmd)
	inGroup(flags, planGroup)
	f.guards.define(cmd)
	f.unprotect.define(cmd)
	inGroup(flags, guardGroup)
	f.slice.define(cmd)
	f.slice.defineHours(cmd)
	f.defineNames(cmd)
	flags.StringVar(&f.job, "job", "", "`NAME` under which runs repeat (default: FILE's absolute path; standard input has none)")
	inGroup(flags, runGroup)
	f.defineTelling(cmd)
	mustBeAsked(flags, "skip-invalid", option.IncludeFailed, "all", "state")
}

// defineTelling defines how a command tells of itself while it goes, and afterwards.
func (f *runFlags) defineTelling(cmd *cobra.Command) {
	f.watch.define(cmd)
	f.publish.define(cmd)
	inGroup(cmd.Flags(), outputGroup)
}

// defineNames defines what a new run is called, and on whose behalf it is.
func (f *runFlags) defineNames(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.run, "run", "", "`NAME` of the run's folder (default: the UTC time and the job)")
	flags.StringVar(&f.behalf.Ticket, "ticket", "", "`ID` of the ticket that asks for the run, for its reports")
	flags.StringVar(&f.behalf.Reason, "reason", "", "`TEXT` that says why, for its reports")
	flags.StringVar(&f.behalf.Operator, "operator", "", "`NAME` of who is responsible, for its reports (the user of the system is kept too)")
	mustBeAsked(flags, "ticket", "reason", "run")
}

// definePool defines what every command has that works on a run.
func (f *runFlags) definePool(cmd *cobra.Command) {
	standard := batch.Defaults()
	flags := cmd.Flags()
	f.store.define(flags)
	inGroup(flags, runGroup)
	durationVar(flags, &f.readLag, "read-lag", standard.ReadLag, "how long readings may lag behind updates, by replicas or caches")
	flags.IntVar(&f.workers, "workers", standard.Workers, "`N` requests may wait for an answer at a time; --rate sets the speed")
	inGroup(flags, rateGroup)
	parsedVar(flags, &f.read, "read", string(standard.Read), "auto|inventory|each", "how current settings are read: auto: in the way that takes fewer requests; inventory: page by page; each: number by number", plan.ParseReadWay)
	inGroup(flags, planGroup)
}

// defineRoutes defines what is asked of the routes of a plan.
func (f *runFlags) defineRoutes(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.checkRoutes, option.CheckRoutes, false, "read each route that numbers would move to, and refuse when one does not exist or is disabled (default with --waves, and where it is at most 1% of the requests)")
	flags.BoolVar(&f.checkSubs, option.CheckSubscribers, false, "read each subscriber that numbers would be assigned to, and refuse when one does not exist; whose account it is stands beside its id")
	mustBeAsked(flags, "check-routes", "check-subscribers")
}

// config turns the flags into a configuration for a file; done gives back what
// it opened.
func (f *runFlags) config(a *app, cmd *cobra.Command, path string) (config batch.Config, done func(), err error) {
	options, err := f.input.resolve()
	if err != nil {
		return config, nil, err
	}
	guards, err := f.guards.resolve(path)
	if err != nil {
		return config, nil, err
	}
	if f.inclFailed && cmp.Or(f.job, jobOf(path)) == "" {
		return config, nil, &usageError{errors.New("--" + option.IncludeFailed + " has no effect: what another process writes has no job of its own: give --job NAME")}
	}
	source, name, err := openInput(cmd.Context(), a, path)
	if err != nil {
		return config, nil, err
	}
	config, closeWay, err := f.reach(a, cmd)
	if err != nil {
		return config, nil, errors.Join(err, source.Close())
	}
	done = func() {
		closeWay()
		_ = source.Close() // it was only read
	}
	config.Source, config.SourceName, config.Input = source, name, options
	config.IncludeFailed = f.inclFailed
	config.Job, config.JobNamed, config.Guards = cmp.Or(f.job, jobOf(path)), givenAsFlag(cmd.Flags().Lookup("job")), guards
	return config, done, nil
}

// jobName is the job under which a file is run.
func (f *runFlags) jobName(_ *cobra.Command, args []string) string {
	if f.job != "" || len(args) == 0 {
		return f.job
	}
	return jobOf(args[0])
}

// jobOfRun is the job of a run that was named, as far as that can be told.
func jobOfRun(a *app, cmd *cobra.Command, f *storeFlags, name string) string {
	run, done, err := a.findRun(cmd.Context(), f, cmd.Flags(), name)
	if err != nil {
		return ""
	}
	defer done()
	return run.Identity.Job
}

// reach returns the configuration of a run that has its input already: how the
// API is reached, and what is common to all runs.
func (f *runFlags) reach(a *app, cmd *cobra.Command) (config batch.Config, done func(), err error) {
	f.connect.inventory, f.connect.shared = f.state, f.beside
	if f.workers < 1 {
		return config, nil, &usageError{fmt.Errorf("--workers %d: must be at least 1", f.workers)}
	}
	way, err := a.connect(cmd, &f.connect)
	if err != nil {
		return config, nil, err
	}
	if way.config.Credentials.AccountKey == "" && !f.all {
		way.close()
		return config, nil, &configError{
			err:  errors.New("TELEGENT_TOKEN is good for one endpoint, and current settings are read from others"),
			hint: "send every row with --all, or set TELEGENT_ACCOUNT_KEY and TELEGENT_ACCOUNT_SECRET",
		}
	}
	api, err := client.New(way.config)
	if err != nil {
		way.close()
		return config, nil, &configError{err: err}
	}
	if way.sandbox && !cmd.Flags().Changed("read-lag") {
		f.readLag = 0 // the built-in API shows at once what it was sent
	}
	in, lock, closeStore, err := f.claim(a, cmd, way)
	if err == nil {
		closeStore, err = f.share(a, cmd, way, api.Gate(), in.Store, closeStore)
	}
	if err != nil {
		way.close()
		return config, nil, err
	}
	done = func() {
		closeStore()
		way.close()
	}
	released, err := f.unprotect.resolve(cmd.Context(), in)
	if err != nil {
		done()
		return config, nil, err
	}
	tokenOnly := way.config.Credentials.AccountKey == ""
	config = batch.Config{
		Store: in.Store, RunsDir: in.Dir, RunName: f.run, Lock: lock,
		Access: batch.Access{
			Reader: api.Reader, Client: api, Account: way.account, API: way.api, Rate: way.config.Rate,
			Sandbox: way.sandbox, TokenOnly: tokenOnly,
		},
		Reading: batch.Reading{Read: f.read},
		Options: send.Options{Workers: f.workers, ReadLag: f.readLag},
		PlanOptions: runs.PlanOptions{
			All: f.all, Fields: f.fields, WriteOnly: f.writeOnly, SkipInvalid: f.skipInvalid, CheckRoutes: f.checkRoutes, CheckSubscribers: f.checkSubs, Unprotect: released,
		},
		Version: buildVersion(), Host: hostName(), User: userName(), Behalf: f.behalf,
	}
	if !cmd.Flags().Changed("check-routes") {
		config.CheckRoutes, config.CheckRoutesIfCheap = len(f.slice.waves) > 0 && !config.TokenOnly, true
	}
	if f.state != "" && !way.sandbox {
		info, err := os.Stat(f.state)
		if err != nil {
			done()
			return config, nil, &configError{err: fmt.Errorf("--state: %w", err), hint: "make it with: bulknum export > " + words.ShellWord(f.state)}
		}
		config.StateFile, config.StateAt, config.StateMaxAge = f.state, info.ModTime(), f.maxAge
	}
	return config, done, nil
}

// claim opens the store, and takes the account, unless it is only read; done gives both back.
func (f *runFlags) claim(a *app, cmd *cobra.Command, way *connection) (in runs.Folder, lock *batch.AccountLock, done func(), err error) {
	if f.beside {
		in, closeStore, err := a.openRuns(cmd.Context(), &f.store, toRead, way.sandbox)
		in.Store = &store.Unkept{Store: in.Store, Beside: true}
		return in, nil, closeStore, err
	}
	in, closeStore, err := a.openRuns(cmd.Context(), &f.store, toWrite, way.sandbox)
	if f.verifies && errors.Is(err, store.ErrBarred) {
		a.warn("%v; what the numbers are is shown, and not kept", err)
		in, closeStore, err = a.openRuns(cmd.Context(), &f.store, toRead, way.sandbox)
		in.Store = &store.Unkept{Store: in.Store}
	}
	if err != nil || way.sandbox || a.hosted.enters() {
		return in, way.lock, closeStore, err
	}
	account, err := in.Store.Account(cmd.Context(), way.api, way.account)
	if err == nil {
		take := batch.LockAccount
		if f.reads {
			take = batch.BesideAccount
		}
		lock, err = locked(a, cmd, &f.connect, func(ctx context.Context, command string, wait time.Duration) (*batch.AccountLock, error) {
			return take(ctx, in.Store, account, command, wait)
		})
	}
	if err != nil {
		closeStore()
		return in, nil, nil, err
	}
	return in, lock, func() {
		lock.Release()
		closeStore()
	}, nil
}

// share lets the run's requests count against the account's rate; done ends that, and closes the store.
func (f *runFlags) share(
	a *app, cmd *cobra.Command, way *connection, gate *client.Gate, in store.Store, closeStore func(),
) (done func(), err error) {
	closeQuota, err := shareQuota(cmd.Context(), a, &f.connect, way, gate, sharer{sends: !f.reads, tells: !f.beside, in: in})
	if err != nil {
		closeStore()
		return nil, err
	}
	return func() {
		closeQuota()
		closeStore()
	}, nil
}

// hostName is where this runs, for the record: unknown is as good as empty.
func hostName() string {
	name, _ := os.Hostname()
	return name
}

// userName is who runs this, for the record.
func userName() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}
