package model

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/result"
)

// What some histories have besides: fields that are not shown, or cleared, or not to be
// written; two operators who say the same, and a stop in an outage. They are drawn after all
// moves, so that the seeds of other histories stay what they are.

// Shown is how readings show the subscriber.
type Shown string

// The ways of showing it; "": as it is.
const (
	// NotShown leaves it out; then nobody else changes it, because that could not be known.
	NotShown Shown = "not shown"
	// NullListed shows null in the inventory, whatever it is.
	NullListed Shown = "null in the inventory"
)

// cleared is the value of a row that clears the field.
const cleared = -1

// Of what is shown, given back, approved and stopped.
const (
	// Drained: after a stop nothing new leaves.
	Drained Law = "nothing leaves after a stop"
	// AsAsked: the rows that a run gives back as input ask for what it was to write, and load.
	AsAsked Law = "what a run gives back as input is what it was to write"
	// Unfailed: nothing is sent where more numbers cannot be read than rows may fail.
	Unfailed Law = "rows that fail in reading count before the first update"
	// Resumed: a job whose newest run is a cutover that was left in the middle begins
	// no new one.
	Resumed Law = "no new run of a job whose cutover was left in the middle"
	// Seen: a wave that is held goes when somebody says so who can have seen that it is held.
	Seen Law = "no wave goes by a word that was meant for another"
)

// twist adds to a history what it has besides.
func twist(t *rapid.T, h *History) {
	h.Shown = rapid.SampledFrom([]Shown{"", "", "", "", "", NotShown, NullListed}).Draw(t, "shown")
	if h.Shown != "" || oneIn(t, 6, "clears") {
		clears(t, h)
	}
	if oneIn(t, 4, "fields") {
		for i := range h.Moves {
			if h.Moves[i].File != nil {
				h.Moves[i].Told.Fields = rapid.Bool().Draw(t, "route alone")
			}
		}
	}
	if oneIn(t, 4, "stop in an outage") {
		stopInOutage(t, h)
	}
	if h.Numbers == 3 && oneIn(t, 4, "two operators") {
		twoOperators(t, h)
	}
	if h.Shown != NotShown && oneIn(t, 6, "odd value") {
		oddValue(h)
	}
	if oneIn(t, 5, "unread") {
		unread(t, h)
	}
	between(t, h)
	secondPass(t, h)
	switch rapid.IntRange(0, 5).Draw(t, "along") {
	case 4:
		capabilities(t, h)
	case 5:
		chains(t, h)
	}
}

// secondPass lets operations try failed rows once more.
func secondPass(t *rapid.T, h *History) {
	for _, i := range h.sending(false) {
		h.Moves[i].Told.Again = rapid.Bool().Draw(t, "again")
	}
}

// unread makes a file have a number that cannot be read, where no row may fail.
func unread(t *rapid.T, h *History) {
	moves := h.sending(true)
	if len(moves) == 0 {
		return
	}
	m := &h.Moves[rapid.SampledFrom(moves).Draw(t, "move")]
	m.Told.Key, m.Told.All = 0, false
	m.Told.NoFailures, m.Told.Unread = true, m.File.Rows[0].Number+1
}

// oddValue gives a number a value that no file can ask for, before a run changes it.
func oddValue(h *History) {
	for i, m := range h.Moves {
		if m.File == nil || m.Told.Fields {
			continue
		}
		row := &m.File.Rows[0]
		if row.Subscriber == 0 {
			row.Subscriber = 1
		}
		odd := Move{Action: Foreign, Change: &Change{row.Number, subscriber, 4}}
		h.Moves = slices.Insert(h.Moves, i, odd)
		return
	}
}

// clears makes rows clear the subscriber.
func clears(t *rapid.T, h *History) {
	for i := range h.Moves {
		m := &h.Moves[i]
		if h.Shown == NotShown {
			m.Change = routeOnly(m.Change)
			for j := range m.Meanwhile {
				m.Meanwhile[j].Change = routeOnly(m.Meanwhile[j].Change)
			}
		}
		if m.File == nil {
			continue
		}
		m.File.Rows = slices.Clone(m.File.Rows)
		for j := range m.File.Rows {
			row := &m.File.Rows[j]
			if row.Subscriber > 0 && (h.Shown == NullListed || rapid.Bool().Draw(t, "clear")) {
				row.Subscriber = cleared
			}
		}
	}
}

