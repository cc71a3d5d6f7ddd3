package model

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client/sandbox"
)

// What comes between a reading and its update, or between an update and its reading: a long
// pause, a machine that sleeps, a list that is extended while a run is stopped, an update
// that takes effect late, a reading that lags behind.

// slowFor is how long a slow update takes at the server, and stalledFor one whose answer
// nobody waits for any more.
const (
	slowFor    = 6 * time.Second
	stalledFor = 33 * time.Second
)

// lagFor is how long readings lag behind an update, where they do, and readLag what the
// program is told of it.
const (
	lagFor  = 20 * time.Second
	readLag = 30 * time.Second
)

// lateFor is how long after it has left an update may take effect without an answer, as the
// program has it: the time-out of a request, and what readings lag behind.
const lateFor = 30*time.Second + readLag

// Of what comes between.
const (
	// LateUpdate: what was sent before a newer run takes no effect when that has told its row, as
	// long as that can be waited for.
	LateUpdate Law = "no late update undoes what a newer run has told"
	// Outage: a row fails that was refused or cannot be read, and for nothing else.
	Outage Law = "no row fails for an outage"
	// Lagging: a number has drifted that was once not as asked.
	Lagging Law = "a reading that lags behind is no drift"
)

// between adds to a history what comes between.
func between(t *rapid.T, h *History) {
	switch rapid.IntRange(0, 11).Draw(t, "between") {
	case 6:
		longPause(t, h, Pause)
	case 7:
		longPause(t, h, Sleep)
	case 8, 9:
		lateAnswer(t, h)
	case 10:
		listExtended(t, h)
	case 11:
		fieldFaults(t, h)
	}
}

// moving makes a move that sends every number of a file to a route, and returns it: it is an
// apply of the history, before which somebody else has given each number a route of his own.
// Nil: there is none.
func (h *History) moving(t *rapid.T, to int) (at int, m *Move) {
	moves := h.sending(true)
	if len(moves) == 0 {
		return 0, nil
	}
	at = rapid.SampledFrom(moves).Draw(t, "move")
	file := &File{Path: h.Moves[at].File.Path}
	for n := range h.Numbers {
		file.Rows = append(file.Rows, Row{Number: n, Route: to})
		h.Moves = slices.Insert(h.Moves, at, Move{Action: Foreign, Change: &Change{n, route, 4}})
		at++
	}
	m = &h.Moves[at]
	m.File, m.Fates, m.Meanwhile = file, nil, nil
	m.Told = Told{Workers: rapid.IntRange(1, 2).Draw(t, "workers"), Unprotect: true}
	return at, m
}

// quarters are so many quarters of a second.
func quarters(t *rapid.T, from, to int) Span {
	return Span(rapid.IntRange(from, to).Draw(t, "after")) * Span(250*time.Millisecond)
}

// longPause holds a run, or suspends its machine, for longer than its readings count, and
// somebody else changes its last number meanwhile.
func longPause(t *rapid.T, h *History, what What) {
	_, m := h.moving(t, 2)
	if m == nil {
		return
	}
	m.Told.Recheck, m.Told.Waves = spans(10*time.Minute, time.Hour, 0).Draw(t, "recheck"), rapid.Bool().Draw(t, "waves")
	m.Fates = rapid.SliceOfN(rapid.SampledFrom([]Fate{Answered, Throttled, Busy, Barred}), 0, 4).Draw(t, "fates")
	change := Happening{What: Meddle, Change: &Change{h.Numbers - 1, route, 3}}
	long := Happening{After: quarters(t, 4, 40), What: what, For: spans(2*time.Hour, 26*time.Hour).Draw(t, "for")}
	if what == Sleep { // it takes no time here: what happens meanwhile comes before it
		change.After, long.After = long.After, 0
		m.Meanwhile = []Happening{change, long}
		return
	}
	change.After = quarters(t, 1, 40)
	m.Meanwhile = []Happening{long, change}
}

// lateAnswer ends a run while its update is under way, and rolls it back at once, or applies
// a file that asks for something else.
func lateAnswer(t *rapid.T, h *History) {
	at, m := h.moving(t, 2)
	if m == nil {
		return
	}
	m.Fates = rapid.SliceOfN(rapid.SampledFrom([]Fate{Slow, Late, Stalled}), 1, 3).Draw(t, "fates")
	m.Meanwhile = []Happening{{After: quarters(t, 8, 40), What: Kill}}
	then := Move{Action: Rollback, Told: Told{Workers: 1}}
	if rapid.Bool().Draw(t, "another file") {
		file := &File{Path: m.File.Path}
		for n := range h.Numbers {
			file.Rows = append(file.Rows, Row{Number: n, Route: 3})
		}
		then = Move{Action: Apply, File: file, Told: Told{Workers: 1, Unprotect: true}}
	}
	h.Moves = slices.Insert(h.Moves, at+1, then)
}

// listExtended protects a number that a run has not come to yet, when that goes on.
func listExtended(t *rapid.T, h *History) {
	at, m := h.moving(t, 2)
	if m == nil {
		return
	}
	m.Meanwhile = []Happening{{After: quarters(t, 4, 40), What: rapid.SampledFrom([]What{Stop, Kill}).Draw(t, "what")}}
	h.Moves = slices.Insert(h.Moves, at+1, Move{Action: Resume, Told: Told{Workers: 1, Protect: h.Numbers}})
}

