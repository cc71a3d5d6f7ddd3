package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/option"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/internal/queue"
)

// entry is the file of an account, whose run is entered.
type entry struct{ account, file string }

// enteredRun is a run that was entered.
type enteredRun struct {
	task queue.Task
	run  *runs.Run
}

// enterFleet enters a run for each account, and a job for each run: all or none. The flags of the command are those of each.
func enterFleet(a *app, cmd *cobra.Command, entries []entry, yes bool) error {
	at, err := neededStore(a, "--queue")
	if err != nil {
		return err
	}
	q, err := queue.Look(cmd.Context(), at)
	if err != nil {
		return queueError(err)
	}
	defer q.Close()
	if err := idleAccounts(cmd.Context(), q, entries); err != nil {
		return err
	}
	question := fmt.Sprintf("Workers will send what differs, for %d accounts, and nobody is asked again.\nType yes to enter the runs: ", len(entries))
	if err := a.agreed(cmd.Context(), question, yes, result.ErrDeclined); err != nil {
		return err
	}
	store := &sharedStore{a: a, at: at}
	defer store.renew()
	var entered []enteredRun
	var wrong []error
	for _, e := range entries {
		is, err := enterOne(a, cmd, store, e)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", e.account, err))
			continue
		}
		entered = append(entered, is)
	}
	err = errors.Join(wrong...)
	if err == nil {
		err = enterJobs(cmd.Context(), q, entered)
	}
	if err != nil {
		return errors.Join(err, takeBack(cmd.Context(), entered))
	}
	a.note("entered the runs of %d accounts; bulknum fleet status shows them", len(entered))
	return nil
}

// idleAccounts refuses accounts that have a job already.
func idleAccounts(ctx context.Context, q *queue.Queue, entries []entry) error {
	jobs, err := q.Jobs(ctx)
	if err != nil {
		return err
	}
	var busy []string
	for _, j := range jobs {
		if j.Command == nil && !j.State.Over() && slices.ContainsFunc(entries, func(e entry) bool { return e.account == j.Account }) {
			busy = append(busy, fmt.Sprintf("%s (run %s)", j.Account, j.Run))
		}
	}
	if len(busy) == 0 {
		return nil
	}
	return busyAccounts(busy)
}

// busyAccounts is the error of accounts that have a job already.
func busyAccounts(busy []string) error {
	return &configError{
		err:  fmt.Errorf("in the queue already, and nothing was entered: %s", strings.Join(busy, ", ")),
		hint: "bulknum fleet status shows them, and bulknum fleet cancel ACCOUNT ends one",
	}
}

// enterOne enters the run of an account, as bulknum apply would carry it out.
func enterOne(a *app, cmd *cobra.Command, store *sharedStore, e entry) (is enteredRun, err error) {
	one := &app{Streams: a.Streams, display: a.display, control: control.New()}
	one.InTerminal = false
	one.hosted = &hosted{folder: store.folder, entered: func(run *runs.Run, config batch.Config) {
		is = enteredRun{queue.Task{Account: e.account, Run: run.Identity.Name, Deadline: config.Deadline}, run}
	}}
	root := newRoot(one)
	args := []string{"apply", e.file, "--yes", "--" + accountFlag, e.account}
	apply, _, err := root.Find(args)
	if err != nil {
		return is, err
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "yes" && apply.Flags().Lookup(f.Name) != nil && givenAsFlag(f) {
			args = append(args, "--"+f.Name+"="+f.Value.String())
		}
	})
	if !slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--"+option.Accounts+"=") }) {
		args = append(args, "--"+option.Accounts, a.accounts.dir)
	}
	root.SetArgs(args)
	_, err = root.ExecuteContextC(cmd.Context())
	return is, err
}

// enterJobs enters a job for each run.
func enterJobs(ctx context.Context, q *queue.Queue, entered []enteredRun) error {
	tasks := make([]queue.Task, len(entered))
	for i, e := range entered {
		tasks[i] = e.task
	}
	busy, err := q.Enter(ctx, tasks)
	if err == nil && len(busy) > 0 {
		err = busyAccounts(busy)
	}
	return err
}

// takeBack removes runs that were entered in vain.
func takeBack(ctx context.Context, entered []enteredRun) error {
	ctx = context.WithoutCancel(ctx)
	var failed []error
	for _, e := range entered {
		failed = append(failed, e.run.In.Store.Delete(ctx, e.run.Stored.ID))
	}
	return errors.Join(failed...)
}

// statusEvery is how often fleet status --watch looks.
const statusEvery = 2 * time.Second
