package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/bulknum/bulknum/batch/store/postgres"
)

// Queue enters jobs, looks at them, and cancels them: workers work them.
type Queue struct {
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	// patience is for how long it is waited for who is away, to enter jobs.
	patience time.Duration
}

// Look opens the queue in the database of a store.
func Look(ctx context.Context, at postgres.Address) (*Queue, error) {
	pool, err := open(ctx, at, 2)
	if err != nil {
		return nil, err
	}
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		postgres.ClosePool(pool)
		return nil, told(err)
	}
	return &Queue{pool: pool, client: client, patience: enterWithin}, nil
}

// Close ends it.
func (q *Queue) Close() { postgres.ClosePool(q.pool) }

// Job is one of the queue.
type Job struct {
	ID      int64    `json:"id"`
	Account string   `json:"account"`
	Command []string `json:"command,omitempty"`
	// State says where the job is: queued, running, waiting for its next attempt, done, needs a person, or cancelled.
	State State `json:"state"`
	// EnteredAt and EndedAt bound it, and NextAt is when it is tried again.
	EnteredAt time.Time `json:"enteredAt"`
	EndedAt   time.Time `json:"endedAt,omitzero"`
	NextAt    time.Time `json:"nextAt,omitzero"`
	// Failed counts the outages that it met.
	Failed int `json:"outages,omitempty"`
	Progress
}

// State is where a job is.
type State string

// The states of a job.
const (
	StateQueued    State = "queued"
	StateRunning   State = "running"
	StateRetry     State = "waits_to_retry"
	StateDone      State = "done"
	StatePerson    State = "needs_person"
	StateCancelled State = "cancelled"
)

// Over reports whether nobody works on it any more by itself.
func (s State) Over() bool { return s == StateDone || s == StatePerson || s == StateCancelled }

// Enter enters a job of a run for each task, all or none: none where some accounts have a job already, which are busy. While the
// queue is away it is waited for. The error is [ErrUnknown] where it does not come back in time to tell whether they were entered.
func (q *Queue) Enter(ctx context.Context, tasks []Task) (busy []string, err error) {
	params := make([]river.InsertManyParams, len(tasks))
	for i, t := range tasks {
		params[i] = river.InsertManyParams{Args: runArgs{Account: t.Account, Run: t.Run, Deadline: t.Deadline}, InsertOpts: runOptions()}
	}
	for since := time.Now(); ; {
		busy, err = q.enter(ctx, tasks, params)
		switch {
		case !postgres.Away(err):
			return busy, told(err)
		case ctx.Err() != nil, time.Since(since) > q.patience:
			return nil, fmt.Errorf("%w: %w", ErrUnknown, told(err))
		}
		select {
		case <-ctx.Done():
		case <-time.After(enterEvery):
		}
	}
}

// enterEvery is how often it is tried to enter jobs, and enterWithin for how long, while the queue is away.
const enterEvery, enterWithin = time.Second, 2 * time.Minute

// ErrUnknown is that nobody knows whether jobs were entered: the queue went away while it entered them.
var ErrUnknown = errors.New("it is not known whether the jobs were entered")

// errBusy undoes what would be entered for some accounts only.
var errBusy = errors.New("some accounts are busy")

// enter is one try to enter jobs. Those that an earlier try has entered, whose answer was lost, are there already: who enters waits
// for what is still being committed.
func (q *Queue) enter(ctx context.Context, tasks []Task, params []river.InsertManyParams) (busy []string, err error) {
	err = pgx.BeginFunc(ctx, q.pool, func(tx pgx.Tx) error {
		entered, err := q.client.InsertManyTx(ctx, tx, params)
		if err != nil {
			return err
		}
		for i, is := range entered {
			if !is.UniqueSkippedAsDuplicate {
				continue
			}
			var there runArgs
			if err := json.Unmarshal(is.Job.EncodedArgs, &there); err != nil {
				return fmt.Errorf("job %d: %w", is.Job.ID, err)
			}
			if there.Run != tasks[i].Run {
				busy = append(busy, tasks[i].Account)
			}
		}
		if len(busy) > 0 {
			return errBusy
		}
		return nil
	})
	if errors.Is(err, errBusy) {
		err = nil
	}
	return busy, err
}