// fieldFaults gives updates the fates that come from the field, one with the other, and has
// some runs looked after at once.
func fieldFaults(t *rapid.T, h *History) {
	// An echo that was refuted again and again means nothing, so that the two are not together,
	// nor does one of a field of which nothing was known.
	echo := rapid.SampledFrom([]Fate{EchoesOld, Ignored}).Draw(t, "echo")
	if h.Shown == NotShown || slices.ContainsFunc(h.Moves, func(m Move) bool { return m.Told.All }) {
		echo = EchoesOld
	}
	fates := rapid.SliceOfN(rapid.SampledFrom([]Fate{Lags, Lags, Limited, Paged, Blank, echo, Barred, Answered}), 1, 6)
	for _, at := range slices.Backward(h.sending(false)) {
		if !rapid.Bool().Draw(t, "faults") {
			continue
		}
		h.Moves[at].Fates = fates.Draw(t, "fates")
		then := Move{Action: rapid.SampledFrom([]Action{Rollback, Verify}).Draw(t, "then"), Told: Told{Workers: 1}}
		if rapid.Bool().Draw(t, "at once") {
			h.Moves = slices.Insert(h.Moves, at+1, then)
		}
	}
}

// trusted reports whether the answer of a fate is one that ends its row.
func (f Fate) trusted() bool {
	return !slices.Contains([]Fate{Errs, Limited, Paged, Blank, Ignored}, f)
}

// fault is what the sandbox plays for a fate; "": nothing.
func (f Fate) fault() sandbox.Fault {
	return map[Fate]sandbox.Fault{
		Limited: sandbox.FaultSoft429, Paged: sandbox.FaultPortal, Blank: sandbox.FaultEmpty, Lags: sandbox.FaultLag,
		Ignored: sandbox.FaultIgnored,
	}[f]
}

// lag is what readings show of a number, and until when.
type lag struct {
	values values
	until  time.Time
}

// shows are the values that readings show of a number; the caller has mu.
func (w *world) shows(n int) values {
	if behind := w.lagging[n]; time.Now().Before(behind.until) {
		return behind.values
	}
	return w.values(n)
}

// values are what a number has; the caller has mu.
func (w *world) values(n int) (now values) {
	for field := range fields {
		now[field] = w.past[n][field].now().value
	}
	return now
}

// forgotLag reports whether readings of a number lagged behind an update that no store knows
// of any more: then nobody can know that they do.
func (w *world) forgotLag(n int) bool {
	return slices.ContainsFunc(w.runs, func(r *run) bool {
		return slices.ContainsFunc(r.requests, func(q *request) bool { return q.number == n && q.fate == Lags && q.forgotten })
	})
}

// nap is when a machine was suspended, and for how long.
type nap struct {
	at    time.Time
	lasts time.Duration
}

// sleep suspends the machine of an operation: its wall clock goes on, and its connections
// are no more.
func (w *world) sleep(o *operation, d time.Duration) {
	w.conns.cut(o)
	w.mu.Lock()
	defer w.mu.Unlock()
	o.naps = append(o.naps, nap{time.Now(), d})
}

// slept is for how long its machine was suspended between two moments; the caller has the
// world's mu.
func (o *operation) slept(since, until time.Time) (all time.Duration) {
	for _, n := range o.naps {
		if n.at.After(since) && n.at.Before(until) {
			all += n.lasts
		}
	}
	return all
}

// slept is for how long the machine of its operation was suspended since a moment, before it
// left.
func (q *request) slept(since time.Time) time.Duration { return q.by.slept(since, q.at.Add(-latency)) }

// wallClock is the clock of its machine.
func (o *operation) wallClock() time.Time {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	return time.Now().Add(o.slept(time.Time{}, time.Now()))
}

// judgeLate holds for an update that takes effect and changes something, of which a newer run
// has told meanwhile that its row is so. Whose row was answered when it was sent once more is
// in doubt for nobody.
func (w *world) judgeLate(q *request) {
	answered := slices.ContainsFunc(q.by.run.sent(q.number), func(again *request) bool {
		return again.at.After(q.at) && !again.answered.IsZero()
	})
	if q.forgotten || answered || q.applied.Sub(q.at) > lateFor || w.harmless(q) {
		return
	}
	for _, o := range w.operations {
		r := o.run
		told := r.status[q.number]
		if o.action == Verify || r == q.by.run || r.all || !o.began.After(q.at) || o.running() || told != result.Updated && told != result.Unchanged {
			continue
		}
		w.broken(LateUpdate, "%s has told that %s is %s, and %s of %s takes effect %s after it was sent", o, number(q.number), told, q, q.by, q.applied.Sub(q.at))
	}
}

// judgeFailed: a row that failed was refused, or its number could not be read.
func (w *world) judgeFailed(o *operation, n int, status result.Status) {
	r := o.run
	if status != result.Failed || !w.hidden[n].IsZero() {
		return
	}
	unread := slices.ContainsFunc(w.operations, func(o *operation) bool { return o.run == r && o.told.Unread == n+1 })
	refused := slices.ContainsFunc(r.requests, func(q *request) bool {
		return q.number == n && (q.denied || slices.Contains([]Fate{Refused, Errs, Barred}, q.fate))
	})
	if !unread && !refused {
		w.broken(Outage, "%s says that %s is failed, and nothing refused it", o, number(n))
	}
}

// judgeDrift holds for a number whose fields were as asked all the time.
func (w *world) judgeDrift(o *operation, n int, row Row, status result.VerifyStatus) {
	if status != result.Drifted {
		return
	}
	for field, name := range fields {
		v, asked := row.asks()[name]
		if asked && slices.ContainsFunc(w.past[n][field].since(o.began), func(is string) bool { return is != v }) {
			return
		}
	}
	w.broken(Lagging, "%s: %s has drifted, and was as asked all the time", o, number(n))
}
