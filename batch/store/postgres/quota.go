package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client/gate"
)

// Quota is what the commands of an account on all hosts spend together. See [gate.Quota].
type Quota struct {
	o       Options
	who     QuotaOptions
	account store.Account
	place   string
	db      *sql.DB
	// turn is the turn that this process was given, where it only reads.
	turn int64
}

// QuotaOptions say whose requests they are that spend it.
type QuotaOptions struct {
	// Run tells that a run sends, which keeps half of the rate at least beside those who only read.
	Run bool
	// Longest is the longest wait that the server may ask for.
	Longest time.Duration
	// clock is what tests take for the server's clock; nil: it is.
	clock func() time.Time
}

var _ gate.Quota = (*Quota)(nil)

// takeWithin is within what time the server answers, or is away.
const takeWithin = 10 * time.Second

// OpenQuota is the budget of an account that the store knows. It has a connection of its own, which is made for the first slot.
func OpenQuota(o Options, a store.Account, q QuotaOptions) (*Quota, error) {
	c, err := o.Address.config()
	if err != nil {
		return nil, err
	}
	return &Quota{o: o, who: q, account: a, place: place(c), db: connect(c, toTake)}, nil
}

// Close ends it.
func (q *Quota) Close() error { return q.db.Close() }

// slotQuery takes a slot, or tells what the API asked for: in autocommit, so that nobody waits for anybody's network.
const slotQuery = `SELECT (extract(epoch FROM wait) * 1000000)::bigint, taken, next_turn, was_asked FROM ` + schema + `.take_slot($1, $2,
	$3::bigint * interval '1 microsecond', $4, $5, $6, $7::bigint * interval '1 microsecond', $8::bigint * interval '1 microsecond', $9)`

// answer is what the store says of a slot.
type answer struct {
	wait         time.Duration
	taken, asked bool
	turn         int64
}

// Take takes the next free slot. While the server is away, it waits for it.
func (q *Quota) Take(ctx context.Context, every time.Duration, n int) (slot gate.Slot, err error) {
	a, err := q.ask(ctx, every, n, nil)
	switch {
	case err != nil:
		return slot, err
	case a.asked && !a.taken && a.wait > q.who.Longest:
		return slot, &gate.AskedError{Left: a.wait, Allowed: q.who.Longest}
	}
	q.turn = a.turn
	begins := q.now().Add(a.wait)
	return gate.Slot{Begins: begins, Ends: begins.Add(time.Duration(n) * every), Taken: a.taken, Asked: a.asked}, nil
}

// PushBack lets no slot of anybody begin before so long is over.
func (q *Quota) PushBack(ctx context.Context, wait time.Duration) error {
	microseconds := wait.Microseconds()
	_, err := q.ask(ctx, 0, 1, &microseconds)
	return err
}

// now is this process's time, of which slots are told.
func (q *Quota) now() time.Time {
	if q.who.clock == nil {
		return time.Now()
	}
	return q.who.clock()
}

// ask asks the server, again and again while it is away: nothing leaves meanwhile. A slot that was taken and not heard of is lost.
func (q *Quota) ask(ctx context.Context, every time.Duration, n int, asked *int64) (a answer, err error) {
	var deadline time.Time
	limit := takeWithin
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		a, err = q.once(ctx, limit, every, n, asked)
		if err == nil || ctx.Err() != nil {
			return a, err
		}
		if !lost(err) && !busy(err) {
			return a, fmt.Errorf("the store %s: %w", q.place, err)
		}
		patience := cmp.Or(q.o.Patience, defaultPatience)
		if deadline.IsZero() {
			deadline = time.Now().Add(patience)
			q.o.notice(fmt.Sprintf("the store %s cannot be asked what others spend (%v): nothing is sent until it can, for at most %s", q.place, err, patience))
		}
		left := time.Until(deadline)
		if left <= 0 {
			return a, &store.BrokenError{Place: q.place, Err: fmt.Errorf("it was away for %s: %w", patience, err)}
		}
		select {
		case <-time.After(min(pause, left)):
		case <-ctx.Done():
			return a, context.Cause(ctx)
		}
		limit = tryUntil(takeWithin, deadline)
	}
}

// row is what answers a query in one row: connections, or a transaction.
type row interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (q *Quota) once(ctx context.Context, limit, every time.Duration, n int, asked *int64) (a answer, err error) {
	within, done := context.WithTimeout(ctx, limit)
	defer done()
	if asked == nil {
		return q.take(within, q.db, every, n, nil)
	}
	tx, err := q.db.BeginTx(within, nil)
	if err != nil {
		return a, err
	}
	defer func() { _ = tx.Rollback() }()                                                   // after a commit it does nothing
	if _, err := tx.ExecContext(within, "SET LOCAL synchronous_commit = on"); err != nil { // a crash must not end the wait
		return a, err
	}
	if a, err = q.take(within, tx, every, n, asked); err != nil {
		return a, err
	}
	return a, tx.Commit()
}

func (q *Quota) take(ctx context.Context, from row, every time.Duration, n int, asked *int64) (a answer, err error) {
	var clock *int64
	if q.who.clock != nil {
		now := q.now().UnixMicro()
		clock = &now
	}
	var wait int64
	err = from.QueryRowContext(ctx, slotQuery, q.account.API, q.account.Key, every.Microseconds(), n, q.who.Run, q.turn, asked,
		q.who.Longest.Microseconds(), clock).Scan(&wait, &a.taken, &a.turn, &a.asked)
	a.wait = time.Duration(wait) * time.Microsecond
	return a, err
}
