package queue

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m.Run)) }

// newQueue is an empty queue.
func newQueue(t *testing.T) (*Queue, postgres.Address) {
	t.Helper()
	at := postgres.Address(pgtest.Shared(t).NewDatabase(t, pgtest.Empty))
	if _, err := Look(t.Context(), at); err == nil || !strings.Contains(err.Error(), "store migrate") {
		t.Fatalf("a queue that was not made is opened: %v", err)
	}
	for want := range 2 {
		if done, err := Migrate(t.Context(), at); err != nil || done != (want == 0) {
			t.Fatalf("migrated: %t, %v", done, err)
		}
	}
	q, err := Look(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(q.Close)
	return q, at
}

// through is a network to a queue, and the queue's address by it.
func through(t *testing.T, at postgres.Address) (*network.Network, postgres.Address) {
	t.Helper()
	_, rest, _ := strings.Cut(string(at), "@")
	server, _, _ := strings.Cut(rest, "/")
	n, err := network.Between(server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n, postgres.Address(strings.Replace(string(at), server, n.Address(), 1))
}

// start starts a worker; stop asks it to stop, and waits.
func start(t *testing.T, at postgres.Address, o Options) (w *Worker, stop func()) {
	t.Helper()
	o.Log, o.Parallel = io.Discard, cmp.Or(o.Parallel, 4)
	w, err := Open(t.Context(), at, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	stop = func() {
		cancel(errors.New("asked to stop"))
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	return w, stop
}

// enough is how long something has that takes a moment, on a machine that is busy.
const enough = 3 * time.Minute

// await waits for a job to be in a state.
func await(t *testing.T, q *Queue, account string, want State) Job {
	t.Helper()
	for deadline := time.Now().Add(enough); ; time.Sleep(20 * time.Millisecond) {
		jobs, err := q.Jobs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range jobs {
			if j.Account == account && j.State == want {
				return j
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no job of %s is %s: %+v", account, want, jobs)
		}
	}
}

// What goes on is begun once, whatever the number of slices that attend it, and tells its end: it does not notice where one slice
// ends and the next begins, which so costs it neither time nor a request.
func TestSlicesAttendOneWork(t *testing.T) {
	q, at := newQueue(t)
	var begun atomic.Int32
	over := make(chan struct{})
	_, stop := start(t, at, Options{Name: "one", Host: "host1", slice: 50 * time.Millisecond, tellEvery: 50 * time.Millisecond, Carry: func(ctx context.Context, task Task, show func(func() Progress)) Outcome {
		begun.Add(1)
		show(func() Progress { return Progress{Phase: "sending", Done: 3, Total: 9} })
		select {
		case <-over:
		case <-ctx.Done(): // which no slice's end is to be noticed by
			return Outcome{End: NeedsPerson, ExitCode: 1, Why: "it was stopped"}
		}
		return Outcome{End: Done, ExitCode: 5, Why: "of " + task.Run}
	}})
	defer stop()
	tasks := []Task{{Account: "acme", Run: "r1"}}
	if busy, err := q.Enter(t.Context(), tasks); err != nil || len(busy) > 0 {
		t.Fatal(busy, err)
	}
	if busy, err := q.Enter(t.Context(), []Task{{Account: "acme", Run: "r2"}}); err != nil || len(busy) != 1 {
		t.Fatalf("a second job of the account is entered: %v, %v", busy, err)
	}
	job := await(t, q, "acme", StateRunning)
	for deadline := time.Now().Add(enough); snoozes(t, q, job.ID) < 5; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("slices do not end")
		}
	}
	if job = await(t, q, "acme", StateRunning); job.Host != "host1" || job.Done != 3 || job.Total != 9 || job.Phase != "sending" {
		t.Errorf("its progress is %+v", job)
	}
	close(over)
	job = await(t, q, "acme", StateDone)
	if begun.Load() != 1 || job.ExitCode == nil || *job.ExitCode != 5 || job.Run != "r1" || job.Why != "of r1" {
		t.Errorf("begun %d times, and ended as %+v", begun.Load(), job)
	}
	if busy, err := q.Enter(t.Context(), tasks); err != nil || len(busy) > 0 {
		t.Errorf("an account whose job is over gets no other: %v, %v", busy, err)
	}
}

// Jobs are entered all together, or none is; and those whose answer was lost on the way are not taken for somebody else's.
func TestJobsAreEnteredTogether(t *testing.T) {
	q, at := newQueue(t)
	between, way := through(t, at)
	far, err := Look(t.Context(), way)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(far.Close)
	lost := false
	between.OnAnswered(func(b []byte) ([]byte, network.Cutting) {
		if !lost && bytes.Contains(b, []byte("COMMIT\x00")) {
			lost = true
			return b, network.Before
		}
		return b, network.No
	})
	if busy, err := far.Enter(t.Context(), []Task{{Account: "acme", Run: "r1"}, {Account: "beta", Run: "r2"}}); err != nil || len(busy) > 0 || !lost {
		t.Errorf("the answer was lost: %t; %v are busy: %v", lost, busy, err)
	}
	if busy, err := q.Enter(t.Context(), []Task{{Account: "beta", Run: "r3"}, {Account: "coop", Run: "r4"}}); err != nil || !slices.Equal(busy, []string{"beta"}) {
		t.Errorf("%v are busy: %v", busy, err)
	}
	jobs, err := q.Jobs(t.Context())
	if err != nil || len(jobs) != 2 || jobs[0].Run != "r1" || jobs[1].Run != "r2" {
		t.Errorf("%+v were entered: %v", jobs, err)
	}
	between.Down()
	far.patience = 0
	if _, err := far.Enter(t.Context(), []Task{{Account: "coop", Run: "r5"}}); !errors.Is(err, ErrUnknown) {
		t.Errorf("a queue that is away says %v", err)
	}
}

// snoozes is how many slices of a job have ended.
func snoozes(t *testing.T, q *Queue, id int64) (n int) {
	t.Helper()
	if err := q.pool.QueryRow(t.Context(), "SELECT coalesce((metadata ->> 'snoozes')::int, 0) FROM "+schema+".river_job WHERE id = $1", id).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Who stops hands over at once, and another one goes on.
func TestWhoStopsHandsOver(t *testing.T) {
	q, at := newQueue(t)
	_, stop := start(t, at, Options{Name: "one", Host: "host1", Carry: func(ctx context.Context, _ Task, _ func(func() Progress)) Outcome {
		<-ctx.Done()
		return Outcome{End: Again, ExitCode: 143, Why: context.Cause(ctx).Error()}
	}})
	if _, err := q.Enter(t.Context(), []Task{{Account: "acme", Run: "r1"}}); err != nil {
		t.Fatal(err)
	}
	await(t, q, "acme", StateRunning)
	_, stopOther := start(t, at, Options{Name: "two", Host: "host2", Carry: func(context.Context, Task, func(func() Progress)) Outcome { return Outcome{End: Done} }})
	defer stopOther()
	asked := time.Now()
	stop()
	if job := await(t, q, "acme", StateDone); job.Host != "host2" {
		t.Errorf("it was not taken over: %+v", job)
	}
	if took := time.Since(asked); took > rescueAfter/2 { // as if it had died
		t.Errorf("it was taken over after %s", took)
	}
}

// What goes on is stopped when its job is cancelled, also between two slices; what needs a person is not tried again, and an
// outage is.
func TestEndsOfJobs(t *testing.T) {
	q, at := newQueue(t)
	tries := make(chan string, 10)
	_, stop := start(t, at, Options{Name: "one", Carry: func(ctx context.Context, task Task, _ func(func() Progress)) Outcome {
		tries <- task.Account
		switch task.Account {
		case "outage":
			return Outcome{End: Outage, ExitCode: 6, Why: "the API is down"}
		case "refused":
			return Outcome{End: NeedsPerson, ExitCode: 7, Why: "the credentials are refused"}
		default:
			<-ctx.Done()
			if !errors.Is(context.Cause(ctx), ErrCancelled) {
				t.Errorf("it ends for %v", context.Cause(ctx))
			}
			return Outcome{End: Again}
		}
	}})
	defer stop()
	if _, err := q.Enter(t.Context(), []Task{{Account: "outage", Run: "o"}, {Account: "refused", Run: "r"}, {Account: "long", Run: "l"}}); err != nil {
		t.Fatal(err)
	}
	if job := await(t, q, "refused", StatePerson); job.Why != "the credentials are refused" || *job.ExitCode != 7 || job.Failed != 0 {
		t.Errorf("what needs a person is %+v", job)
	}
	if job := await(t, q, "outage", StateRetry); job.Failed < 1 || job.NextAt.IsZero() {
		t.Errorf("what met an outage is %+v", job)
	}
	await(t, q, "long", StateRunning)
	cancelled, err := q.Cancel(t.Context(), "long")
	if err != nil || len(cancelled) != 1 {
		t.Fatalf("cancelled: %v, %v", cancelled, err)
	}
	await(t, q, "long", StateCancelled)
	again := 0
	for deadline := time.After(enough); again < 2; {
		select {
		case account := <-tries:
			if account == "outage" {
				again++
			}
		case <-deadline:
			t.Fatal("an outage is not tried again")
		}
	}
}

// What needs a person is not carried out again where the queue is away when it ends.
func TestAnEndIsKeptWhileTheQueueIsAway(t *testing.T) {
	q, at := newQueue(t)
	between, way := through(t, at)
	var carried atomic.Int32
	_, stop := start(t, way, Options{Name: "one", Carry: func(context.Context, Task, func(func() Progress)) Outcome {
		carried.Add(1)
		between.Down()
		time.AfterFunc(500*time.Millisecond, between.Heal)
		return Outcome{End: NeedsPerson, ExitCode: 4, Why: "a guard refuses it"}
	}})
	defer stop()
	if _, err := q.Enter(t.Context(), []Task{{Account: "acme", Run: "r1"}}); err != nil {
		t.Fatal(err)
	}
	if job := await(t, q, "acme", StatePerson); carried.Load() != 1 || job.Why != "a guard refuses it" || job.Failed != 0 {
		t.Errorf("carried out %d times, and ended as %+v", carried.Load(), job)
	}
}

// What waits for somebody takes no place of another one: its job is put off, and what comes to its end meanwhile is concluded.
func TestWhatWaitsForSomebodyTakesNoPlace(t *testing.T) {
	q, at := newQueue(t)
	var answered atomic.Bool
	over := make(chan struct{})
	_, stop := start(t, at, Options{Name: "one", Host: "host1", Parallel: 1, slice: 50 * time.Millisecond, tellEvery: 50 * time.Millisecond, Carry: func(_ context.Context, task Task, show func(func() Progress)) Outcome {
		if task.Account == "acme" {
			show(func() Progress { return Progress{Phase: "paused", Waits: !answered.Load()} })
			<-over
		}
		return Outcome{End: Done}
	}})
	defer stop()
	for _, account := range []string{"acme", "beta"} {
		if _, err := q.Enter(t.Context(), []Task{{Account: account, Run: account}}); err != nil {
			t.Fatal(err)
		}
		if account == "acme" {
			await(t, q, "acme", StateRunning)
		}
	}
	await(t, q, "beta", StateDone)
	if job := await(t, q, "acme", StateRunning); job.Phase != "paused" || job.Host != "host1" {
		t.Errorf("who waits is %+v", job)
	}
	answered.Store(true)
	close(over)
	await(t, q, "acme", StateDone)
}

// The jobs of today are those that go on, that ended meanwhile, and that were entered last, all together.
func TestCurrentJobs(t *testing.T) {
	old, today, now := time.Unix(1000, 0), time.Unix(5000, 0), time.Unix(9000, 0)
	jobs := []Job{
		{ID: 1, State: StatePerson, EnteredAt: old, EndedAt: old},
		{ID: 2, State: StateRunning, EnteredAt: old},
		{ID: 3, State: StatePerson, EnteredAt: today, EndedAt: today},
		{ID: 4, State: StateDone, EnteredAt: today, EndedAt: today},
		{ID: 5, State: StateDone, Command: []string{"apply"}, EnteredAt: now, EndedAt: today},
		{ID: 6, State: StateDone, Command: []string{"apply"}, EnteredAt: today, EndedAt: now},
	}
	var got []int64
	for _, j := range Current(jobs, now) {
		got = append(got, j.ID)
	}
	if !slices.Equal(got, []int64{2, 3, 4, 6}) {
		t.Errorf("they are %v", got)
	}
}
