package model

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
	"github.com/bulknum/bulknum/internal/pipenet"
)

// world is where a history takes place: the API with its numbers, what is durable,
// and the model beside it.
type world struct {
	t        *testing.T
	api      *sandbox.Sandbox
	listener *pipenet.Listener
	conns    connections
	flying   sync.WaitGroup
	copier   *copier
	base     string
	copies   int
	durable  durable
	count    *count
	// tolerated are the faults that are known and not mended yet.
	tolerated map[Law]bool

	mu sync.Mutex
	// verdict is the word of the next update's order, "" for Complete, and hidden until
	// when numbers cannot be read.
	verdict string
	hidden  map[int]time.Time
	shown   Shown
	// updates counts those that came to the sandbox, faults has what befalls which of them,
	// seen what it saw last, and lagging what readings show of which number.
	updates    int
	faults     map[int]sandbox.Fault
	seen       sandbox.Seen
	lagging    map[int]lag
	locked     atomic.Int32 // refusals as locked, so far
	past       [][]past     // by number and field
	runs       []*run
	operations []*operation
	broke      []violation

	// changes counts what may have changed the store. backups are copies of it;
	// refused is what the one knows that is there and has to be accepted, undamaged the
	// copy of one that has got a flipped byte, and gap is when one was accepted last.
	changes   int
	backups   []*backup
	refused   *backup
	undamaged *backup
	gap       time.Time
	// downUntil is when the API can be reached again.
	downUntil time.Time
	// returns is after how long the folder that has vanished comes back; 0: never.
	returns time.Duration
}

// secondSuffix names the runs of second commands, which are refused.
const secondSuffix = "-second"

// broken notes that a law was broken; the caller has mu.
func (w *world) broken(law Law, format string, args ...any) {
	if w.tolerated[law] {
		w.count.happened("known: " + string(law))
		return
	}
	w.broke = append(w.broke, violation{law, fmt.Sprintf(format, args...)})
}

// isBroken reports whether a law was broken.
func (w *world) isBroken() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.broke) > 0
}

// replay lets a history happen, and returns the laws that it broke; it ends there. A
// law that is tolerated does not count.
func replay(t *testing.T, c *copier, base string, count *count, tolerated map[Law]bool, h *History) (broke []violation) {
	t.Helper()
	return replayIn(t, nil, c, base, count, tolerated, h)
}

// replayIn is replay with a store that is shared; nil: it is in the runs folder.
func replayIn(t *testing.T, in *shared, c *copier, base string, count *count, tolerated map[Law]bool, h *History) (broke []violation) {
	t.Helper()
	base, err := os.MkdirTemp(base, "history-") //nolint:usetesting // in the place that was chosen
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(base) }()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, h.Numbers)
		w.shown = h.Shown
		w.copier, w.base, w.count, w.tolerated = c, base, count, tolerated
		w.durable = durableAt(filepath.Join(base, "0"))
		w.durable.shared = in
		for _, folder := range []string{w.durable.root, w.durable.runs(), w.durable.state()} {
			if err := os.Mkdir(folder, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("runs", w.durable.link()); err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: w}
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = server.Serve(w.listener) // its end is always the Close below
		}()
		for i, m := range h.Moves {
			if w.move(m); w.isBroken() {
				h.Moves = h.Moves[:i+1]
				break
			}
		}
		w.end()
		_ = server.Close()
		<-served
		broke = w.broke
	})
	return broke
}

