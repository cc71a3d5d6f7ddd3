package model

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
)

// The laws of what is told.
const (
	// TruthfulRow: a row's status does not say more than can be known.
	TruthfulRow Law = "a status says no more than is so"
	// TruthfulDoubt: of what may have been applied nobody says that nothing was sent.
	TruthfulDoubt Law = "what may have been applied is no conflict"
	// FreshUnchanged: what a plan of before found in sync is told again only by a reading
	// that was no older than --recheck when the operation began.
	FreshUnchanged Law = "unchanged is told by no reading older than --recheck"
	// TruthfulHeadline: nor does what the whole run is told to be.
	TruthfulHeadline Law = "a headline says no more than the rows"
	// TruthfulVerification: what is verified was read.
	TruthfulVerification Law = "a verification says what was read"
	// Whole: each row of a file has one result, and the store can be read.
	Whole Law = "rows in are rows out"
	// Untouched: what was refused changed nothing.
	Untouched Law = "a refused operation changes nothing"
	// Locked: an account has one operation at a time.
	Locked Law = "one operation an account"
)

// learn compares what is told of a run with the past, when an operation on it has
// ended, or was killed.
func (w *world) learn(o *operation, before string, sent int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := o.run
	if errors.Is(o.err, errMisnamed) && w.undamaged == nil {
		w.broken(Named, "%s: %v", o, o.err)
	}
	if !o.dead.Load() && o.vanished.IsZero() {
		w.judgeStore(o)
	}
	if o.action == Verify {
		if !o.dead.Load() && o.vanished.IsZero() {
			w.judgeVerification(o)
		}
		return
	}
	if !o.dead.Load() && o.vanished.IsZero() && refused(o.ended, o.err) && unwell(o.ended, o.err) == nil {
		w.count.happened("refused " + string(o.action))
		w.judgeRefusal(o, before, sent)
	}
	told, err := w.durable.reportOf(w.t.Context(), r.name)
	if err != nil {
		if w.undamaged == nil {
			w.broken(Whole, "%s: %v", o, err)
		}
		return
	}
	if told == nil {
		r.gone = true
		return
	}
	r.plannedAt = told.plannedAt
	for _, row := range told.rows {
		for n := range w.past {
			if row.Number == number(n) {
				w.judgeStatus(o, n, row.Status)
				r.status[n] = row.Status
			}
		}
	}
	r.handed = told.handed
	w.judgeChains(o)
	r.open, r.unfinished = !told.done, told.state != runs.Finished
	if r.file != nil && len(told.rows) > 0 && len(told.rows) != len(r.file.Rows) {
		w.broken(Whole, "%s: %d rows, of %d", o, len(told.rows), len(r.file.Rows))
	}
	if countsOf(told.rows) != told.counts && len(told.rows) > 0 {
		w.broken(TruthfulHeadline, "%s: the list has %s, the rows are %s", o, told.counts, countsOf(told.rows))
	}
	if !o.dead.Load() && o.vanished.IsZero() {
		w.judgeHeadline(o, told)
	}
	w.judgeAsInput(o)
}

// judgeRefusal holds for what did not begin to send.
func (w *world) judgeRefusal(o *operation, before string, sent int) {
	if len(o.run.requests) > sent {
		w.broken(Untouched, "%s sent %s, and ended with: %v", o, o.run.requests[sent], o.err)
	}
	after, err := w.durable.truth(w.t.Context(), len(w.past), o.run.name)
	if (err != nil || after != before) && !(w.undamaged != nil && asUnwell(err)) {
		w.broken(Untouched, "%s: before\n%safter (%v)\n%s", o, before, err, after)
	}
}

// judgeHeadline: success means that every row is in sync, or was, by its own
// account, and that there is nothing to go on with.
func (w *world) judgeHeadline(o *operation, told *report) {
	head := headlineOf(o.ended, o.err, told.rows)
	if !head.success || o.action == Plan {
		return
	}
	if !told.done || told.state != runs.Finished {
		w.broken(TruthfulHeadline, "%s ended well, and is %s, done: %t", o, told.state, told.done)
	}
	for _, row := range told.rows {
		if row.Status == result.Planned {
			w.broken(TruthfulHeadline, "%s ended well, and %s is planned", o, row.Number)
		}
	}
}

// judgeStatus compares a row's status with the past.
func (w *world) judgeStatus(o *operation, n int, status result.Status) {
	r := o.run
	w.count.happened("row " + string(status))
	row, _ := r.row(n)
	switch status {
	case result.Updated:
		// What was lost on the way to the API is in doubt, and may be found in sync. So
		// is each row of a run from before a gap: that it was sent may be forgotten.
		if len(r.sent(n)) == 0 && !r.mayHaveSent(n) && !r.began.Before(w.gap) {
			w.broken(TruthfulRow, "%s says that %s is updated, and never sent it", o, number(n))
		}
		if r.kind == back && len(r.sent(n)) > 0 && !r.mayHaveChanged(n) && !w.wasAsSent(r, n) {
			w.broken(TruthfulRow, "%s says that %s is updated", o, number(n))
		}
		w.judgeWas(o, n, status, row.asks())
	case result.Unchanged:
		w.judgeWas(o, n, status, row.asks())
		w.judgeUnchanged(o, n, row)
	case result.Pending:
		if sent := r.sent(n); len(sent) > 0 && sent[len(sent)-1].fate == Errs {
			w.broken(TruthfulRow, "%s says that %s is pending, and its order has ended", o, number(n))
		}
	case result.Conflict:
		if r.kind != back && r.mayHaveChanged(n) {
			w.broken(TruthfulDoubt, "%s says that %s is in conflict, and %s was applied, or may be", o, number(n), r.sent(n)[0])
		}
	case result.Failed, result.NotAttempted, result.Planned:
		w.judgeFailed(o, n, status)
		if r.mayHaveChanged(n) {
			w.broken(TruthfulRow, "%s says that %s is %s, and %s was applied, or may be", o, number(n), status, r.sent(n)[0])
		}
	}
}

