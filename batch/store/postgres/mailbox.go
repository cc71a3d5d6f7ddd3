package postgres

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/record"
)

const (
	// channel wakes the runs that listen: what is asked of them stands in the table.
	channel = "bulknum_commands"
	// lookEvery is how often a run looks whether it is asked for something, and answeredEvery who asks whether it is answered.
	lookEvery, answeredEvery = 2 * time.Second, 200 * time.Millisecond
	// replyWithin is for how long it is tried to write an answer, or to take a request back.
	replyWithin = 5 * time.Second
	// keepCommands is how long a request stays whose asker is gone.
	keepCommands = 24 * time.Hour
)

// mailbox is through which runs are asked for something.
type mailbox struct {
	pool  *query.Pool
	locks *locks

	mu        sync.Mutex
	listening int // runs, each by a connection of its own
}

// listens counts a run that listens, or does so no more: queries have as many connections as without it.
func (m *mailbox) listens(more int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listening += more
	m.pool.DB.SetMaxOpenConns(readers + m.listening)
}

// Ask asks who carries the run out, and returns the answer.
func (m *mailbox) Ask(ctx context.Context, run store.RunID, text string, within time.Duration) (answer string, err error) {
	id := newRequest()
	entering, done := context.WithTimeout(ctx, within)
	defer done()
	err = m.change(entering, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO commands (id, run, request, expires_at) VALUES ($1, $2, $3, "+clock+" + $4) ON CONFLICT (id) DO NOTHING",
			id, int64(run), record.Clean(text), within.Microseconds())
		if err == nil {
			_, err = tx.ExecContext(ctx, "NOTIFY "+channel)
		}
		return err
	})
	if err != nil {
		return "", m.takeBack(ctx, id, m.pool.Unread(err))
	}
	for {
		select {
		case <-ctx.Done():
			return "", m.takeBack(ctx, id, context.Cause(ctx))
		case <-time.After(answeredEvery):
		}
		var expired bool
		var answer sql.NullString
		err := m.pool.Row(ctx, "SELECT answer, taken_at IS NULL AND expires_at <= "+clock+" FROM commands WHERE id = ?", id).Scan(&answer, &expired)
		switch {
		case ctx.Err() != nil:
		case err != nil || expired:
			return "", m.takeBack(ctx, id, m.pool.Unread(err))
		case answer.Valid:
			return answer.String, m.takeBack(ctx, id, nil)
		}
	}
}

// takeBack removes a request, and returns why. What nobody has taken by then, nobody will.
func (m *mailbox) takeBack(ctx context.Context, id int64, why error) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), replyWithin)
	defer done()
	var taken bool
	err := m.change(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "DELETE FROM commands WHERE id = $1 RETURNING taken_at IS NOT NULL", id).Scan(&taken)
	})
	switch {
	case err == nil && !taken, errors.Is(err, sql.ErrNoRows) && why != nil: // or it was never there
		return errors.Join(store.ErrUntaken, why)
	case why == nil:
		return nil // a row that is left is removed later
	default:
		return why
	}
}

// newRequest is the id of a request. Who asks gives it, so that one can be entered again whose commit was not heard of: a number of
// the server's may be given to somebody else after a crash. They grow with time.
func newRequest() int64 {
	const room = 1 << 10 // for those of a microsecond
	return time.Now().UnixMicro()*room + rand.Int64N(room)
}

// change changes something by one of the connections that read: what is no part of the truth. While the server is away, it is tried
// again until ctx ends: what was done before it was away must not matter.
func (m *mailbox) change(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	for {
		err := m.changeOnce(ctx, do)
		if err == nil || !lost(err) && !busy(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(answeredEvery):
		}
	}
}

