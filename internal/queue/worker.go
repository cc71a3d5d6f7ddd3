package queue

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/bulknum/bulknum/batch/store/postgres"
)

const (
	// slice is for how long a job is attended at a time, jobTimeout how long a slice may take at most, and rescueAfter after
	// how long one is taken for that of a worker that died. River looks every half a minute.
	slice       = 30 * time.Second
	jobTimeout  = 50 * time.Second
	rescueAfter = time.Minute
	// busyPause is after which a job is tried again that cannot be begun yet.
	busyPause = 5 * time.Second
	// longestRetry is the longest pause before what met an outage is tried again.
	longestRetry = 15 * time.Minute
	// kept is for how long jobs that came to an end are told of.
	kept = 7 * 24 * time.Hour
	// handOver is how long the work may take to stop in good order, and the queue to hear of it, which it does within
	// hearsWithin of the end of the work, or is away.
	handOver, hearsWithin = 40 * time.Second, 10 * time.Second
)

// Options are those of a worker.
type Options struct {
	// Name is who it is: no other one has the same. Host is where.
	Name, Host string
	// Parallel is how many accounts it works for at a time.
	Parallel int
	// Carry carries a task out.
	Carry Carry
	// Schedule is what becomes due at which times; nil: nothing.
	Schedule []Line
	// Log takes what River warns of.
	Log io.Writer
	// slice is for how long a job is attended at a time, and tellEvery how often its progress is told; 0: the constants.
	slice, tellEvery time.Duration
}

// Worker works jobs of a queue.
type Worker struct {
	o      Options
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	carried
}

// Open makes a worker of the queue in the database of a store. [Worker.Run] is to follow, or [Worker.Close].
func Open(ctx context.Context, at postgres.Address, o Options) (*Worker, error) {
	pool, err := open(ctx, at, 4)
	if err != nil {
		return nil, err
	}
	o.slice, o.tellEvery = cmp.Or(o.slice, slice), cmp.Or(o.tellEvery, tellEvery)
	w := &Worker{o: o, pool: pool}
	w.byJob, w.byAccount = map[int64]*going{}, map[string]*going{}
	jobs := river.NewWorkers()
	river.AddWorker(jobs, &jobWorker[runArgs]{w: w})
	river.AddWorker(jobs, &jobWorker[tickArgs]{w: w})
	w.client, err = river.NewClient(riverpgxv5.New(pool), &river.Config{
		ID: o.Name, Schema: schema, Workers: jobs, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: o.Parallel}},
		JobTimeout: jobTimeout, RescueStuckJobsAfter: rescueAfter, MaxAttempts: maxAttempts,
		CompletedJobRetentionPeriod: kept, CancelledJobRetentionPeriod: kept, DiscardedJobRetentionPeriod: kept,
		PeriodicJobs: periodic(o.Schedule), ReindexerSchedule: river.NeverSchedule(), // it wants the tables' owner
		Logger: slog.New(slog.NewTextHandler(o.Log, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		postgres.ClosePool(pool)
		return nil, told(err)
	}
	return w, nil
}

// open connects to a queue that has this program's tables.
func open(ctx context.Context, at postgres.Address, most int32) (*pgxpool.Pool, error) {
	pool, err := postgres.Pool(ctx, at, most)
	if err != nil {
		return nil, err
	}
	wrong, err := check(ctx, pool)
	if err == nil && wrong != "" {
		err = &UnmadeError{wrong}
	}
	if err != nil {
		postgres.ClosePool(pool)
		return nil, err
	}
	return pool, nil
}

// UnmadeError is a queue whose tables are not those of this program.
type UnmadeError struct{ why string }

func (e *UnmadeError) Error() string { return e.why + "; `bulknum store migrate` does so" }

// Healthy asks the queue for an answer.
func (w *Worker) Healthy(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, answerWithin)
	defer done()
	return w.pool.Ping(ctx)
}

// answerWithin is how long the queue may take for an answer.
const answerWithin = 5 * time.Second