func newWorld(t *testing.T, numbers int) *world {
	t.Helper()
	w := &world{
		t: t, listener: pipenet.Listen(), conns: connections{of: map[*operation][]net.Conn{}}, hidden: map[int]time.Time{},
		faults: map[int]sandbox.Fault{}, lagging: map[int]lag{},
	}
	var err error
	w.api, err = sandbox.New(sandbox.Config{
		AccountId: "AID-1", UniqueICCIDs: true, RequireCompanions: true, Orders: sandbox.Orders{PendingFor: pendingFor},
		Judge:   func(_, _ sandbox.Record) sandbox.Verdict { return sandbox.Verdict{OrderStatus: w.verdict} },
		Faults:  sandbox.Faults{At: w.faults, LagFor: lagFor},
		Observe: func(s sandbox.Seen) { w.seen = s },
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range numbers {
		w.past = append(w.past, make([]past, fieldCount))
		for field := range fields {
			w.set(Change{n, field, first(field, n)})
		}
	}
	return w
}

// set is the foreign hand; the caller has mu, or nothing goes on.
func (w *world) set(c Change) {
	v := value(c.Field, c.Value)
	err := w.api.Set(number(c.Number), func(r *sandbox.Record) {
		switch c.Field {
		case route:
			r.MessageRouteId = v
		case subscriber:
			r.AssignedSubscriberId = v
		case enabled:
			r.MessageEnabled = v == value(enabled, on)
		case sim:
			r.Iccid = v
		}
	})
	if err != nil {
		w.fatal(err)
	}
	w.past[c.Number][c.Field] = append(w.past[c.Number][c.Field], moment{at: time.Now(), value: v})
}

// valuesOf are what a number has.
func valuesOf(r sandbox.Record) values {
	return values{
		route: r.MessageRouteId, subscriber: r.AssignedSubscriberId, enabled: strconv.FormatBool(r.MessageEnabled), sim: r.Iccid,
	}
}

// end waits until nothing is on its way any more: also what was killed has to come
// to its end in the bubble.
func (w *world) end() {
	w.mu.Lock()
	operations := slices.Clone(w.operations)
	w.mu.Unlock()
	for _, o := range operations {
		if o.running() {
			w.cut(o)
		}
		<-o.over
	}
	time.Sleep(stalledFor + time.Second) // what answers somebody who is gone comes to its end
	w.flying.Wait()
	for n := range w.past {
		record, _ := w.api.Number(number(n))
		if valuesOf(record) != w.values(n) {
			w.fatal(fmt.Errorf("the model has lost %s: %+v", number(n), record))
		}
	}
}

// move lets one move happen. A second passes before it: two actions are never at the
// same time.
func (w *world) move(m Move) {
	time.Sleep(time.Second)
	if w.refused != nil && m.Action != Wait && m.Action != Foreign {
		w.meetsRefusal(m)
		return
	}
	switch m.Action {
	case PutBack, Flip, Salvage:
		w.mend()
	}
	switch m.Action {
	case PutBack:
		if n := len(w.backups); n > 0 {
			w.meets(m.Action, nil)
			w.putBack(w.backups[n-1-m.Run%n])
		}
	case Flip:
		w.meets(m.Action, nil)
		w.flip(*m.Byte)
	case Wait:
		time.Sleep(time.Duration(m.For))
		w.meets(m.Action, nil)
	case Foreign:
		w.mu.Lock()
		w.set(*m.Change)
		w.mu.Unlock()
		w.meets(m.Action, nil)
	case Salvage:
		w.meets(m.Action, nil)
		w.salvage(*m.Byte)
	case Prune, Delete, Restore:
		w.clear(m)
	default:
		if w.undamaged == nil {
			w.keep()
		}
		if r := w.runFor(m); r != nil {
			w.operate(m, r)
		}
	}
}

// runFor is the run that a move is about; nil: there is none of its kind.
func (w *world) runFor(m Move) *run {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := &run{
		name: fmt.Sprintf("%02d-%s", len(w.runs)+1, m.Action), began: time.Now(),
		readings: map[int][]reading{}, status: map[int]result.Status{}, kind: applied,
	}
	switch m.Action {
	case Apply:
		r.file, r.all, r.waves = m.File, m.Told.All, m.Told.Waves
	case Plan:
		r.kind, r.file, r.waves = planned, m.File, m.Told.Waves
	case ApplyPlan:
		return w.newest(m.Run, func(r *run) bool { return r.kind == planned && !r.sends })
	case Resume:
		return w.newest(m.Run, func(r *run) bool { return r.kind != planned && r.open })
	case Verify:
		return w.newest(m.Run, func(r *run) bool { return r.kind != planned && r.sends })
	case Rollback:
		r.kind, r.of = back, w.newest(m.Run, func(r *run) bool { return r.kind != planned && r.sends })
		if r.of == nil {
			return nil
		}
	}
	w.runs = append(w.runs, r)
	return r
}

// newest is the run of an age among those that are wanted.
func (w *world) newest(age int, wanted func(*run) bool) *run {
	var found []*run
	for _, r := range w.runs {
		if !r.gone && wanted(r) {
			found = append([]*run{r}, found...)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found[age%len(found)]
}

// meets counts which states a move meets, and returns how much its run has sent.
func (w *world) meets(d Action, r *run) (sent int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count.met(d, w.states(r))
	if r == nil {
		return 0
	}
	return len(r.requests)
}

// operate lets an operation happen, with what happens meanwhile.
func (w *world) operate(m Move, r *run) {
	defer w.mend()
	before, err := w.durable.truth(w.t.Context(), len(w.past), r.name)
	if err != nil && w.undamaged == nil {
		w.broken(Reasonless, "%v", err)
		return
	}
	w.changes++
	sent := w.meets(m.Action, r)
	o := w.begin(m, r)
	for _, h := range m.Meanwhile {
		o.wait(time.Duration(h.After))
		synctest.Wait() // what it does at this moment, it has done
		if !o.running() || o.dead.Load() {
			break
		}
		w.happen(o, h)
	}
	if !o.dead.Load() {
		<-o.over
	}
	synctest.Wait()
	if !o.vanished.IsZero() {
		w.comesBack(o)
		return
	}
	w.learn(o, before, sent)
}

// happen lets something happen while an operation goes on.
func (w *world) happen(o *operation, h Happening) {
	w.mu.Lock()
	w.count.happened(string(h.What) + " in " + string(o.action))
	w.mu.Unlock()
	switch h.What {
	case Kill:
		w.kill(o)
	case Stop:
		w.mu.Lock()
		o.stopped = time.Now()
		w.mu.Unlock()
		o.control.Stop(result.Stop{Reason: result.StoppedBySignal, Signal: 2})
	case Pause:
		w.pause(o, time.Duration(h.For))
	case Down:
		w.down(o, time.Duration(h.For))
	case Sleep:
		w.sleep(o, time.Duration(h.For))
	case Meddle:
		w.mu.Lock()
		w.set(*h.Change)
		w.mu.Unlock()
	case Second:
		w.second(o)
	case Operators:
		w.operators(o, time.Duration(h.For))
	case Vanish:
		w.vanish(o, time.Duration(h.For))
	}
}

// pause holds all requests of an operation for some time.
func (w *world) pause(o *operation, d time.Duration) {
	if o.action == Verify || o.control.Hold("history", "the history has it so") != nil {
		return
	}
	w.mu.Lock()
	o.held = time.Now().Add(d)
	w.mu.Unlock()
	w.flying.Go(func() {
		o.wait(d)
		_ = o.control.EndHold("history")
	})
}

// down is an API that cannot be reached for some time.
func (w *world) down(o *operation, d time.Duration) {
	w.listener.SetDown(true)
	w.downUntil = time.Now().Add(d)
	w.conns.cut(o)
	w.mu.Lock()
	o.away = time.Now().Add(d)
	w.mu.Unlock()
	w.flying.Go(func() {
		time.Sleep(d)
		w.listener.SetDown(false)
	})
}

// kill ends the process of an operation: what is durable is copied, and what it
// does from then on comes to nothing.
func (w *world) kill(o *operation) {
	synctest.Wait()
	w.copies++
	next := w.durable
	next.root = filepath.Join(w.base, strconv.Itoa(w.copies))
	if err := w.copier.copy(w.durable.root, next.root); err != nil {
		w.fatal(err)
	}
	w.durable = next
	w.cut(o)
}

// cut takes an operation off the network, and lets it end.
func (w *world) cut(o *operation) {
	o.dead.Store(true)
	w.conns.cut(o)
	if o.network != nil {
		o.network.Down()
		w.durable.shared.endSessions(w)
	}
	stop := result.Stop{Reason: result.StoppedBySignal, Signal: 9}
	o.control.Stop(stop)
	o.cancel(stop)
}

// second is another command for the same account, which must be refused.
func (w *world) second(first *operation) {
	r := &run{name: first.run.name + secondSuffix, file: &File{Rows: []Row{{Number: 0, Route: 4}}}, kind: applied,
		readings: map[int][]reading{}, status: map[int]result.Status{}}
	told := Told{No: true, Key: first.told.Key, Spelling: (first.told.Spelling + 1) % len(addresses)}
	if first.agreed && time.Now().After(w.downUntil) && !w.hiding() && first.told.Unread == 0 { // it knows by now whose its key is
		told.Key = (first.told.Key + 1) % len(keys)
	}
	o := w.begin(Move{Action: Apply, Told: told}, r)
	<-o.over
	if _, locked := asLocked(o.err); !locked && first.running() && first.vanished.IsZero() && w.undamaged == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.broken(Locked, "%s began beside %s: %v", o, first, o.err)
	}
}

// dump is a history as text.
func dump(broke []violation) string {
	texts := make([]string, len(broke))
	for i, v := range broke {
		texts[i] = v.String()
	}
	return strings.Join(texts, "\n")
}

// fatal ends the process: what else goes on in the bubble could not be ended.
func (w *world) fatal(err error) { panic(err) }
