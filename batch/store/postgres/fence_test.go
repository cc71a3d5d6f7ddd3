package postgres_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/behaviour"
	"github.com/bulknum/bulknum/batch/store/postgres"
	"github.com/bulknum/bulknum/internal/pgtest"
	"github.com/bulknum/bulknum/internal/pgtest/network"
)

// anotherHost are the options of the same store as another host has them.
func anotherHost(t *testing.T, o postgres.Options) postgres.Options {
	t.Helper()
	o.State = t.TempDir()
	return o
}

// open opens a store until the end of the test.
func open(t *testing.T, o postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), o)
	behaviour.Must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// lockAccount takes the account of the tests.
func lockAccount(t *testing.T, s *postgres.Store, command string) (store.Account, store.Lock, error) {
	t.Helper()
	a, err := s.Account(t.Context(), "https://api.example.com", "key")
	behaviour.Must(t, err)
	lock, err := s.Lock(t.Context(), a, store.Myself("run", command), 0)
	return a, lock, err
}

// running is a store whose account is held, with a run.
func running(t *testing.T, o postgres.Options) (*postgres.Store, store.Run, store.Lock) {
	t.Helper()
	s := open(t, o)
	a, lock, err := lockAccount(t, s, "bulknum apply")
	behaviour.Must(t, err)
	return s, behaviour.NewRun(t, s, a, "one"), lock
}

// intents are how many intents of a run there are, as another host sees them.
func intents(t *testing.T, o postgres.Options, run store.Run) int {
	t.Helper()
	o.ReadOnly, o.State = true, ""
	s, err := postgres.Open(t.Context(), o)
	behaviour.Must(t, err)
	defer s.Close()
	return len(behaviour.List(t, s.Outcomes(t.Context(), run.ID)))
}

// endSessions ends the sessions that write, as when their connections are lost, and waits until they have ended.
func endSessions(t *testing.T, o postgres.Options) {
	t.Helper()
	pgtest.Shared(t).Execute(t, string(o.Address), `SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory'
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY pid`)
}

func TestTheSecondHostIsToldWhoHasTheAccount(t *testing.T) {
	o := newStore(t)
	_, _, first := running(t, o)
	other := open(t, anotherHost(t, o))
	_, _, err := lockAccount(t, other, "bulknum resume")
	locked, is := errors.AsType[*store.LockedError](err)
	host, _ := os.Hostname()
	if !is || locked.Holder.PID != os.Getpid() || locked.Holder.Host != host || locked.Holder.Command != "bulknum apply" || time.Since(locked.Holder.Since) > time.Minute {
		t.Fatalf("got %v", err)
	}
	a, err := other.Account(t.Context(), "https://api.example.com", "key")
	behaviour.Must(t, err)
	time.AfterFunc(300*time.Millisecond, first.Release)
	second, err := other.Lock(t.Context(), a, store.Myself("", "bulknum resume"), time.Minute)
	behaviour.Must(t, err)
	behaviour.Must(t, second.Held())
	if first.Held() == nil {
		t.Error("both have it")
	}
}

func TestALostConnectionIsMadeAgain(t *testing.T) {
	o := newStore(t)
	s, run, lock := running(t, o)
	for line := 2; line < 6; line++ {
		behaviour.Must(t, s.Append(run.ID, behaviour.Intent(line)))
		endSessions(t, o)
	}
	behaviour.Must(t, s.Append(run.ID, behaviour.Done(2, result.Updated)))
	behaviour.Must(t, lock.Held())
	if n := intents(t, o, run); n != 4 {
		t.Errorf("%d intents", n)
	}
	if _, _, err := lockAccount(t, open(t, anotherHost(t, o)), ""); err == nil {
		t.Error("the lock was not had again")
	}
}

func TestWhoWasTakenOverRecordsNoIntent(t *testing.T) {
	for name, letGo := range map[string]bool{"holds it": false, "has let it go": true} {
		t.Run(name, func(t *testing.T) {
			o := newStore(t)
			s, run, lock := running(t, o)
			endSessions(t, o) // nothing was sent: whoever takes it over waits for nothing
			_, theirs, err := lockAccount(t, open(t, anotherHost(t, o)), "bulknum resume")
			behaviour.Must(t, err)
			if letGo {
				theirs.Release()
			}
			err = s.Append(run.ID, behaviour.Intent(2))
			if _, broken := errors.AsType[*store.BrokenError](err); !broken || !strings.Contains(err.Error(), "taken over") {
				t.Errorf("got %v", err)
			}
			if lock.Held() == nil {
				t.Error("it is held")
			}
			if n := intents(t, o, run); n != 0 {
				t.Errorf("%d intents", n)
			}
		})
	}
}