// routeOnly is a change of the route in place of one of the subscriber.
func routeOnly(c *Change) *Change {
	if c == nil {
		return nil
	}
	return &Change{c.Number, route, c.Value}
}

// sending are the moves that may send, by a run of a file, or any.
func (h *History) sending(ofFile bool) (moves []int) {
	for i, m := range h.Moves {
		if m.Action == Apply || !ofFile && (m.Action == Resume || m.Action == Rollback) {
			moves = append(moves, i)
		}
	}
	return moves
}

// stopInOutage ends a run while the API is away.
func stopInOutage(t *rapid.T, h *History) {
	moves := h.sending(false)
	if len(moves) == 0 {
		return
	}
	m := &h.Moves[rapid.SampledFrom(moves).Draw(t, "move")]
	m.Meanwhile = []Happening{
		{After: Span(rapid.IntRange(0, 30).Draw(t, "after")) * Span(250*time.Millisecond), What: Down, For: spans(time.Minute, 5*time.Second).Draw(t, "for")},
		{After: spans(time.Second, 4*time.Second, 30*time.Second).Draw(t, "then"), What: Stop},
	}
}

// twoOperators makes a cutover of a move, of which each wave is held, and two people let the
// second one go.
func twoOperators(t *rapid.T, h *History) {
	moves := h.sending(true)
	if len(moves) == 0 {
		return
	}
	m := &h.Moves[rapid.SampledFrom(moves).Draw(t, "move")]
	m.File = &File{Path: m.File.Path, Rows: []Row{{Number: 0, Route: 2}, {Number: 1, Route: 2}, {Number: 2, Route: 2}}}
	m.Told = Told{Workers: 1, Waves: true, Held: true, Unprotect: true, Strict: true}
	m.Fates = nil
	m.Meanwhile = []Happening{{What: Operators, For: Span(rapid.IntRange(0, 16).Draw(t, "after")) * Span(250*time.Millisecond)}}
}

// operators let the wave go that is held, one after the other, each by what the first look
// has shown. What the second one says counts for no wave that came to be held meanwhile.
func (w *world) operators(o *operation, between time.Duration) {
	held := func() int { return o.control.Status(time.Now()).HeldWave }
	for range 300 {
		if held() > 0 || !o.running() {
			break
		}
		o.wait(time.Second)
	}
	seen := held()
	if seen == 0 || o.control.Next("ann", 0) != nil {
		return
	}
	o.wait(between)
	now := held()
	err := o.control.Next("ben", 0)
	w.mu.Lock()
	defer w.mu.Unlock()
	if now > 0 && now != seen {
		w.count.happened("a word that comes too late")
		if err == nil {
			w.broken(Seen, "%s: wave %d went by what was said %s after wave %d was seen to be held", o, now, between, seen)
		}
	}
}

// unseen is a value that a reading does not show.
const unseen = "?"

var subscriberMember = regexp.MustCompile(`"AssignedSubscriberId":(null|"[^"]*"),`)

// show has an answer show what it shows of the subscriber, and reports whether that is hidden.
func (w *world) show(answer *httptest.ResponseRecorder, inventory bool) (hidden bool) {
	as := ""
	switch {
	case w.shown == "" || w.shown == NullListed && !inventory:
		return false
	case w.shown == NullListed:
		as = `"AssignedSubscriberId":null,`
	}
	body := subscriberMember.ReplaceAllString(answer.Body.String(), as)
	answer.Body.Reset()
	answer.Body.WriteString(body)
	answer.Header().Del("Content-Length")
	w.count.happened(string(w.shown))
	return true
}

// judgeDrained: what has not left when a stop was asked for does not leave any more.
func (w *world) judgeDrained(_ *run, q *request) {
	if at := q.by.stopped; !at.IsZero() && q.at.After(at.Add(latency)) {
		w.broken(Drained, "%s sent %s, %s after it was to stop", q.by, q, q.at.Sub(at))
	}
}