// Close ends a worker that is not to run.
func (w *Worker) Close() { postgres.ClosePool(w.pool) }

// ErrAway is that the queue does not hear that its jobs are given back: others take them as those of a worker that died.
var ErrAway = errors.New("the queue cannot be reached")

// Run works until the context ends; then all that goes on is stopped in good order, and its jobs are handed over at once. Where
// the queue is away, the error is [ErrAway].
func (w *Worker) Run(ctx context.Context) error {
	defer postgres.ClosePool(w.pool)
	if err := w.client.Start(context.WithoutCancel(ctx)); err != nil {
		return told(err)
	}
	<-ctx.Done()
	w.stop(context.Cause(ctx))
	limited, done := context.WithTimeout(context.WithoutCancel(ctx), handOver)
	defer done()
	stopping := make(chan error, 1)
	go func() { stopping <- w.client.Stop(limited) }()
	for _, g := range w.all() { // also what no slice attends
		select {
		case <-g.done:
		case <-limited.Done():
		}
	}
	defer time.AfterFunc(hearsWithin, done).Stop()
	stopped := <-stopping
	if err := w.Healthy(context.WithoutCancel(ctx)); err != nil {
		return ErrAway
	}
	if stopped != nil {
		stopped = w.client.StopAndCancel(context.WithoutCancel(ctx))
	}
	for job, g := range w.all() { // its job is there for others
		<-g.done
		_ = w.conclude(context.WithoutCancel(ctx), job, g)
	}
	if stopped != nil {
		return told(stopped)
	}
	return nil
}

// jobWorker works jobs of a kind.
type jobWorker[A args] struct {
	river.WorkerDefaults[A]
	w *Worker
}

// Work is of [river.Worker].
func (r *jobWorker[A]) Work(ctx context.Context, job *river.Job[A]) error {
	return r.w.work(ctx, job.JobRow, job.Args.task())
}

// Timeout is of [river.Worker]: a job without one would never be rescued.
func (r *jobWorker[A]) Timeout(*river.Job[A]) time.Duration { return jobTimeout }

// NextRetry is of [river.Worker].
func (r *jobWorker[A]) NextRetry(job *river.Job[A]) time.Time {
	return nextRetry(job.JobRow, job.Args.task().Deadline, time.Now())
}

// nextRetry is when a job is tried again. One whose worker died, whose slice began longer ago than any that ends, goes on at
// once; after an outage the pause grows as River's does, with the fourth power of its number, up to a limit, but not beyond
// the deadline, at which somebody has to be told.
func nextRetry(job *rivertype.JobRow, deadline, now time.Time) time.Time {
	if job.AttemptedAt != nil && now.Sub(*job.AttemptedAt) > jobTimeout {
		return now
	}
	failed := min(outages(job)+1, 10)
	at := now.Add(min(time.Duration(failed*failed*failed*failed)*time.Second, longestRetry))
	if !deadline.IsZero() && at.After(deadline) && now.Before(deadline) {
		return deadline
	}
	return at
}

// outages is how many outages the work of a job has met. It has other errors, too: of slices whose worker died, and of its end.
func outages(job *rivertype.JobRow) (n int) {
	for _, e := range job.Errors {
		if e.Error != rescued && !strings.HasPrefix(e.Error, cancelled) {
			n++
		}
	}
	return n
}

// cancelled is how the error begins of what needs a person.
var cancelled = rivertype.JobCancel(errors.New("")).Error()

// rescued is the error of a slice whose worker died, as River's rescuer enters it.
const rescued = "Stuck job rescued by JobRescuer"

