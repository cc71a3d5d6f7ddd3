package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/record"
	"github.com/bulknum/bulknum/batch/store/write"
)

const (
	// retryEvery is how often a lock that is waited for is tried.
	retryEvery = 250 * time.Millisecond
	// believedFor is for how long it is believed that a session is there.
	believedFor = time.Second
)

// takenError is a lock that somebody else took meanwhile.
type takenError struct {
	name lockName
	by   store.Holder
}

func (e *takenError) Error() string {
	return fmt.Sprintf("the %s's lock was taken over while the connection was lost, by pid %d on %s at %s", e.name.kind, e.by.PID, e.by.Host,
		e.by.Since.Local().Format("2006-01-02 15:04:05 MST"))
}

// Is makes it a [result.ErrTakenOver].
func (*takenError) Is(target error) bool { return target == result.ErrTakenOver }

// holderQuery asks who has something, or had it last.
const holderQuery = "SELECT epoch, host, pid, since, run, command FROM holders WHERE kind = ? AND id = ?"

// holding is a row of the table of holders.
type holding struct {
	epoch  int64
	holder store.Holder
}

func (h *holding) scan(row write.Scanner) error {
	var since int64
	err := row.Scan(&h.epoch, &h.holder.Host, &h.holder.PID, &since, &h.holder.Run, &h.holder.Command)
	h.holder.Since = record.Moment(since)
	return err
}

