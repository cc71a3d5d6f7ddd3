package model

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/bulknum/bulknum/batch/result"
)

// The laws of a store that is not what it was.
const (
	// Noticed: a store that has lost something that was sent is refused, until it is
	// accepted.
	Noticed Law = "a store that has forgotten what was sent is refused"
	// Reasonless: nothing else is.
	Reasonless Law = "a store is refused for a reason only"
	// AfterGap: what was decided before a copy was put back is read again before it
	// is sent, and what moved meanwhile stays.
	AfterGap Law = "nothing counts as unsent without a fresh reading after a copy was put back"
	// Gone: when the runs folder has vanished, nothing leaves any more, and nothing
	// ends well.
	Gone Law = "nothing leaves when the store has vanished"
	// Damage: a byte that has changed is noticed, or changes nothing.
	Damage Law = "a flipped byte is noticed or changes nothing"
	// Named: a run is found however it is named.
	Named Law = "a run is found by any spelling of its folder"
)

// backup is a copy of the runs folder, and what its store knows.
type backup struct {
	root string // "": it never was
	// changes is how many there had been, in all.
	changes int
	gap     time.Time
	runs    map[*run]memory
}

// memory is what a store knows of a run.
type memory struct {
	status              map[int]result.Status
	open, gone          bool
	archived            *archived
	sends, unprotected  bool
	kind                kind
	plannedAt, agreedAt time.Time
	requests            map[*request]bool
}

// knownNow is what the store knows; the caller has mu, or nothing goes on.
func (w *world) knownNow() map[*run]memory {
	all := map[*run]memory{}
	for _, r := range w.runs {
		all[r] = memory{maps.Clone(r.status), r.open, r.gone, r.archived, r.sends, r.unprotected, r.kind, r.plannedAt, r.agreedAt, map[*request]bool{}}
		for _, q := range r.requests {
			all[r].requests[q] = !q.forgotten
		}
	}
	return all
}

// backUp copies the runs folder.
func (w *world) backUp() *backup {
	b := &backup{root: filepath.Join(w.base, "backup-"+strconv.Itoa(w.copies)), changes: w.changes, gap: w.gap, runs: w.knownNow()}
	w.copies++
	if err := os.Mkdir(b.root, 0o700); err != nil {
		w.fatal(err)
	}
	if err := w.copier.copy(w.durable.runs(), durableAt(b.root).runs()); err != nil {
		w.fatal(err)
	}
	return b
}

// keptBackups is how many copies there are at most.
const keptBackups = 3

// keep makes a copy that may be put back.
func (w *world) keep() {
	w.backups = append(w.backups, w.backUp())
	if old := len(w.backups) - keptBackups; old > 0 {
		for _, b := range w.backups[:old] {
			if err := os.RemoveAll(b.root); err != nil {
				w.fatal(err)
			}
		}
		w.backups = w.backups[old:]
	}
}

// sentSince is a request that a copy does not know of; nil: there is none.
func (w *world) sentSince(b *backup) *request {
	for _, r := range w.runs {
		for _, q := range r.requests {
			if !q.forgotten && !b.runs[r].requests[q] {
				return q
			}
		}
	}
	return nil
}

// putBack puts a copy in the place of the runs folder.
func (w *world) putBack(b *backup) {
	if err := os.RemoveAll(w.durable.runs()); err != nil { // nobody has a file of it open
		w.fatal(err)
	}
	if err := w.copier.copy(durableAt(b.root).runs(), w.durable.runs()); err != nil {
		w.fatal(err)
	}
	w.isOther(b)
}

// isOther is called when the store is one that knows what a copy knew. It is
// refused, or nothing was sent since.
func (w *world) isOther(b *backup) {
	err := w.durable.opens(w.t.Context())
	w.mu.Lock()
	defer w.mu.Unlock()
	q := w.sentSince(b)
	w.refused = nil // what was here before is not here any more
	switch {
	case err == nil && q != nil:
		w.broken(Noticed, "the store does not know that %s sent %s, and is not refused", q.by, q)
	case err == nil:
		w.forget(b)
		w.gap = b.gap
	case !asRefused(err):
		w.broken(Reasonless, "the store that was put back: %v", err)
	case b.changes == w.changes && b.root != "":
		w.broken(Reasonless, "nothing was done since the copy was made: %v", err)
	default:
		w.count.happened("refused store")
		w.refused = b
	}
}

