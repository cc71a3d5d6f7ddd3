package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/batch/store/query"
	"github.com/bulknum/bulknum/batch/store/write"
)

const (
	// defaultProbe is how often a holder tells that it is there.
	defaultProbe = 10 * time.Second
	// brokenWithin is how long the server may take to end a session.
	brokenWithin = 5 * time.Second
)

// probes tell every some seconds that what is locked is still held, as long as anything is.
type probes struct {
	locks *locks
	every time.Duration

	mu    sync.Mutex
	stop  context.CancelFunc // nil: they do not go on
	ended chan struct{}
}

// begin begins the probes, unless they go on.
func (p *probes) begin(w *write.Writer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stop != nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	p.stop, p.ended = stop, ended
	go func() {
		defer close(ended)
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(p.every):
				_ = w.Pass(p.tell) // whoever records something next is told of it
			}
		}
	}()
}

// tell enters that all that is locked is still held.
func (p *probes) tell(t *write.Tx) error {
	for name, held := range p.locks.all() {
		if err := t.Exec("UPDATE holders SET heard_at = "+clock+" WHERE kind = ? AND id = ? AND epoch = ?", name.kind, name.id, held.epoch); err != nil {
			return err
		}
	}
	return nil
}

// end ends the probes.
func (p *probes) end() {
	p.mu.Lock()
	stop, ended := p.stop, p.ended
	p.stop = nil
	p.mu.Unlock()
	if stop != nil {
		stop()
		<-ended
	}
}

const (
	// silence is for how long nothing was heard of a holder h.
	silence = clock + " - greatest(h.heard_at, coalesce(h.intended_at, 0))"
	// lockHeld is of each session that has an advisory lock of this database, by its key.
	lockHeld = `l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.mode = 'ExclusiveLock'
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND (l.classid::bigint << 32) | l.objid::bigint = ?`
)

// breaker takes locks from who is not heard of any more.
type breaker struct{ pool *query.Pool }

// Silence tells for how long nothing was heard of who carries the run out.
func (b *breaker) Silence(ctx context.Context, run store.RunID) (time.Duration, error) {
	var micros int64
	err := b.pool.Row(ctx, "SELECT "+silence+" FROM holders h WHERE h.kind = ? AND h.id = ?", aRun, int64(run)).Scan(&micros)
	return time.Duration(micros) * time.Microsecond, b.pool.Unread(err)
}

// Break ends the session of who carries the run out, if nothing was heard of it for so long.
func (b *breaker) Break(ctx context.Context, run store.RunID, silent time.Duration) error {
	name := lockName{aRun, int64(run)}
	var ended bool
	err := b.pool.Row(ctx, "SELECT pg_terminate_backend(l.pid, ?) FROM pg_locks l, holders h WHERE "+lockHeld+
		" AND h.kind = ? AND h.id = ? AND "+silence+" >= ?", brokenWithin.Milliseconds(), name.key(), name.kind, name.id, silent.Microseconds()).Scan(&ended)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return errHeard
	case forbidden(err):
		return fmt.Errorf("%w: it takes the role of the run, or one that is a member of pg_signal_backend", words.Refused(err))
	case err != nil:
		return b.pool.Unread(err)
	case !ended:
		return fmt.Errorf("the server has not ended its session within %s: try again", brokenWithin)
	}
	return nil
}

// errHeard is a holder that is not silent any more.
var errHeard = errors.New("its holder was heard of, or has let it go, meanwhile")
