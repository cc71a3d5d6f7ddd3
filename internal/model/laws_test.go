package model

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/result"
)

// violation is a law that was broken.
type violation struct {
	Law  Law
	Text string
}

func (v violation) String() string { return string(v.Law) + ": " + v.Text }

// Law is what always holds.
type Law string

// The laws of each update request.
const (
	// Asked: a run sends what its file asks for, a rollback what the number had
	// before the run that it rolls back.
	Asked Law = "only what was asked for is sent"
	// Once: what was answered, or was so already, is not sent again.
	Once Law = "an answered row is not sent again"
	// Guarded: guards hold, in each execution of a run.
	Guarded Law = "guards hold"
	// Agreed: nothing leaves that somebody declined, or of a dry run.
	Agreed Law = "nothing is sent without consent"
	// Protected: what a cutover moved, no other file moves back.
	Protected Law = "a cutover is not undone by another job"
	// ProtectedFromNamesake: also not one of the same name.
	ProtectedFromNamesake Law = "a cutover is not undone by another file of the same base name"
	// ProtectedFromDoubt: also not by a row in doubt that is sent again.
	ProtectedFromDoubt Law = "a cutover is not undone by an older row in doubt"
	// Precondition: If. columns held when the row was read last.
	Precondition Law = "preconditions hold"
	// Others: a rollback rolls back what the number has of its origin only.
	Others Law = "a rollback leaves what others moved"
	// OthersAlike: also where another run moved it to the value that the origin wrote.
	OthersAlike Law = "a rollback leaves what a newer run moved to the same value"
	// Evidence: of what earlier waves sent each number was read since, and was as asked.
	Evidence Law = "no wave begins before the one before it is known to be in sync"
	// RolledBack: what a rollback has rolled back, the run that it rolled back does not
	// send again.
	RolledBack Law = "what was rolled back is not sent again"
	// Kept: nobody forgets a rollback as long as its origin is there.
	Kept Law = "a rollback is kept as long as its origin"
	// Fresh: what somebody else changed since a reading older than --recheck is not
	// overwritten.
	Fresh Law = "no reading older than --recheck is used"
	// FreshAfterPause and FreshAfterOutage are the same, after a hold and when the
	// API was away.
	FreshAfterPause  Law = "no reading older than --recheck is used after a pause"
	FreshAfterOutage Law = "no reading older than --recheck is used after an outage"
	FreshAfterSleep  Law = "no reading older than --recheck is used after the machine slept"
	// Newest: a run that goes on does not move a number back from where a newer run
	// put it, or found it as its file asks.
	Newest          Law = "an older run does not undo a newer one"
	NewestByAll     Law = "an older run that reads nothing does not undo a newer one"
	NewestUnchanged Law = "an older run does not move what a newer one found in sync"
)

// arrives judges an update that has reached the API, before it takes effect.
func (w *world) arrives(q *request) {
	r := q.by.run
	for _, judge := range []func(*run, *request){
		w.judgeGone, w.judgeGap, w.judgeAsked, w.judgeOnce, w.judgeGuards, w.judgeProtection, w.judgeConditions, w.judgeFreshness, w.judgeOrder, w.judgeRolledBack, w.judgeEvidence, w.judgeDrained, w.judgeUnread, w.judgeResumed, w.judgeAlong, w.judgeGivers,
		w.judgeByHand, w.judgeNamed,
	} {
		judge(r, q)
	}
	r.requests = append(r.requests, q)
}

func (w *world) judgeAsked(r *run, q *request) {
	if q.by.told.No || r.kind == planned {
		w.broken(Agreed, "%s sent %s", q.by, q)
	}
	if r.kind == back {
		w.judgeGoesBack(r, q)
		return
	}
	row, _ := r.row(q.number)
	for field, v := range q.own() {
		if asked, ok := row.asks()[field]; !ok || asked != v {
			w.broken(Asked, "%s sent %s, and the file asks for %v", q.by, q, row.asks())
		}
	}
}