// judgeUnread: of a file of which a number cannot be read, and no row may fail.
func (w *world) judgeUnread(r *run, q *request) {
	told := q.by.told
	if _, asked := r.row(told.Unread - 1); asked && told.NoFailures && q.by.action == Apply && !r.all {
		w.broken(Unfailed, "%s sent %s, and %s cannot be read", q.by, q, number(told.Unread-1))
	}
}

// judgeResumed holds for a new run whose job's newest one is a cutover that did not come to
// its end, and that nobody rolled back. By another key nobody may know whose it is, while the
// inventory cannot be read.
func (w *world) judgeResumed(r *run, q *request) {
	if q.by.action != Apply || r.kind != applied || w.byOtherKey(r) {
		return
	}
	var newest *run
	for _, c := range w.runs {
		if c != r && c.kind == applied && c.file != nil && c.sends && !c.gone && c.began.Before(r.began) && jobOf(c.file) == jobOf(r.file) {
			newest = c
		}
	}
	if newest == nil || !newest.waves || !newest.unfinished || newest.began.Before(w.gap) || w.byOtherKey(newest) {
		return
	}
	if back := slices.ContainsFunc(w.runs, func(b *run) bool { return b.of == newest }); !back {
		w.broken(Resumed, "%s sent %s, and %s was left in the middle", q.by, q, newest.name)
	}
}

// unnamed reports whether a run came by another key, and nobody may know whose that is: the
// inventory could not be read.
func (w *world) unnamed(r *run) bool { return len(w.hidden) > 0 && w.byOtherKey(r) }

// byOtherKey reports whether some operation of a run came by another key of the account.
func (w *world) byOtherKey(r *run) bool {
	return slices.ContainsFunc(w.operations, func(o *operation) bool { return o.run == r && o.told.Key > 0 })
}

// judgeAsInput holds for a run that may not write all fields, and for a rollback: what the API
// alone may say is left out of the file.
func (w *world) judgeAsInput(o *operation) {
	r := o.run
	if len(r.only) == 0 && r.kind != back || o.dead.Load() || !o.vanished.IsZero() || w.undamaged != nil {
		return
	}
	rows, err := w.durable.asInput(r.name)
	if errors.Is(err, errUnloadable) {
		w.broken(AsAsked, "%s: %v", r.name, err)
		return
	}
	if err != nil {
		w.broken(Whole, "%s: %v", o, err)
		return
	}
	w.count.happened("given back as input")
	for n := range w.past {
		row, known := r.row(n)
		for name, v := range rows[number(n)] {
			if asked, ok := row.asks()[name]; known && (!ok || asked != v) {
				w.broken(AsAsked, "%s gives back %s=%s of %s, and was to write %v", r.name, name, v, number(n), row.asks())
			}
		}
	}
}

// judgeNotShown: a verification names what it was not shown.
func (w *world) judgeNotShown(o *operation, n int, row Row, status result.VerifyStatus, named []string) {
	if w.shown != NotShown || row.Subscriber == 0 || status == result.Unreadable {
		return
	}
	w.count.happened("verified, not shown")
	if !slices.Contains(named, fields[subscriber]) {
		w.broken(TruthfulVerification, "%s: %s is %s, and %s was not shown; named are %s", o, number(n), status, fields[subscriber], strings.Join(named, ", "))
	}
}

// has reports whether a reading has a value of a field, where that is shown at all.
func (w *world) has(is reading, field int, v string) bool {
	return is.values[field] == v || is.values[field] == unseen && w.shown == NotShown
}

// hasAll reports whether a reading has these values, where they are shown.
func (w *world) hasAll(is reading, of map[string]string) bool {
	for field, name := range fields {
		if v, set := of[name]; set && !w.has(is, field, v) {
			return false
		}
	}
	return true
}

// errUnloadable is a file that was given back and does not load.
var errUnloadable = errors.New("it does not load")

func unloadable(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errUnloadable, fmt.Sprintf(format, args...))
}