// work attends a job for a slice.
func (w *Worker) work(ctx context.Context, job *rivertype.JobRow, t Task) error {
	g, err := w.attend(job, t)
	if err != nil {
		return err
	}
	if g.progress().Waits && !g.ended() { // the place is another one's meanwhile
		return river.JobSnooze(w.o.slice)
	}
	over := time.NewTimer(w.o.slice)
	defer over.Stop()
	select {
	case <-g.done:
		return w.conclude(context.WithoutCancel(ctx), job.ID, g)
	case <-over.C:
		return river.JobSnooze(0)
	case <-ctx.Done():
		if !errors.Is(context.Cause(ctx), rivertype.ErrJobCancelledRemotely) {
			return river.JobSnooze(0)
		}
		g.cancel(ErrCancelled)
		<-g.done
		w.forget(job.ID, g)
		return context.Cause(ctx)
	}
}

// attend returns what goes on for a job, which begins with its first slice here.
func (w *Worker) attend(job *rivertype.JobRow, t Task) (*going, error) {
	if g := w.of(job.ID); g != nil {
		if !g.ended() || !w.attendedElsewhere(job) {
			return g, nil
		}
		w.forget(job.ID, g)
	}
	if progressOf(job).heldByOther(w.o.Name, time.Now()) {
		return nil, river.JobSnooze(time.Second)
	}
	// Not below the slice's context, not even its values: River writes to what it keeps there when the slice ends.
	ctx, cancel := context.WithCancelCause(context.Background())
	g := &going{task: t, cancel: cancel, done: make(chan struct{}), told: make(chan struct{}), since: time.Now()}
	if !w.begin(job.ID, g, w.o.Parallel) {
		cancel(nil)
		return nil, river.JobSnooze(busyPause)
	}
	// A worker without room for another account goes on with those that it has.
	if err := postgres.SetPriority(ctx, w.pool, schema, job.ID, begun); err != nil {
		cancel(nil)
		w.forget(job.ID, g)
		return nil, told(err)
	}
	go func() {
		defer close(g.done)
		g.outcome = w.o.Carry(ctx, t, g.show)
		cancel(nil)
	}()
	go w.tell(ctx, job.ID, g)
	return g, nil
}

// attendedElsewhere reports whether another worker had the job's slice before this one: what has ended here is not its end then.
func (w *Worker) attendedElsewhere(job *rivertype.JobRow) bool {
	before := len(job.AttemptedBy) - 2
	return before >= 0 && job.AttemptedBy[before] != w.o.Name
}

// tellEvery is how often a worker tells how far what it carries out is.
const tellEvery = 8 * time.Second

// tell tells the progress, until the work ends; a job that was cancelled while no slice attended it is stopped.
func (w *Worker) tell(ctx context.Context, job int64, g *going) {
	defer close(g.told)
	every := time.NewTicker(w.o.tellEvery)
	defer every.Stop()
	for {
		p := g.progress()
		p.Worker, p.Host, p.At = w.o.Name, w.o.Host, time.Now().UTC()
		limited, done := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		is, err := w.client.JobUpdate(limited, job, &river.JobUpdateParams{Output: p})
		done()
		if err == nil && is.FinalizedAt != nil || errors.Is(err, rivertype.ErrNotFound) {
			g.cancel(ErrCancelled)
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// conclude ends the job of what has ended, or has it tried again. While the queue is away the end is kept here, for another slice:
// what needs a person would else be carried out once more.
func (w *Worker) conclude(ctx context.Context, job int64, g *going) error {
	<-g.told // or what it told last would come after the end
	o := g.outcome
	p := g.progress()
	p.Host, p.At, p.Why, p.ExitCode = w.o.Host, time.Now().UTC(), o.Why, &o.ExitCode
	if o.End == Again {
		p.ExitCode = nil
	}
	switch _, err := w.client.JobUpdate(ctx, job, &river.JobUpdateParams{Output: p}); {
	case postgres.Away(err):
		return river.JobSnooze(busyPause)
	case err != nil:
		w.forget(job, g)
		return told(err)
	}
	w.forget(job, g)
	switch o.End {
	case Done:
		return nil
	case NeedsPerson:
		return river.JobCancel(errors.New(o.Why))
	case Outage:
		return errors.New(o.Why)
	case Again:
	}
	return river.JobSnooze(o.Wait)
}