// forget makes the store's knowledge that of a copy.
func (w *world) forget(b *backup) {
	for _, r := range w.runs {
		k, had := b.runs[r]
		if !had {
			k = memory{status: map[int]result.Status{}, gone: true, kind: r.kind, unprotected: r.unprotected}
		}
		r.status, r.open, r.gone, r.archived, r.sends, r.unprotected = maps.Clone(k.status), k.open, k.gone, k.archived, k.sends, k.unprotected
		r.kind, r.plannedAt, r.agreedAt = k.kind, k.plannedAt, k.agreedAt
		for _, q := range r.requests {
			q.forgotten = !k.requests[q]
		}
	}
}

// meetsRefusal lets a move meet a store that is refused, and accepts that.
func (w *world) meetsRefusal(m Move) {
	switch m.Action {
	case PutBack, Flip, Salvage:
		w.accept()
		w.move(m)
		return
	case Prune, Delete, Restore:
		w.meets(m.Action, nil)
		w.count.happened("refused by the store " + string(m.Action))
		if err := w.durable.clear(w.t.Context(), Move{Action: m.Action}, "somewhere"); !asRefused(err) {
			w.broken(Noticed, "%s: %v", m.Action, err)
		}
	default:
		if r := w.runFor(m); r != nil {
			w.refusedMove(m, r)
		}
	}
	w.accept()
}

func (w *world) refusedMove(m Move, r *run) {
	sent := w.meets(m.Action, r)
	o := w.begin(m, r)
	<-o.over
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count.happened("refused by the store " + string(m.Action))
	if !asRefused(o.err) || len(r.requests) > sent {
		w.broken(Noticed, "%s met a store that has forgotten runs: %v", o, o.err)
	}
	switch m.Action {
	case Apply, Plan, Rollback:
		r.gone = true // it was not entered
	}
}

