package model

import (
	"slices"
	"time"

	"pgregory.net/rapid"
)

// Capabilities that are turned on, together with the route, be it one that the row asks for or the one that the number
// has.

// on is the value of a capability that is turned on, and off that of one that is not.
const (
	on  = 1
	off = 2
)

// alongAge is how old the reading may be at the most by which a route goes along.
const alongAge = 10 * time.Minute

// Of what goes along.
const (
	// Along: what nobody asked for goes along as it was read last, and not long before.
	Along Law = "a route goes along as it was read just before"
	// LeftOut: it does go along, where it is known and may be written.
	LeftOut Law = "a capability is turned on together with its route"
)

// capabilities makes rows turn messages on, at numbers that have them turned off, and moves routes while runs wait.
func capabilities(t *rapid.T, h *History) {
	cell := rapid.SampledFrom([]int{on, on, on, off, 0})
	for i := range h.Moves {
		m := &h.Moves[i]
		if m.File == nil {
			continue
		}
		m.File = &File{m.File.Path, slices.Clone(m.File.Rows)}
		for j := range m.File.Rows {
			row := &m.File.Rows[j]
			row.Enabled = cell.Draw(t, "enabled")
			if row.Enabled != 0 && !oneIn(t, 3, "route") {
				row.Route = 0
			}
		}
		m.Told.Bare = m.Told.Bare || oneIn(t, 8, "capability alone")
		if m.Action == Apply && rapid.Bool().Draw(t, "moved meanwhile") {
			waits := spans(11*time.Minute, 9*time.Minute, 2*time.Hour).Draw(t, "for")
			what := rapid.SampledFrom([]What{Pause, Sleep, Down}).Draw(t, "what")
			change := &Change{rapid.IntRange(0, h.Numbers-1).Draw(t, "number"), route, rapid.IntRange(1, 4).Draw(t, "value")}
			m.Meanwhile = []Happening{{After: quarters(t, 0, 20), What: what, For: waits}, {After: quarters(t, 1, 40), What: Meddle, Change: change}}
		}
	}
	for i, m := range slices.Backward(h.Moves) {
		for n := range h.Numbers {
			if i == 0 || m.File != nil && oneIn(t, 3, "turned off") {
				h.Moves = slices.Insert(h.Moves, i, Move{Action: Foreign, Change: &Change{n, enabled, off}})
			}
		}
	}
}

// leavesRoute reports whether a run is to leave the route of a number as it is.
func (r *run) leavesRoute(number int) bool {
	if r.kind != back {
		row, _ := r.row(number)
		return row.Route == 0
	}
	_, wrote := r.of.mayHaveWritten(number, route)
	lost := r.of.kind == back && len(r.of.sent(number)) == 0 && r.of.mayHaveSent(number)
	return !wrote && !lost
}

// own is what the run itself asks for.
func (q *request) own() map[string]string {
	own := map[string]string{}
	for name, v := range q.set {
		if name != fields[route] || !q.along {
			own[name] = v
		}
	}
	return own
}

// lastReading is the newest reading of its number that its operation made, or the run before it.
func (q *request) lastReading() (reading, bool) {
	if all := q.by.readings[q.number]; len(all) > 0 {
		return all[len(all)-1], true
	}
	return q.by.run.lastReading(q.number)
}

// judgeAlong holds for a route that the row does not ask for, and for one that is not sent.
func (w *world) judgeAlong(r *run, q *request) {
	v, set := q.set[fields[route]]
	last, read := q.lastReading()
	turnsOn := q.set[fields[enabled]] == value(enabled, on)
	may := turnsOn && !r.all && (len(r.only) == 0 || slices.Contains(r.only, fields[route]))
	switch {
	case set && !q.along, !set && !may:
		return
	case !set:
		if read && last.values[route] != "" {
			w.broken(LeftOut, "%s sent %s, and has read the route %s", q.by, q, last.values[route])
		}
		return
	case !may:
		w.broken(Asked, "%s sent %s, and no route was asked for", q.by, q)
		return
	}
	w.count.happened("a route goes along")
	now := w.past[q.number][route].now()
	age := q.at.Sub(last.at) + q.slept(last.at)
	switch {
	case !read || last.values[route] != v || age > alongAge+2*latency:
		w.broken(Along, "%s sent %s, and has read %s %s ago", q.by, q, last.values[route], age)
	case now.value == v:
	case now.by == nil:
		w.count.happened("a route was moved right before it goes along")
	case now.at.Before(last.at) && !w.forgotLag(q.number):
		w.broken(Along, "%s sent %s, and %s had moved it to %s before it was read", q.by, q, now.by.name, now.value)
	}
}
