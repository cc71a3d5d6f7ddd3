package model

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/internal/pgtest/network"
)

// operation is one command: a process of its own, with its network and its folders.
type operation struct {
	world  *world
	n      int
	action Action
	run    *run
	began  time.Time
	told   Told
	// unprotect are the names of the cutovers that are let go.
	unprotect []string
	fates     []Fate
	// network is to a store that is shared; nil: there is none.
	network *network.Network

	control *control.Control
	cancel  context.CancelCauseFunc
	over    chan struct{}
	// ended and err are what it gave back; nil run: none.
	ended *runs.Run
	err   error

	// wave is the one that it sends, if there are any.
	wave atomic.Int64

	dead atomic.Bool
	// cutAt is when its connections were cut last.
	cutAt time.Time
	// held and away are until when it was paused, and the API down, last.
	held, away time.Time
	// naps are when its machine was suspended, and for how long.
	naps []nap
	// stopped is when it was to stop.
	stopped time.Time
	// vanished is when the runs folder was moved away under it.
	vanished time.Time
	// agreed tells that it may send.
	agreed   bool
	readings map[int][]reading
}

func (o *operation) String() string { return fmt.Sprintf("%d. %s %s", o.n, o.action, o.run.name) }

// asked is called when everything is agreed to: from here on it may send.
func (o *operation) asked() {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	if o.dead.Load() {
		return
	}
	o.run.sends, o.agreed = true, true
	if o.action == ApplyPlan {
		o.run.kind, o.run.agreedAt = applied, time.Now()
	}
	for _, c := range o.world.runs {
		c.unprotected = c.unprotected || slices.Contains(o.unprotect, c.name) || slices.Contains(o.run.unprotect, c.name)
	}
}

// begin starts an operation of a run in a process of its own.
func (w *world) begin(m Move, r *run) *operation {
	ctx, cancel := context.WithCancelCause(context.Background())
	w.mu.Lock()
	defer w.mu.Unlock()
	o := &operation{
		world: w, n: len(w.operations) + 1, action: m.Action, run: r, told: m.Told, fates: m.Fates, began: time.Now(),
		control: control.New(), cancel: cancel, over: make(chan struct{}), readings: map[int][]reading{},
	}
	if m.Told.Unprotect {
		for _, c := range w.runs {
			if c != r && c.waves && c.kind == applied && !c.gone {
				o.unprotect = append(o.unprotect, c.name)
			}
		}
	}
	w.operations = append(w.operations, o)
	r.lenient = r.lenient || !m.Told.Strict && m.Action != Verify && m.Action != Plan
	r.retried = r.retried || m.Told.RetryFailed
	if m.Told.Key > 0 {
		w.count.happened("another key of the account")
	}
	if m.Told.Spelling > 0 {
		w.count.happened("another spelling")
	}
	if m.Action == Apply || m.Action == Plan {
		r.guards, r.unprotect, r.only = m.Told, o.unprotect, m.Told.only()
	}
	if m.Action == Rollback {
		r.named = m.Told.Named
	}
	at, way := w.durable, newWay(o)
	if at.shared != nil {
		at.network = <-at.shared.networks
	}
	o.network = at.network
	go func() {
		defer close(o.over)
		defer way.CloseIdleConnections()
		o.ended, o.err = o.perform(ctx, at, way)
	}()
	return o
}

// running reports whether an operation goes on.
func (o *operation) running() bool {
	select {
	case <-o.over:
		return false
	default:
		return true
	}
}

// wait lets time pass, until the operation has ended at the most.
func (o *operation) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-o.over:
	}
}

// connections are those that are open, by operation.
type connections struct {
	mu sync.Mutex
	of map[*operation][]net.Conn
}

func (c *connections) add(o *operation, conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[o] = append(c.of[o], conn)
}

// cut closes those of an operation.
func (c *connections) cut(o *operation) {
	o.world.mu.Lock()
	o.cutAt = time.Now()
	o.world.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.of[o] {
		_ = conn.Close() // closing a closed one is harmless
	}
	delete(c.of, o)
}

// operationOf is the operation that a request names as its user agent.
func (w *world) operationOf(agent string) *operation {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.operations {
		if o.String() == agent {
			return o
		}
	}
	panic("a request of nobody: " + agent)
}
