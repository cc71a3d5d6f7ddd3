package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bulknum/bulknum/batch/fleet"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/accounts"
	"github.com/bulknum/bulknum/internal/queue"
	"github.com/bulknum/bulknum/internal/safefile"
	"github.com/bulknum/bulknum/report/watch/systemd"
	"github.com/bulknum/bulknum/report/words"
)

// workerFlags are those of worker.
type workerFlags struct {
	parallel          int
	schedule, runsDir string
	listen            listenFlags
}

func workerCommand(a *app, execute executor, fresh func() *cobra.Command) *cobra.Command {
	var f workerFlags
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Carry out what fleet apply --queue has entered, and a schedule",
		Long: `Carry out the runs of accounts that bulknum fleet apply --queue has entered, on
this host and on any others that have a worker: with the store in PostgreSQL
that BULKNUM_STORE names, and the accounts' files of --accounts. An account's
run is on one host at a time. When that host dies, another one goes on with the
run within three minutes; a worker that is asked to stop (SIGTERM) hands over at
once.

What needs a person, such as a guard or refused credentials, ends as that. What
met an outage is tried again, after pauses that grow, until the run's deadline.
bulknum fleet status shows all accounts.

FILE of --schedule has a line for each command that is to be carried out at
certain times, once over all workers that have it:

  acme  0 2 * * *  Europe/Berlin  apply /srv/acme/nightly.csv

an account, the five fields of cron (minute, hour, day, month, weekday), a time
zone, and a command line without quotes. apply is given --yes and
--continue by itself.`,
		Example: `  bulknum worker --accounts /etc/bulknum/accounts
  bulknum worker --schedule /etc/bulknum/schedule --listen 127.0.0.1:9090`,
		Args: takesNone,
		RunE: func(cmd *cobra.Command, _ []string) error { return runWorker(cmd.Context(), a, &f, execute, fresh) },
	}
	flags := cmd.Flags()
	defineAccounts(a, flags)
	flags.StringVar(&f.schedule, "schedule", "", "carry out what is due by the schedule in `FILE`")
	flags.IntVar(&f.parallel, option.Parallel, fleet.MostAtOnce, "work for up to `N` accounts at a time")
	f.listen.define(flags, "what goes on: a page, /healthz and /metrics")
	flags.StringVar(&f.runsDir, option.RunsDir, "runs", "the runs folder `DIR`: it has a folder for each account, with one for each run")
	return cmd
}

// neededStore is the address of the store that several hosts share, which what is said needs.
func neededStore(a *app, what string) (postgres.Address, error) {
	at, err := a.storeAddress()
	if err == nil && at == "" {
		err = &configError{
			err:  fmt.Errorf("%s needs a store in PostgreSQL, and %s is not set", what, storeVariable),
			hint: "give its address in " + storeVariable + " or " + storeVariable + "_FILE; docs/several-hosts.md says how to set it up",
		}
	}
	return at, err
}

// queueError is an error of the queue in the database of a store, with its cure.
func queueError(at postgres.Address, err error) error {
	if unmade, is := errors.AsType[*queue.UnmadeError](err); is {
		return &configError{err: unmade}
	}
	return postgres.Unreached(at, err)
}

// perAccount is how many connections to the database an account takes beside the store's own: its run listens by one, and
// takes from the budget of requests by the other.
const perAccount, perWorker = 2, 16

func runWorker(ctx context.Context, a *app, f *workerFlags, execute executor, fresh func() *cobra.Command) error {
	at, err := neededStore(a, "worker")
	if err != nil {
		return err
	}
	if f.parallel < 1 {
		return &usageError{fmt.Errorf("--%s %d: must be at least 1", option.Parallel, f.parallel)}
	}
	names, err := checkAccounts(a, fresh)
	if err != nil {
		return err
	}
	lines, err := readSchedule(f.schedule, names, fresh)
	if err != nil {
		return err
	}
	if f.parallel, err = fitting(ctx, a, at, min(f.parallel, len(names))); err != nil {
		return err
	}
	store := &sharedStore{a: a, at: at, ending: ctx, to: toWrite}
	defer store.renew()
	c := &carrier{a: a, f: f, accounts: len(names), store: store, execute: execute}
	w, err := queue.Open(ctx, at, queue.Options{
		Name: fmt.Sprintf("%s-%d-%s", hostName(), os.Getpid(), time.Now().UTC().Format("20060102T150405.000")), Host: hostName(),
		Parallel: f.parallel, Carry: c.carry, Schedule: lines, Log: a.Err,
	})
	if err != nil {
		return queueError(at, err)
	}
	done, err := c.serve(ctx, w)
	if err != nil {
		w.Close()
		return err
	}
	defer done()
	if a.getenv(systemd.Variable) != "" {
		service := systemd.Start(func(time.Time) string { return c.line(w) })
		defer service.Close()
		defer context.AfterFunc(ctx, service.Stopping)()
		service.Ready()
	}
	a.note("working for %d accounts, up to %d at a time; SIGTERM hands over", len(names), f.parallel)
	switch err := w.Run(ctx); {
	case errors.Is(err, queue.ErrAway):
		a.warn("%v: other workers go on in a minute with what went on here", err)
		return nil
	case err != nil:
		return err
	}
	a.note("what went on was handed over")
	return nil
}

// checkAccounts reads all files of accounts, and returns their names.
func checkAccounts(a *app, fresh func() *cobra.Command) (names []string, err error) {
	names, err = accounts.Names(a.accounts.dir)
	if err == nil {
		_, err = accounts.Read(a.accounts.dir, names, accountRules(fresh()))
	}
	if err != nil {
		return nil, badAccounts(err)
	}
	return names, nil
}

// readSchedule reads the schedule of a file; "" is none.
func readSchedule(path string, names []string, fresh func() *cobra.Command) ([]queue.Line, error) {
	if path == "" {
		return nil, nil
	}
	file, err := safefile.Open(path)
	if err != nil {
		return nil, &configError{err: fmt.Errorf("--schedule: %w", err)}
	}
	defer file.Close()
	lines, err := queue.ReadSchedule(file)
	wrong := []error{err}
	root := fresh()
	for _, l := range lines {
		if l.Command == nil {
			continue // what is wrong with it is told
		}
		if !slices.Contains(names, l.Account) {
			wrong = append(wrong, fmt.Errorf("line %d: there is no file of account %s", l.Number, words.ShellWord(l.Account)))
		}
		cmd, rest, err := root.Find(l.Command)
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err == nil && (!cmd.Runnable() || cmd.Flags().Lookup(accountFlag) == nil) {
			err = errors.New("not a command of an account")
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("line %d: %s: %w", l.Number, l.Command[0], err))
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, &configError{err: fmt.Errorf("--schedule: %w", err), hint: "bulknum help worker has a line of it"}
	}
	return lines, nil
}

// fitting is for how many accounts at a time the server has connections, and says so where that is fewer than were asked for.
func fitting(ctx context.Context, a *app, at postgres.Address, asked int) (int, error) {
	pool, err := postgres.Pool(ctx, at, 1)
	if err != nil {
		return 0, sharedError(err)
	}
	defer postgres.ClosePool(pool)
	free, err := postgres.Room(ctx, pool)
	if err != nil {
		return 0, sharedError(postgres.Unreached(at, err))
	}
	room := max(1, (free-perWorker)/perAccount)
	if room < asked {
		a.warn("the server of the store has %d connections left (max_connections, or a limit of the role or the database): up to %d accounts at a time, in place of %d", free, room, asked)
	}
	return min(asked, room), nil
}
