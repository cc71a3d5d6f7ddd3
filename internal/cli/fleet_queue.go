package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/bulknum/bulknum/batch"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/internal/queue"
	"github.com/bulknum/bulknum/report/words"
)

// enteredRun is a run that was entered.
type enteredRun struct {
	task queue.Task
	run  *runs.Run
}

// enterFleet enters a run for each account, and a job for each run: all or none.
func enterFleet(ctx context.Context, f *fleetRun) error {
	at, err := neededStore(f.app, "--queue")
	if err != nil {
		return err
	}
	if f.flags.limited || len(f.flags.first) > 0 {
		return &usageError{fmt.Errorf("--queue makes no plans and orders nothing: leave out --first and --%s", maxChangesFlag)}
	}
	if slices.ContainsFunc(f.given, func(flag *pflag.Flag) bool { return flag.Name == "gate" }) {
		return &usageError{errors.New("a worker carries out no command that the store names: leave out --gate, or leave out --queue")}
	}
	q, err := queue.Look(ctx, at)
	if err != nil {
		return queueError(at, err)
	}
	defer q.Close()
	if err := idleAccounts(ctx, q, f.accounts); err != nil {
		return queueError(at, err)
	}
	question := fmt.Sprintf("Workers will send what differs, for %s, and nobody is asked again.\nType yes to enter the runs: ", words.CountOf(len(f.accounts), "account"))
	if err := f.app.agreed(ctx, question, f.flags.yes, result.ErrDeclined); err != nil {
		return err
	}
	store := &sharedStore{a: f.app, at: at, ending: ctx, to: toWrite}
	defer store.renew()
	var entered []enteredRun
	f.flags.quiet = true
	f.hosts = func(account string) *hosted {
		return &hosted{folder: store.folder, entered: func(run *runs.Run, config batch.Config) {
			entered = append(entered, enteredRun{queue.Task{Account: account, Run: run.Identity.Name, Deadline: config.Deadline}, run})
		}}
	}
	var wrong []error
	for _, account := range f.accounts {
		if o := f.one(ctx, account); o.ExitCode != exitOK {
			wrong = append(wrong, fmt.Errorf("%s: %s", account, o.Why))
		}
	}
	if len(wrong) > 0 {
		err = &configError{err: errors.Join(wrong...), hint: "nothing was entered, for no account"}
	} else {
		err = enterJobs(ctx, q, entered)
	}
	switch {
	case errors.Is(err, queue.ErrUnknown): // workers may be at work on the runs
		return &advisedError{err, "bulknum fleet status shows the runs that were entered; where none is, enter them again"}
	case err != nil:
		return errors.Join(err, takeBack(ctx, entered))
	}
	f.app.note("entered the runs of %s; bulknum fleet status shows them", words.CountOf(len(entered), "account"))
	return nil
}

// idleAccounts refuses accounts that have a job already.
func idleAccounts(ctx context.Context, q *queue.Queue, accounts []string) error {
	jobs, err := q.Jobs(ctx)
	if err != nil {
		return err
	}
	var busy []string
	for _, j := range jobs {
		if j.Command == nil && !j.State.Over() && slices.Contains(accounts, j.Account) {
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