func (m *mailbox) changeOnce(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	tx, err := m.pool.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing is left to undo after a commit
	if _, err := tx.ExecContext(ctx, "SET TRANSACTION READ WRITE"); err != nil {
		return err
	}
	if err := do(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

// Receive has what is asked of a run answered until ctx ends. A connection that is lost is made again.
func (m *mailbox) Receive(ctx context.Context, run store.RunID, answer func(store.Message) string) {
	m.listens(1)
	defer m.listens(-1)
	var answering sync.WaitGroup
	defer answering.Wait()
	desk := desk{in: m, run: run, begun: []int64{}, answer: func(r request) {
		answering.Go(func() { m.reply(context.WithoutCancel(ctx), r.id, answer(r.Message)) })
	}}
	for ctx.Err() == nil {
		_ = desk.listen(ctx) // without the server, nobody can ask
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer done()
	if conn, err := desk.connect(ctx); err == nil { // who asked meanwhile is told that it has ended
		_ = desk.look(ctx, conn)
		discard(conn)
	}
}

// request is a row of what is asked.
type request struct {
	id int64
	store.Message
}

// desk is where a run takes what it is asked for.
type desk struct {
	in     *mailbox
	run    store.RunID
	answer func(request)
	// begun are the requests that are being answered, or were.
	begun []int64
}

// connect makes a connection that can take requests.
func (d *desk) connect(ctx context.Context) (*sql.Conn, error) {
	conn, err := d.in.pool.DB.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err = conn.ExecContext(ctx, "SET default_transaction_read_only = off"); err != nil {
		discard(conn)
	}
	return conn, err
}

// listen takes what is asked for, until the connection or ctx ends.
func (d *desk) listen(ctx context.Context) error {
	conn, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer discard(conn)
	for _, statement := range []string{"LISTEN " + channel, fmt.Sprintf("DELETE FROM commands WHERE expires_at < %s - %d", clock, keepCommands.Microseconds())} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	for {
		if err := d.look(ctx, conn); err != nil {
			return err
		}
		if err := woken(ctx, conn); err != nil {
			return err
		}
	}
}

// look takes what is asked for by now, and what it took before without hearing so. One that is not the run's holder any more takes
// nothing of the next one's, and that one nothing that was taken before its time.
func (d *desk) look(ctx context.Context, conn *sql.Conn) error {
	taken, err := query.RowsOf(ctx, conn, func(rows *sql.Rows) (r request, err error) {
		err = rows.Scan(&r.id, &r.Role, &r.Text)
		return r, err
	}, "UPDATE commands c SET taken_at = coalesce(c.taken_at, "+clock+") FROM holders h WHERE c.run = $1 AND c.id <> ALL ($3) AND c.answer IS NULL"+
		" AND (c.taken_at IS NULL AND c.expires_at > "+clock+" OR c.taken_at >= h.epoch)"+
		" AND h.kind = '"+aRun+"' AND h.id = c.run AND h.epoch = $2 RETURNING c.id, c.asked_by, c.request",
		int64(d.run), d.in.locks.all()[lockName{aRun, int64(d.run)}].epoch, d.begun)
	if err != nil {
		return err
	}
	slices.SortFunc(taken, func(a, b request) int { return cmp.Compare(a.id, b.id) })
	for _, r := range taken {
		d.begun = append(d.begun, r.id)
		d.answer(r)
	}
	return nil
}

// woken waits until somebody asks something of a run, for some seconds at most.
func woken(ctx context.Context, conn *sql.Conn) error {
	waiting, done := context.WithTimeout(ctx, lookEvery)
	defer done()
	var err error
	failed := conn.Raw(func(c any) error {
		_, err = c.(*stdlib.Conn).Conn().WaitForNotification(waiting) //nolint:forcetypeassert // of this driver
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case waiting.Err() != nil:
		return failed
	default:
		return errors.Join(failed, err)
	}
}

// reply writes an answer. Who asked may be gone.
func (m *mailbox) reply(ctx context.Context, id int64, answer string) {
	ctx, done := context.WithTimeout(ctx, replyWithin)
	defer done()
	_ = m.change(ctx, func(ctx context.Context, tx *sql.Tx) error { // or who asked is told that nothing was said
		_, err := tx.ExecContext(ctx, "UPDATE commands SET answer = $1 WHERE id = $2", record.Clean(answer), id)
		return err
	})
}