// judgeGoesBack: to a value that the number had while the origin was planned, from
// what the origin wrote.
func (w *world) judgeGoesBack(r *run, q *request) {
	sent := r.of.sent(q.number)
	if r.of.kind == back && len(sent) == 0 && r.of.mayHaveSent(q.number) {
		return // what that one lost on the way, nobody knows
	}
	own := q.own()
	for field, name := range fields {
		v, set := own[name]
		if !set {
			continue
		}
		wrote, ok := r.of.mayHaveWritten(q.number, field)
		if !ok {
			w.broken(Asked, "%s sent %s, and %s sent no such field", q.by, q, r.of.name)
			continue
		}
		if !w.past[q.number][field].had(v, r.of.began) && len(sent) > 0 && !w.forgotLag(q.number) {
			w.broken(Asked, "%s sent %s, which the number never was since %s began", q.by, q, r.of.name)
		}
		switch now := w.past[q.number][field].now(); {
		case now.value == v:
		case now.value == wrote && now.by != nil && !now.forgotten() && now.by != r.of && now.by != r && now.by.began.After(r.of.decided()):
			w.broken(OthersAlike, "%s sent %s, and %s had moved it to %s", q.by, q, now.by.name, wrote)
		default:
			w.judgeReadAs(Others, q, field, wrote)
		}
	}
}

// judgeReadAs: the run read this value of a field, not longer ago than a reading
// counts, unless it is still so.
func (w *world) judgeReadAs(law Law, q *request, field int, v string) {
	r := q.by.run
	if field == subscriber && w.shown == NotShown {
		return
	}
	row, _ := r.row(q.number)
	oldest := q.at.Add(-r.recheck(q.by, row, true) - slack)
	for _, is := range slices.Backward(r.readings[q.number]) {
		if is.values[field] != v {
			continue
		}
		if is.at.Before(oldest) && w.past[q.number][field].now().value != v {
			w.broken(q.freshness(is.at), "%s sent %s, when it had read %s %s ago", q.by, q, v, q.at.Sub(is.at))
		}
		return
	}
	w.broken(law, "%s sent %s, and never read %s before", q.by, q, v)
}

// slack is how long a row may take from the look at its reading until it leaves: a
// few rows at the rate, with their pauses after errors.
const slack = 3 * time.Minute

func (w *world) judgeOnce(r *run, q *request) {
	if status := r.status[q.number]; status == result.Updated || status == result.Unchanged {
		w.broken(Once, "%s sent %s, which it says is %s", q.by, q, status)
	}
	for _, before := range r.sent(q.number) {
		// Of an answer at the very moment of a cut nobody knows whether it was noted.
		if at := before.answered; !at.IsZero() && !at.Equal(before.by.cutAt) && (before.by.vanished.IsZero() || at.Before(before.by.vanished)) {
			w.broken(Once, "%s sent %s, which was answered at %s", q.by, q, at.Format(time.TimeOnly))
		}
	}
}

// judgeGuards: those that a run began with hold to its end, and those of an execution
// for as long as that goes on.
func (w *world) judgeGuards(r *run, q *request) {
	numbers := map[int]bool{q.number: true}
	for _, other := range r.requests {
		if !other.forgotten {
			numbers[other.number] = true
		}
	}
	for _, guards := range []Told{r.guards, q.by.told} {
		if guards.Protect == q.number+1 {
			w.broken(Guarded, "%s sent %s, which is protected", q.by, q)
		}
		if guards.MaxChanges > 0 && len(numbers) > guards.MaxChanges {
			w.broken(Guarded, "%s sent %s: %d rows, more than %d", q.by, q, len(numbers), guards.MaxChanges)
		}
	}
}