// retake has all locks again by a new connection. The session that had them may not have ended yet at the server:
// then it is as if the server were away. A server that took over may lack that they were taken.
func (l *locks) retake(ctx context.Context, conn *sql.Conn, replaced bool) error {
	for name, held := range l.all() {
		if _, err := held.still(ctx, conn, name, replaced); err != nil {
			return err
		}
		var free bool
		if err := conn.QueryRowContext(ctx, words.Bind(lockOnce), name.key(), name.key()).Scan(&free); err != nil {
			return err
		}
		if !free {
			return fmt.Errorf("%w: the server has not noticed yet that the connection was lost", sql.ErrConnDone)
		}
		// Somebody may have taken it, and have let it go, between the two.
		there, err := held.still(ctx, conn, name, replaced)
		if err != nil {
			return err
		}
		if !there {
			err = held.enterAgain(ctx, conn, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// still reports whether the server has it that a lock was taken, unless somebody else took it since, which is an error.
func (h heldLock) still(ctx context.Context, conn *sql.Conn, name lockName, replaced bool) (there bool, err error) {
	var is holding
	err = is.scan(conn.QueryRowContext(ctx, words.Bind(holderQuery), name.kind, name.id))
	switch {
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return false, err
	case is.epoch == h.epoch:
		return true, nil
	case replaced && is.epoch == h.before:
		return false, nil
	default:
		return false, &takenError{name, is.holder}
	}
}

// enterAgain enters who has a lock, in a server that lacks it. Something may be under way.
func (h heldLock) enterAgain(ctx context.Context, conn *sql.Conn, name lockName) error {
	_, err := conn.ExecContext(ctx, words.Bind(`INSERT INTO holders (kind, id, epoch, host, pid, since, run, command, patience, heard_at, intended_at, under_way_until)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, `+clock+`, `+clock+`, 0) ON CONFLICT (kind, id) DO UPDATE SET epoch = excluded.epoch, host = excluded.host, pid = excluded.pid,
		since = excluded.since, run = excluded.run, command = excluded.command, patience = excluded.patience, heard_at = excluded.heard_at,
		intended_at = excluded.intended_at, ended_at = NULL`),
		name.kind, name.id, h.epoch, h.me.Host, h.me.PID, record.Micros(h.me.Since), record.Clean(h.me.Run), record.Clean(h.me.Command), h.patience.Microseconds())
	return err
}

// take takes a lock, or uses it once more. One that is held by others is waited for.
func (s *Store) take(ctx context.Context, name lockName, me store.Holder, wait time.Duration) (store.Lock, error) {
	w, err := s.lockWriter(ctx)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(wait); ; {
		before, until, taken, err := s.tryLock(w, name, me)
		if err != nil {
			return nil, w.Unsaved(err)
		}
		if taken {
			lock := &remoteLock{s: s, w: w, name: name}
			if err := s.outwait(ctx, until, before.holder); err != nil {
				lock.Release()
				return nil, err
			}
			return lock, nil
		}
		pause := min(retryEvery, time.Until(deadline))
		if pause <= 0 {
			return nil, &store.LockedError{Path: fmt.Sprintf("%s %d of %s", name.kind, name.id, s.Place()), Holder: before.holder}
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// tryLock takes a lock if it is free, and enters who has it; before is who had it, or has it, and until is when nothing
// of earlier holders is under way any more, by the server's clock.
func (s *Store) tryLock(w *write.Writer, name lockName, me store.Holder) (before holding, until int64, taken bool, err error) {
	s.locks.taking.Lock()
	defer s.locks.taking.Unlock()
	if held, is := s.locks.all()[name]; is && name.kind == aRun {
		return holding{holder: held.me}, 0, false, nil
	}
	if s.locks.again(name) {
		return holding{}, 0, true, nil
	}
	var epoch int64
	err = w.Pass(func(t *write.Tx) error {
		before, taken = holding{}, false
		err := before.scan(t.Row(holderQuery, name.kind, name.id))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := t.Row(lockOnce, name.key(), name.key()).Scan(&taken); err != nil || !taken {
			return err
		}
		return t.Row(enterHolder, name.kind, name.id, me.Host, me.PID, record.Micros(me.Since), record.Clean(me.Run), record.Clean(me.Command),
			(s.locks.patience+store.LeavesWithin).Microseconds()).Scan(&epoch, &until)
	})
	if taken && err == nil {
		s.locks.add(name, heldLock{epoch: epoch, before: before.epoch, me: me, patience: s.locks.patience + store.LeavesWithin})
		s.probes.begin(w)
	}
	return before, until, taken, err
}

// lockOnce has a lock, unless another session has it. The server gives it to the session that has it as often as that asks, and wants
// it back as often: a transaction that was undone, and made again, has asked before.
const lockOnce = "SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_locks l WHERE " + lockHeld + " AND l.pid = pg_backend_pid()) THEN true ELSE pg_try_advisory_lock(?) END"

// enterHolder enters the next holder. An epoch is later than those before, and no other server gives the same.
const enterHolder = `INSERT INTO holders (kind, id, epoch, host, pid, since, run, command, patience, heard_at, under_way_until)
		VALUES (?, ?, ` + clock + `, ?, ?, ?, ?, ?, ?, ` + clock + `, 0)
		ON CONFLICT (kind, id) DO UPDATE SET epoch = greatest(holders.epoch + 1, excluded.epoch), host = excluded.host, pid = excluded.pid, since = excluded.since, run = excluded.run,
		command = excluded.command, patience = excluded.patience, heard_at = excluded.heard_at, intended_at = NULL, ended_at = NULL,
		under_way_until = CASE WHEN holders.ended_at IS NULL AND holders.intended_at IS NOT NULL
			THEN greatest(holders.under_way_until, holders.intended_at + holders.patience) ELSE holders.under_way_until END
	RETURNING epoch, under_way_until`

// outwait waits, by the server's clock, until nothing of earlier holders is under way any more that did not let the
// account go. Who gives up before leaves that to the next.
func (s *Store) outwait(ctx context.Context, until int64, before store.Holder) error {
	if until == 0 {
		return nil
	}
	var now int64
	if err := s.Pool.Row(ctx, "SELECT "+clock).Scan(&now); err != nil {
		return s.Pool.Unread(err)
	}
	wait := time.Duration(until-now) * time.Microsecond
	if wait <= 0 {
		return nil
	}
	s.o.notice(fmt.Sprintf("an earlier holder of the account did not let it go (the last one was pid %d on %s): what may be under way is waited for, %s",
		before.PID, before.Host, wait.Round(time.Second)))
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(wait):
		return nil
	}
}

// clock is the server's time.
const clock = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"

// remoteLock is one use of a lock.
type remoteLock struct {
	s    *Store
	w    *write.Writer
	name lockName
	once sync.Once
}

// Tell says to others who holds it.
func (l *remoteLock) Tell(me store.Holder) {
	l.s.locks.tell(l.name, me)
	_ = l.w.Pass(func(t *write.Tx) error {
		return t.Exec("UPDATE holders SET host = ?, pid = ?, since = ?, run = ?, command = ? WHERE kind = ? AND id = ? AND epoch = ?", me.Host, me.PID,
			record.Micros(me.Since), record.Clean(me.Run), record.Clean(me.Command), l.name.kind, l.name.id, l.s.locks.all()[l.name].epoch)
	})
}

// errLetGo is a lock that was let go.
var errLetGo = errors.New("it is not locked any more")

// Held is an error when somebody else has it by now. A session that was not heard of for a while is asked, and waited for.
func (l *remoteLock) Held() error {
	held, is := l.s.locks.all()[l.name]
	if !is {
		return errLetGo
	}
	if time.Since(l.s.session.provenAt()) < believedFor {
		return nil
	}
	return l.w.Pass(func(t *write.Tx) error {
		var h holding
		if err := h.scan(t.Row(holderQuery, l.name.kind, l.name.id)); err != nil {
			return err
		}
		if h.epoch != held.epoch {
			return &takenError{l.name, h.holder}
		}
		return nil
	})
}

// Renew notes that something is about to leave.
func (l *remoteLock) Renew() error {
	return l.w.Pass(func(t *write.Tx) error { return t.Renew(l.name.id, l.s.locks.all()[l.name].epoch) })
}

// Release lets it go, when nobody else of this store uses it.
func (l *remoteLock) Release() {
	l.once.Do(func() {
		l.s.locks.taking.Lock() // who takes it next must not find the session's lock that is about to go
		defer l.s.locks.taking.Unlock()
		epoch, last := l.s.locks.drop(l.name)
		if !last {
			return
		}
		if len(l.s.locks.all()) == 0 {
			l.s.probes.end()
		}
		_ = l.w.Pass(func(t *write.Tx) error { // or the end of the session does it
			if err := t.Exec("UPDATE holders SET ended_at = "+clock+" WHERE kind = ? AND id = ? AND epoch = ?", l.name.kind, l.name.id, epoch); err != nil {
				return err
			}
			var had bool
			return t.Row("SELECT pg_advisory_unlock(?)", l.name.key()).Scan(&had)
		})
	})
}

// Lock keeps everybody else from working with the account, on every host.
func (s *Store) Lock(ctx context.Context, a store.Account, me store.Holder, wait time.Duration) (store.Lock, error) {
	deadline := time.Now().Add(wait)
	var here store.Lock
	if s.o.State != "" {
		var err error
		if here, err = s.marks.Account(ctx, a, me, wait); err != nil {
			return nil, err
		}
	}
	there, err := s.take(ctx, lockName{anAccount, int64(a.ID)}, me, time.Until(deadline))
	switch {
	case err != nil && here != nil:
		here.Release()
		return nil, err
	case err != nil || here == nil:
		return there, err
	default:
		return store.Both{here, there}, nil
	}
}

// Belongs refuses an account whose runs are in another store.
func (s *Store) Belongs(ctx context.Context, a store.Account) error { return s.marks.Belongs(ctx, a) }

var _ store.Marked = (*Store)(nil)

// LockRun keeps everybody else from carrying out the run.
func (s *Store) LockRun(ctx context.Context, run store.RunID, me store.Holder, wait time.Duration) (store.Lock, error) {
	return s.take(ctx, lockName{aRun, int64(run)}, me, wait)
}

// Holder tells who carries out the run, if anybody does.
func (s *Store) Holder(run store.RunID) (store.Holder, bool) {
	name := lockName{aRun, int64(run)}
	ctx, done := context.WithTimeout(context.Background(), connectWithin)
	defer done()
	var h holding
	err := h.scan(s.Pool.Row(ctx, holderQuery+" AND EXISTS (SELECT 1 FROM pg_locks l WHERE "+lockHeld+")",
		name.kind, name.id, name.key()))
	return h.holder, err == nil
}