// mostJobs is how many jobs are listed.
const mostJobs = 10_000

// Jobs are the newest job of each account and command, by account.
func (q *Queue) Jobs(ctx context.Context) ([]Job, error) {
	listed, err := q.client.JobList(ctx, river.NewJobListParams().OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(mostJobs))
	if err != nil {
		return nil, told(err)
	}
	jobs := []Job{}
	seen := map[string]bool{}
	now := time.Now()
	for _, row := range listed.Jobs {
		job, err := jobOf(row, now)
		if err != nil {
			return nil, err
		}
		which := fmt.Sprintf("%s %q", job.Account, job.Command)
		if !seen[which] {
			seen[which] = true
			jobs = append(jobs, job)
		}
	}
	slices.SortStableFunc(jobs, func(a, b Job) int {
		if a.Account != b.Account {
			if a.Account < b.Account {
				return -1
			}
			return 1
		}
		return int(b.ID - a.ID)
	})
	return jobs, nil
}

// Current are the jobs that go on, that have ended since a moment, or that were entered last, all together, to be carried out by
// workers: the others are of earlier days.
func Current(jobs []Job, since time.Time) []Job {
	var last time.Time
	for _, j := range jobs {
		if j.Command == nil && j.EnteredAt.After(last) {
			last = j.EnteredAt
		}
	}
	return slices.DeleteFunc(slices.Clone(jobs), func(j Job) bool {
		entered := j.Command == nil && j.EnteredAt.Equal(last) // in one transaction, whose time they have
		return j.State.Over() && !entered && j.EndedAt.Before(since)
	})
}

// jobOf is a job as River has it.
func jobOf(row *rivertype.JobRow, now time.Time) (j Job, err error) {
	j = Job{ID: row.ID, EnteredAt: row.CreatedAt, Progress: progressOf(row)}
	var t Task
	switch row.Kind {
	case runArgs{}.Kind():
		var args runArgs
		err = json.Unmarshal(row.EncodedArgs, &args)
		t = args.task()
	default:
		var args tickArgs
		err = json.Unmarshal(row.EncodedArgs, &args)
		t = args.task()
	}
	if err != nil {
		return j, fmt.Errorf("queue: job %d: %w", row.ID, err)
	}
	j.Account, j.Command = t.Account, t.Command
	if j.Run == "" {
		j.Run = t.Run
	}
	if row.FinalizedAt != nil {
		j.EndedAt = *row.FinalizedAt
	}
	j.Failed = outages(row)
	switch row.State {
	case rivertype.JobStateCompleted:
		j.State = StateDone
	case rivertype.JobStateCancelled:
		j.State = StateCancelled
		if j.ExitCode != nil { // it came to an end by itself
			j.State = StatePerson
		}
	case rivertype.JobStateDiscarded:
		j.State = StatePerson
	case rivertype.JobStateRetryable:
		j.State, j.NextAt = StateRetry, row.ScheduledAt
	default:
		j.State = StateQueued
		if row.State == rivertype.JobStateRunning || j.heldByOther("", now) {
			j.State = StateRunning
		} else if row.ScheduledAt.After(now) {
			j.NextAt = row.ScheduledAt
		}
	}
	if j.State.Over() {
		j.Ends = time.Time{}
	}
	return j, nil
}

// progressOf is what was told last of a job.
func progressOf(row *rivertype.JobRow) (p Progress) {
	if out := row.Output(); out != nil {
		_ = json.Unmarshal(out, &p) // of a newer bulknum: what cannot be read is not known
	}
	return p
}

// Cancel ends the jobs of an account, or of all; what goes on is stopped in good order. It returns those that were not over.
func (q *Queue) Cancel(ctx context.Context, account string) (cancelled []Job, err error) {
	jobs, err := q.Jobs(ctx)
	if err != nil {
		return nil, err
	}
	for _, job := range jobs {
		if job.State.Over() || account != "" && job.Account != account {
			continue
		}
		if _, err := q.client.JobCancel(ctx, job.ID); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return cancelled, told(err)
		}
		cancelled = append(cancelled, job)
	}
	return cancelled, nil
}

// told is an error of the queue: what the role of the store's address may not do is told as the store tells it.
func told(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("queue: %w", postgres.Refused(err))
}