// judgeProtection holds for the plain case: since the cutover only the foreign hand
// has touched the field, and the file never asked for the new value. What ends a
// protection otherwise has many forms, which the tests of batch tell apart. A cutover
// that read nothing does not know from where it moved what.
func (w *world) judgeProtection(r *run, q *request) {
	if r.kind == back {
		return
	}
	for _, c := range w.runs {
		if c == r || !c.waves || c.all || c.unprotected || c.kind == back || c.file.Path == r.file.Path || w.unnamed(r) {
			continue
		}
		for field, name := range fields {
			v, set := q.set[name]
			if before, moved := w.movedBy(c, q.number, field); set && moved && v == before && !w.lifted(c, r, q.number, field) {
				law := Protected
				switch {
				case namesakes(c.file, r.file):
					law = ProtectedFromNamesake
				case q.by.action == Resume && r.status[q.number] == result.Unknown:
					law = ProtectedFromDoubt
				}
				w.broken(law, "%s sent %s, which %s had moved from there", q.by, q, c.name)
			}
		}
	}
}

// movedBy is the value from which a cutover moved a field, if it says so itself.
func (w *world) movedBy(c *run, number, field int) (before string, moved bool) {
	if c.status[number] != result.Updated {
		return "", false
	}
	p := w.past[number][field]
	for i, m := range p {
		if m.by == c && i > 0 && !m.forgotten() {
			return p[i-1].value, p[i-1].value != m.value
		}
	}
	return "", false
}

// lifted reports whether anything may have ended the protection.
func (w *world) lifted(c, r *run, number, field int) bool {
	moved, _ := c.wrote(number, field)
	for _, other := range w.runs {
		switch {
		case other == c || other.kind == planned:
			continue
		case other.of == c, other != r && other.waves, other != r && w.touched(other, number, c.began):
			return true
		case other.kind == applied && jobOf(other.file) == jobOf(r.file):
			row, _ := other.row(number)
			if row.asks()[fields[field]] == moved {
				return true // the file was corrected
			}
		}
	}
	// What the cutover found was not what it had planned from.
	return len(c.readings[number]) == 0 || c.readings[number][0].values[field] != w.beforeOf(c, number, field)
}

func (w *world) beforeOf(c *run, number, field int) string {
	before, _ := w.movedBy(c, number, field)
	return before
}

// touched reports whether a run sent something of a number after a time.
func (w *world) touched(r *run, number int, after time.Time) bool {
	return slices.ContainsFunc(r.sent(number), func(q *request) bool { return q.at.After(after) })
}

func (w *world) judgeConditions(r *run, q *request) {
	row, _ := r.row(q.number)
	if row.IfRoute == 0 || w.harmless(q) {
		return
	}
	w.judgeReadAs(Precondition, q, route, value(route, row.IfRoute))
}

// harmless is a request that changes nothing.
func (w *world) harmless(q *request) bool {
	for field, name := range fields {
		if v, set := q.set[name]; set && w.past[q.number][field].now().value != v {
			return false
		}
	}
	return true
}

// stale reports whether the newest reading is too old, and somebody else changed
// what is sent since.
func (w *world) stale(r *run, q *request) bool {
	row, _ := r.row(q.number)
	last, read := r.lastReading(q.number)
	if r.all || !read || q.at.Sub(last.at)+q.slept(last.at) <= r.recheck(q.by, row, true)+slack {
		return false
	}
	for field, name := range fields {
		now := w.past[q.number][field].now()
		if v, set := q.set[name]; set && now.by != r && !w.has(last, field, now.value) && now.value != v {
			return true
		}
	}
	return false
}

func (w *world) judgeFreshness(r *run, q *request) {
	if !w.stale(r, q) {
		return
	}
	last, _ := r.lastReading(q.number)
	w.broken(q.freshness(last.at), "%s sent %s, which it had read %s ago", q.by, q, q.at.Sub(last.at))
}

// freshness is the law that a reading breaks which is too old.
func (q *request) freshness(read time.Time) Law {
	switch {
	case q.by.held.After(read):
		return FreshAfterPause
	case q.slept(read) > 0:
		return FreshAfterSleep
	case q.by.away.After(read):
		return FreshAfterOutage
	default:
		return Fresh
	}
}