// An answer to who was taken over decides nothing, and is kept as evidence, whatever its successor has done by then.
func TestALateAnswerIsEvidence(t *testing.T) {
	o := newStore(t)
	s, run, _ := running(t, o)
	endSessions(t, o) // nothing was sent: whoever takes it over waits for nothing
	successor := open(t, anotherHost(t, o))
	_, _, err := lockAccount(t, successor, "bulknum resume")
	behaviour.Must(t, err)
	found := behaviour.Done(2, result.Unchanged)
	behaviour.Must(t, successor.Append(run.ID, found, &store.Milestone{Kind: store.Ended, At: behaviour.At(9), Doc: []byte("{}")}))
	answer, silence := behaviour.Done(2, result.Updated), behaviour.Done(3, result.Unknown)
	answer.UpdateOrderId, silence.HTTPStatus = "order-2", 0
	for _, record := range []*store.Result{answer, silence} {
		if err := s.Append(run.ID, record); err == nil {
			t.Errorf("line %d: who was taken over recorded a result", record.Line)
		}
	}
	steps, err := successor.Milestones(t.Context(), run.ID)
	behaviour.Must(t, err)
	var late []result.LateAnswer
	for _, step := range steps {
		if step.Kind == store.Late {
			late = append(late, result.LateAnswer{})
			behaviour.Must(t, json.Unmarshal(step.Doc, &late[len(late)-1]))
		}
	}
	if len(late) != 1 || late[0].PID != os.Getpid() || late[0].Result.UpdateOrderId != "order-2" {
		t.Errorf("late answers %+v", late)
	}
	if rows, err := successor.Results(t.Context(), run.ID, 2, 3); err != nil || len(rows) != 1 || rows[0].Sequence != found.Sequence {
		t.Errorf("results %+v, %v", rows, err)
	}
}

// An intent is refused by the server itself, whatever the process thinks of its lock.
func TestAnIntentIsFenced(t *testing.T) {
	o := newStore(t)
	s, run, _ := running(t, o)
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
	pgtest.Shared(t).Execute(t, string(o.Address), "UPDATE bulknum.holders SET epoch = epoch + 1 WHERE kind = 'account'")
	err := s.Append(run.ID, behaviour.Intent(3))
	if _, broken := errors.AsType[*store.BrokenError](err); !broken || !strings.Contains(err.Error(), "somebody else has taken it") {
		t.Errorf("got %v", err)
	}
	if n := intents(t, o, run); n != 1 {
		t.Errorf("%d intents", n)
	}
}

func TestAnIntentNeedsTheLock(t *testing.T) {
	o := newStore(t)
	s, run, lock := running(t, o)
	lock.Release()
	if err := s.Append(run.ID, behaviour.Intent(2)); err == nil || intents(t, o, run) != 0 {
		t.Errorf("got %v", err)
	}
}

// A connection that is lost in a commit leaves open whether it was made: the server is asked.
func TestACommitIsMadeOnce(t *testing.T) {
	for name, when := range map[string]network.Cutting{"the commit is lost": network.Before, "its answer is lost": network.After} {
		t.Run(name, func(t *testing.T) {
			o := newStore(t)
			p, behind := through(t, o)
			s, run, _ := running(t, behind)
			var cuts atomic.Int32
			p.OnSent(func(b []byte) ([]byte, network.Cutting) {
				if bytes.Contains(b, []byte("COMMIT")) && cuts.Add(1) == 1 {
					return b, when
				}
				return b, network.No
			})
			i := behaviour.Intent(2)
			behaviour.Must(t, s.Append(run.ID, i))
			behaviour.Must(t, s.Append(run.ID, behaviour.Intent(3)))
			if cuts.Load() < 2 {
				t.Fatalf("%d commits", cuts.Load())
			}
			writes := behaviour.List(t, s.Writes(t.Context(), store.WriteFilter{Run: run.ID}))
			if len(writes) != 2 || writes[0].Intent != i.Sequence || writes[1].Intent != i.Sequence+1 {
				t.Errorf("writes %+v", writes)
			}
			if n := pgtest.Shared(t).Execute(t, string(o.Address), "SELECT count(*) FROM bulknum.intents"); n != "2" {
				t.Errorf("%s intents", n)
			}
		})
	}
}