// judgeUnchanged: what an operation has gone on with, and does not send, was so not longer
// ago than a reading counts.
func (w *world) judgeUnchanged(o *operation, n int, row Row) {
	r := o.run
	goesOn := o.action == Resume || o.action == ApplyPlan
	ended := !o.dead.Load() && o.vanished.IsZero() && o.err == nil && o.ended != nil && !o.ended.Stop.Early()
	if !goesOn || !ended || r.kind == back || len(r.sent(n)) > 0 {
		return
	}
	since := o.began.Add(-r.recheck(o, row, false) - slack)
	for field, name := range fields {
		if v, asked := row.asks()[name]; asked && !w.past[n][field].had(v, since) {
			w.broken(FreshUnchanged, "%s says that %s is unchanged, and it was not %s since %s", o, number(n), v, since)
		}
	}
}

// wasAsSent reports whether the number was as a rollback asked, after all.
func (w *world) wasAsSent(r *run, n int) bool {
	for _, q := range r.sent(n) {
		for field, name := range fields {
			if v, set := q.set[name]; set && w.past[n][field].had(v, r.began) {
				return true
			}
		}
	}
	return false
}

// judgeWas: each field had the value that is told at some time since the run began.
func (w *world) judgeWas(o *operation, n int, status result.Status, asks map[string]string) {
	for field, name := range fields {
		if v, asked := asks[name]; asked && !w.past[n][field].had(v, o.run.began) {
			w.broken(TruthfulRow, "%s says that %s is %s, and it never was %s since: it was %s",
				o, number(n), status, v, strings.Join(w.past[n][field].since(o.run.began), ", "))
		}
	}
}

// judgeVerification: what was found is what some reading of the verification showed.
func (w *world) judgeVerification(o *operation) {
	if o.err != nil {
		return
	}
	found, err := w.durable.found(o.run.name)
	if err != nil {
		if w.undamaged == nil {
			w.broken(Whole, "%s: %v", o, err)
		}
		return
	}
	for n := range w.past {
		v, is := found[number(n)]
		row, known := o.run.row(n)
		if !is || !known || v.At.Before(o.began) {
			continue
		}
		w.count.happened("verified " + string(v.Status))
		w.judgeDrift(o, n, row, v.Status)
		w.judgeNotShown(o, n, row, v.Status, v.NotShown)
		as := slices.ContainsFunc(o.readings[n], func(is reading) bool { return w.showsAll(is, row) })
		not := slices.ContainsFunc(o.readings[n], func(is reading) bool { return !w.showsAll(is, row) })
		if v.Status == result.InSync && !as || v.Status == result.Drifted && !not {
			w.broken(TruthfulVerification, "%s: %s is %s", o, number(n), v.Status)
		}
	}
}

// showsAll reports whether a reading is as a row asks, as far as it is shown.
func (w *world) showsAll(is reading, row Row) bool {
	return w.hasAll(is, row.asks())
}

// states are those of the world that a move may meet: of the run that it is about,
// which is that which a rollback rolls back, and of the others.
func (w *world) states(r *run) []string {
	states := map[string]bool{}
	meets := func(state string, is bool) {
		if is {
			states[state] = true
		}
	}
	meets("nothing yet", len(w.runs) == 0 || len(w.runs) == 1 && w.runs[0] == r)
	begun := r
	if r != nil && r.kind == back {
		r = r.of
	}
	for _, other := range w.runs {
		if other == begun && r != begun {
			continue
		}
		own, prefix := other == r, "other "
		if own {
			prefix = "own "
		}
		newer := r != nil && !own && other.began.After(r.began)
		meets(prefix+"open", other.open)
		meets(prefix+"in doubt", other.doubt())
		meets("newer run", newer && other.sends && w.meet(r, other))
		meets("cutover", !own && other.waves && len(other.requests) > 0)
		meets("rolled back", slices.ContainsFunc(w.runs, func(b *run) bool { return own && b.of == other && len(b.requests) > 0 }))
		meets("pruned", other.gone && !own)
	}
	for n := range w.past {
		for field := range fields {
			now := w.past[n][field].now()
			meets("foreign change", now.by == nil && len(w.past[n][field]) > 1 && now.at.After(w.began()))
		}
	}
	return slices.Sorted(maps.Keys(states))
}

func (w *world) began() time.Time {
	if len(w.runs) == 0 {
		return time.Time{}
	}
	return w.runs[0].began
}

// meet reports whether two runs have sent the same number.
func (w *world) meet(a, b *run) bool {
	for n := range w.past {
		if len(b.sent(n)) > 0 && (len(a.sent(n)) > 0 || len(a.readings[n]) > 0 || a.all) {
			return true
		}
	}
	return false
}