// judgeOrder: of two runs the newer one's word counts, also when the older one goes
// on later. What began to be carried out with a plan that is older is agreed to at
// that moment, and is no resumption.
func (w *world) judgeOrder(r *run, q *request) {
	if q.by.action != Resume || r.plannedAt.IsZero() || w.harmless(q) {
		return
	}
	for field, name := range fields {
		v, set := q.set[name]
		now := w.past[q.number][field].now()
		if !set || v == now.value || w.askedAgain(now.by, q.number, field, v) {
			continue
		}
		if now.by != nil && now.by != r && now.by.began.After(r.decided()) && !now.forgotten() {
			law := Newest
			if r.all {
				law = NewestByAll
			}
			w.broken(law, "%s sent %s, and %s has moved it to %s since", q.by, q, now.by.name, now.value)
			return
		}
		for _, other := range w.runs {
			row, _ := other.row(q.number)
			if other != r && other.kind != planned && other.sends && other.file != nil && r.file != nil && jobOf(other.file) == jobOf(r.file) && other.began.After(r.decided()) &&
				other.status[q.number] == result.Unchanged && row.asks()[name] == now.value && now.at.Before(other.began) {
				w.broken(NewestUnchanged, "%s sent %s, and %s has found %s in sync since", q.by, q, other.name, now.value)
				return
			}
		}
	}
}

// askedAgain reports whether a run that is newer than another asked for a value: what the
// other one sent took effect late then, and does not have the newest word.
func (w *world) askedAgain(by *run, number, field int, v string) bool {
	return by != nil && slices.ContainsFunc(w.runs, func(newer *run) bool {
		wrote, ok := newer.mayHaveWritten(number, field)
		return ok && wrote == v && newer.began.After(by.began)
	})
}

// judgeEvidence holds where no execution of the run lets a wave pass otherwise. What was
// forgotten, or was rolled back, is nobody's evidence.
func (w *world) judgeEvidence(r *run, q *request) {
	if !r.waves || r.lenient || q.wave == 0 || r.began.Before(w.gap) {
		return
	}
	for n := range w.past {
		sent := r.sent(n)
		if len(sent) == 0 || w.rolledBack(r, n) {
			continue
		}
		last := sent[len(sent)-1]
		if last.wave >= q.wave {
			continue
		}
		proven := slices.ContainsFunc(r.readings[n], func(is reading) bool {
			return is.at.After(last.at) && w.hasAll(is, last.own())
		})
		if !proven {
			w.broken(Evidence, "%s sent %s in wave %d, and nothing shows %s, sent in wave %d as %s", q.by, q, q.wave, last, last.wave, last.fate)
		}
	}
}

// rolledBack reports whether a rollback of the run may have sent a number.
func (w *world) rolledBack(r *run, n int) bool {
	return slices.ContainsFunc(w.runs, func(b *run) bool { return b.of == r && (len(b.sent(n)) > 0 || b.mayHaveSent(n)) })
}

// judgeRolledBack holds for what a rollback says that it rolled back, unless that was
// rolled back in its turn.
func (w *world) judgeRolledBack(r *run, q *request) {
	if q.by.action != Resume {
		return
	}
	for _, back := range w.runs {
		if back.of != r || back.status[q.number] != result.Updated || len(back.sent(q.number)) == 0 {
			continue
		}
		again := slices.ContainsFunc(w.runs, func(b *run) bool { return b.of == back && b.mayHaveSent(q.number) })
		if !again {
			w.broken(RolledBack, "%s sent %s, which %s has rolled back", q.by, q, back.name)
		}
	}
}

func (q *request) String() string {
	text := number(q.number)
	for _, name := range slices.Sorted(maps.Keys(q.set)) {
		text += fmt.Sprintf(" %s=%s", name, q.set[name])
	}
	return text
}