func TestAServerThatGoesAwayIsWaitedFor(t *testing.T) {
	for _, how := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		t.Run(how.String(), func(t *testing.T) {
			o := newStore(t)
			told := make(chan string, 1)
			o.Notice = func(text string) {
				select {
				case told <- text:
				default:
				}
			}
			s, run, lock := running(t, o)
			behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
			pgtest.Shared(t).Stop(how)
			appended := make(chan error, 1)
			go func() { appended <- s.Append(run.ID, behaviour.Intent(3)) }()
			if text := <-told; !strings.Contains(text, "nothing is sent until it can") {
				t.Errorf("it says %q", text)
			}
			select {
			case err := <-appended:
				t.Errorf("appended while the server is away: %v", err)
			default:
			}
			behaviour.Must(t, pgtest.Shared(t).Restart())
			behaviour.Must(t, <-appended)
			behaviour.Must(t, lock.Held())
			if n := intents(t, o, run); n != 2 {
				t.Errorf("%d intents", n)
			}
		})
	}
}

// The writing ends for good, and nobody waits any longer.
func TestAServerThatStaysAwayEndsTheWriting(t *testing.T) {
	o := newStore(t)
	o.Patience = 3 * time.Second
	s, run, _ := running(t, o)
	pgtest.Shared(t).Stop(syscall.SIGINT)
	defer func() { behaviour.Must(t, pgtest.Shared(t).Restart()) }()
	err := s.Append(run.ID, behaviour.Intent(2))
	if _, broken := errors.AsType[*store.BrokenError](err); !broken || !strings.Contains(err.Error(), "away") {
		t.Errorf("got %v", err)
	}
	began := time.Now()
	if _, err := s.Run(t.Context(), run.Name); err == nil || time.Since(began) > o.Patience/3 {
		t.Errorf("what is read then is waited for once more, for %s: %v", time.Since(began), err)
	}
}

// What a holder may have sent that did not let go is waited for; nothing after one that did.
func TestASuccessorWaitsForWhatMayBeUnderWay(t *testing.T) {
	o := newStore(t)
	o.Timeout = time.Hour
	s, run, lock := running(t, o)
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
	lock.Release()
	_, lock, err := lockAccount(t, open(t, anotherHost(t, o)), "") // at once
	behaviour.Must(t, err)
	lock.Release()

	_, _, err = lockAccount(t, s, "")
	behaviour.Must(t, err)
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(3)))
	endSessions(t, o)
	var cancel context.CancelFunc
	other := anotherHost(t, o)
	other.Notice = func(text string) {
		if strings.Contains(text, "did not let it go") && strings.Contains(text, "1h0m") {
			cancel()
		}
	}
	successor := open(t, other)
	a, err := successor.Account(t.Context(), "https://api.example.com", "key")
	behaviour.Must(t, err)
	for range 2 { // who gives up before leaves it to the next
		func() {
			var ctx context.Context
			ctx, cancel = context.WithCancel(t.Context())
			defer cancel()
			if _, err := successor.Lock(ctx, a, store.Myself("", ""), 0); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}()
	}
}

// aged is a minute and a second ago for all who hold something.
const aged = "UPDATE bulknum.holders SET heard_at = heard_at - 61000000, intended_at = intended_at - 61000000"

// A lock is broken of a holder that was not heard of for a minute, and of no other; it records no intent any more.
func TestALockIsBrokenOfWhoIsSilent(t *testing.T) {
	o := newStore(t)
	s, run := lockedRun(t, o)
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
	other := open(t, anotherHost(t, o))
	if silence, err := other.Silence(t.Context(), run.ID); err != nil || silence > 20*time.Second {
		t.Errorf("silent for %s, %v", silence, err)
	}
	if err := other.Break(t.Context(), run.ID, time.Minute); err == nil || !strings.Contains(err.Error(), "was heard of") {
		t.Errorf("got %v", err)
	}
	pgtest.Shared(t).Execute(t, string(o.Address), aged)
	if silence, err := other.Silence(t.Context(), run.ID); err != nil || silence < time.Minute {
		t.Errorf("silent for %s, %v", silence, err)
	}
	behaviour.Must(t, other.Break(t.Context(), run.ID, time.Minute))
	if _, held := other.Holder(run.ID); held {
		t.Error("it is still held")
	}
	_, _, err := lockAccount(t, other, "bulknum resume")
	behaviour.Must(t, err)
	if err := s.Append(run.ID, behaviour.Intent(3)); err == nil {
		t.Error("who was taken over entered an intent")
	}
}