// accept goes on with the store that is refused.
func (w *world) accept() {
	b := w.refused
	if err := w.durable.accept(w.t.Context()); err != nil {
		w.broken(Reasonless, "accept-restored: %v", err)
		return
	}
	time.Sleep(time.Second)
	if err := w.durable.opens(w.t.Context()); err != nil {
		w.broken(Reasonless, "after accept-restored: %v", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count.happened("accepted")
	w.refused, w.gap = nil, time.Now()
	w.changes++
	w.forget(b)
}

// judgeGap holds for what was decided before a store was accepted.
func (w *world) judgeGap(r *run, q *request) {
	if w.gap.IsZero() || r.began.After(w.gap) || !r.plannedAt.IsZero() && r.plannedAt.After(w.gap) {
		return
	}
	w.count.happened("sent by a run from before a gap")
	last, read := r.lastReading(q.number)
	if !read || last.at.Before(w.gap) {
		w.broken(AfterGap, "%s sent %s without having read it", q.by, q)
		return
	}
	was, ok := r.readForPlan(q.number)
	if r.all || !ok {
		return
	}
	for field, name := range fields {
		v, set := q.set[name]
		now := w.past[q.number][field].now()
		if set && now.forgotten() && now.value != v && now.value != was.values[field] && last.at.After(now.at) {
			w.broken(AfterGap, "%s sent %s, and %s had moved it to %s", q.by, q, now.by.name, now.value)
		}
	}
}

// readForPlan is what a run's plan was made of.
func (r *run) readForPlan(number int) (reading, bool) {
	for _, is := range slices.Backward(r.readings[number]) {
		if !is.at.After(r.plannedAt) {
			return is, true
		}
	}
	return reading{}, false
}

// vanish moves the runs folder away from under an operation.
func (w *world) vanish(o *operation, d time.Duration) {
	if !o.vanished.IsZero() {
		return
	}
	w.mu.Lock()
	o.vanished = time.Now()
	w.mu.Unlock()
	w.returns = d
	w.count.happened(map[bool]string{true: "back again", false: "away for good"}[d > 0])
	if err := os.Rename(w.durable.runs(), w.durable.away()); err != nil {
		w.fatal(err)
	}
}

// judgeGone: what leaves after the folder has vanished had its intent before, and was
// on its way.
func (w *world) judgeGone(r *run, q *request) {
	gone := q.by.vanished
	if gone.IsZero() {
		return
	}
	begun := map[int]bool{q.number: true}
	for _, before := range r.requests {
		switch {
		case before.by != q.by:
		case before.at.After(gone):
			begun[before.number] = true
		case before.number == q.number:
			return // one more attempt
		}
	}
	if len(begun) > max(q.by.told.Workers, 1) {
		w.broken(Gone, "%s sent %s %s after the store had vanished", q.by, q, q.at.Sub(gone))
	}
}

// comesBack ends the absence of the runs folder.
func (w *world) comesBack(o *operation) {
	if !o.dead.Load() {
		w.mu.Lock()
		if head := headlineOf(o.ended, o.err, nil); head.success && o.ended != nil {
			w.broken(Gone, "%s ended well, and its store had vanished", o)
		}
		w.mu.Unlock()
	}
	if w.returns > 0 {
		time.Sleep(w.returns)
		// What looked for it has made an empty one.
		if err := os.RemoveAll(w.durable.runs()); err != nil {
			w.fatal(err)
		}
		if err := os.Rename(w.durable.away(), w.durable.runs()); err != nil {
			w.fatal(err)
		}
		w.learn(o, "", 0)
		return
	}
	if err := os.RemoveAll(w.durable.away()); err != nil {
		w.fatal(err)
	}
	w.changes++
	w.isOther(&backup{runs: map[*run]memory{}})
}

// flip changes a byte of the store. Either nothing is told otherwise than before, or
// it is refused; and one operation goes on with it, until the undamaged copy is put
// back.
func (w *world) flip(b Byte) {
	copied := w.backUp()
	probe := durableAt(filepath.Join(w.base, "probe-"+strconv.Itoa(w.copies)))
	w.copies++
	if err := w.copier.copy(copied.root, probe.root); err != nil {
		w.fatal(err)
	}
	before, err := probe.everything(w.t.Context(), len(w.past), w.runs)
	if err != nil {
		w.fatal(err)
	}
	path := w.durable.database(b.WAL)
	if _, err := os.Lstat(path); err != nil {
		path = w.durable.database(false)
	}
	if _, err := os.Lstat(path); err != nil {
		return // there is no store yet
	}
	if err := w.copier.harm(path, b); err != nil {
		w.fatal(err)
	}
	after, err := w.durable.everything(w.t.Context(), len(w.past), w.runs)
	w.mu.Lock()
	switch {
	case err == nil && after != before && w.marked():
		w.broken(Damage, "%s: before\n%s\nafter\n%s", filepath.Base(path), before, after)
	case err != nil && !asUnwell(err):
		w.broken(Damage, "%s: %v", filepath.Base(path), err)
	case err != nil:
		w.count.happened("flip noticed")
	default:
		w.count.happened("flip without effect")
	}
	w.mu.Unlock()
	if err != nil || after != before {
		w.putBack(copied)
		return
	}
	w.undamaged = copied
}

// marked reports whether something was sent, which the store may not forget.
func (w *world) marked() bool {
	return slices.ContainsFunc(w.runs, func(r *run) bool { return len(r.requests) > 0 })
}

// mend puts the undamaged copy back.
func (w *world) mend() {
	if b := w.undamaged; b != nil {
		w.undamaged = nil
		w.putBack(b)
	}
}

// judgeStore: that an operation met a store that is not well has a reason.
func (w *world) judgeStore(o *operation) {
	switch err := unwell(o.ended, o.err); {
	case err == nil:
	case w.undamaged != nil:
		w.count.happened("flip noticed by an operation")
	default:
		w.broken(Reasonless, "%s: %v", o, err)
	}
}