// A holder that has nothing to record is heard of, as long as it holds something.
func TestAHolderIsHeardOf(t *testing.T) {
	o := newStore(t).Probing(20 * time.Millisecond)
	_, run, lock := running(t, o)
	heard := func() string {
		return pgtest.Shared(t).Execute(t, string(o.Address), "SELECT heard_at FROM bulknum.holders")
	}
	before := heard()
	for deadline := time.Now().Add(patience); heard() == before; {
		if time.Now().After(deadline) {
			t.Fatalf("nothing was heard of the holder of %s", run.Name)
		}
	}
	lock.Release()
	after := heard()
	time.Sleep(200 * time.Millisecond)
	if heard() != after {
		t.Error("one who has let it go is heard of")
	}
}

// A host from which nothing comes any more, and whose connection nobody has ended, has lost its lock within a minute.
func TestADeadHostLosesItsLock(t *testing.T) {
	o := newStore(t)
	t.Parallel()
	o.Timeout = time.Millisecond
	way, dead := through(t, o)
	s, run, _ := running(t, dead)
	behaviour.Must(t, s.Append(run.ID, behaviour.Intent(2)))
	way.Stall()
	other := open(t, anotherHost(t, o))
	a, err := other.Account(t.Context(), "https://api.example.com", "key")
	behaviour.Must(t, err)
	began := time.Now()
	_, err = other.Lock(t.Context(), a, store.Myself("", "bulknum resume"), 2*time.Minute)
	if took := time.Since(began); err != nil || took > time.Minute {
		t.Errorf("%v after %s", err, took)
	}
	way.Heal()
	err = s.Append(run.ID, behaviour.Intent(3))
	if _, broken := errors.AsType[*store.BrokenError](err); !broken || !strings.Contains(err.Error(), "taken over") {
		t.Errorf("got %v", err)
	}
}

// Whoever watches hears that nothing will be recorded any more, also when only a probe has found it out.
func TestTheEndOfTheStoreIsHeard(t *testing.T) {
	n, o := through(t, newStore(t))
	o.Patience = 100 * time.Millisecond
	s, run, _ := running(t, o.Probing(50*time.Millisecond))
	told := make(chan store.Away, 10)
	defer s.Watch(func(a store.Away) { told <- a })()
	n.Down()
	for deadline := time.After(patience); ; {
		select {
		case away := <-told:
			if away.Ended == nil {
				continue
			}
			if broken, is := errors.AsType[*store.BrokenError](s.Append(run.ID, behaviour.Intent(2))); !is || broken.Error() != away.Ended.Error() {
				t.Errorf("told %v, and %v", away.Ended, broken)
			}
			late := make(chan store.Away, 1)
			s.Watch(func(a store.Away) { late <- a })()
			if away := <-late; away.Ended == nil {
				t.Error("who watches later is not told")
			}
			return
		case <-deadline:
			t.Fatal("nobody was told")
		}
	}
}

// A lock whose taking was undone in the middle, and made again by the same session, is free once it was let go.
func TestALockThatIsTakenAgainIsLetGo(t *testing.T) {
	o := newStore(t)
	s := open(t, o)
	writing, err := o.Address.Writing()
	behaviour.Must(t, err)
	defer writing.Close()
	tx, err := writing.BeginTx(t.Context(), nil)
	behaviour.Must(t, err)
	defer func() { _ = tx.Rollback() }()
	_, err = tx.ExecContext(t.Context(), "LOCK TABLE holders IN EXCLUSIVE MODE")
	behaviour.Must(t, err)
	took := make(chan store.Lock)
	go func() {
		defer close(took)
		if _, lock, err := lockAccount(t, s, "bulknum apply"); err != nil {
			t.Error(err)
		} else {
			took <- lock
		}
	}()
	for cancelled := 0; cancelled < 2; {
		n, err := strconv.Atoi(pgtest.Shared(t).Execute(t, string(o.Address),
			"SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO holders%' AND datname = current_database()"))
		behaviour.Must(t, err)
		cancelled += n
	}
	behaviour.Must(t, tx.Rollback())
	lock, is := <-took
	if !is {
		t.FailNow()
	}
	lock.Release()
	if _, lock, err = lockAccount(t, open(t, anotherHost(t, o)), "bulknum apply"); err != nil {
		t.Fatalf("another host: %v", err)
	}
	lock.Release()
}
