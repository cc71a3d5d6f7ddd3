package model

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/bulknum/bulknum/batch/result"
)

// SIMs that rows hand from number to number. The API has each on one number at a time.

// Of SIMs that are handed on.
const (
	// GivenUp: who takes a SIM leaves after who gives it up.
	GivenUp Law = "no SIM is taken before it was given up"
	// HeldBack: who takes a SIM of somebody who keeps it is not attempted, and for nothing else.
	HeldBack Law = "who takes a SIM that was not given up is not attempted"
	// WholeChain: who hands on SIMs to each other is in one wave.
	WholeChain Law = "a chain of SIMs is whole within a wave"
)

// handed is what a plan does with a number's SIM: which it takes away and which it gives, "": none, and in which wave.
type handed struct {
	gives, takes string
	wave         int
}

// chains makes files hand on SIMs.
func chains(t *rapid.T, h *History) {
	h.Numbers = rapid.IntRange(3, 4).Draw(t, "more numbers")
	for i := range h.Moves {
		m := &h.Moves[i]
		for j := range m.Meanwhile {
			simChange(t, m.Meanwhile[j].Change)
		}
		simChange(t, m.Change)
		if m.File == nil {
			continue
		}
		m.File = &File{m.File.Path, chain(h.Numbers).Draw(t, "chain")}
		m.Told.Fields, m.Told.Held = false, false
		m.Told.All = m.Told.All && oneIn(t, 4, "all")
		m.Told.Waves = m.Told.Waves || rapid.Bool().Draw(t, "waves")
		m.Told.Workers = rapid.IntRange(1, 4).Draw(t, "workers")
		if m.Action == Apply && rapid.Bool().Draw(t, "fates") {
			m.Fates = rapid.SliceOfN(rapid.SampledFrom([]Fate{
				Slow, Answered, Pends, Refused, Errs, Slow, Lost, Swallowed, Stalled, Barred, Hides, Lags, Busy,
			}), 1, 6).Draw(t, "fates")
		}
	}
	for _, i := range h.sending(false) {
		if i > 0 && oneIn(t, 4, "retry") {
			h.Moves[i].Told.RetryFailed = h.Moves[i].Action == Resume
		}
	}
	if oneIn(t, 3, "read later") {
		readLater(t, h)
	}
}

// readLater has a run stopped that could not read one of its numbers, and gone on with when that can be read.
func readLater(t *rapid.T, h *History) {
	moves := h.sending(true)
	if len(moves) == 0 {
		return
	}
	at := rapid.SampledFrom(moves).Draw(t, "move")
	m := &h.Moves[at]
	m.Told.Key, m.Told.All, m.Told.Waves, m.Told.Unprotect = 0, false, true, true
	m.Told.Unread = rapid.IntRange(1, h.Numbers).Draw(t, "unread")
	m.Meanwhile = []Happening{{After: quarters(t, 8, 60), What: Stop}}
	then := Move{Action: Resume, Told: Told{Workers: 2, RetryFailed: true}}
	h.Moves = slices.Insert(h.Moves, at+1, then)
}

// simChange makes the foreign hand put a SIM of its own into a number, now and then.
func simChange(t *rapid.T, c *Change) {
	if c != nil && rapid.Bool().Draw(t, "SIM") {
		c.Field, c.Value = sim, 50+c.Number
	}
}

// chain is a file whose rows hand on the SIMs that the numbers have at the beginning, or bring them home, or put them
// anywhere. A row has another route now and then.
func chain(numbers int) *rapid.Generator[[]Row] {
	return rapid.Custom(func(t *rapid.T) []Row {
		sims := make([]int, numbers) // those of the numbers
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0, 1: // each takes that of the next
			for n := range sims {
				sims[n] = n + 2
			}
		case 2, 3: // its own
			for n := range sims {
				sims[n] = n + 1
			}
		case 4: // two by two
			for n := range sims {
				sims[n] = n + 2 + n%2*numbers
			}
		default:
			all := make([]int, numbers+2)
			for n := range all {
				all[n] = n + 1
			}
			copy(sims, rapid.Permutation(all).Draw(t, "sims"))
		}
		if oneIn(t, 4, "clear") {
			sims[rapid.IntRange(0, numbers-1).Draw(t, "which")] = cleared
		}
		var rows []Row
		for n := range sims {
			if oneIn(t, 8, "without") {
				continue
			}
			row := Row{Number: n, SIM: sims[n]}
			if oneIn(t, 4, "route") {
				row.Route = rapid.IntRange(1, 3).Draw(t, "route")
			}
			rows = append(rows, row)
		}
		if len(rows) == 0 {
			return []Row{{Number: 0, SIM: 2}}
		}
		if rapid.Bool().Draw(t, "shuffled") {
			rows = rapid.Permutation(rows).Draw(t, "rows")
		}
		return rows
	})
}

// gives reports whether a run is to take a SIM away from a number, which had it when the plan was made.
func (r *run) gives(number int, iccid string) bool {
	if r.kind == back {
		if wrote, may := r.of.mayHaveWritten(number, sim); !may || wrote != iccid {
			return false
		}
	} else {
		row, _ := r.row(number)
		if asked, asks := row.asks()[fields[sim]]; !asks || asked == iccid {
			return false
		}
	}
	return slices.ContainsFunc(r.readings[number], func(is reading) bool {
		return is.values[sim] == iccid && (r.plannedAt.IsZero() || !is.at.After(r.plannedAt))
	})
}

// gaveUp reports whether a run can know that a number has a SIM no more.
func (r *run) gaveUp(number int, iccid string) bool {
	if last, read := r.lastReading(number); read && last.values[sim] != iccid {
		return true
	}
	return slices.ContainsFunc(r.sent(number), func(q *request) bool {
		v, set := q.set[fields[sim]]
		return set && v != iccid && (!q.answered.IsZero() && q.fate != Pends || !q.completed.IsZero())
	})
}

// judgeGivers holds for a request that gives a number a SIM. Who reads nothing does not know who has it.
func (w *world) judgeGivers(r *run, q *request) {
	iccid := q.set[fields[sim]]
	if iccid == "" || r.all {
		return
	}
	for n := range w.past {
		if n == q.number || !r.gives(n, iccid) {
			continue
		}
		w.count.happened("a SIM is handed on")
		if r.kind == back {
			w.count.happened("a SIM is handed back")
		}
		if !r.gaveUp(n, iccid) {
			w.broken(GivenUp, "%s sent %s, and %s has not given it up", q.by, q, number(n))
		}
	}
}

// judgeHeldBack holds for a row that was never sent, and whose SIM somebody keeps.
func (w *world) judgeHeldBack(o *operation) {
	r := o.run
	if r.all || r.began.Before(w.gap) {
		return
	}
	for n := range w.past {
		iccid := r.handed[number(n)].takes
		if iccid == "" || len(r.sent(n)) > 0 {
			continue
		}
		for giver := range w.past {
			if giver == n || !r.gives(giver, iccid) || r.gaveUp(giver, iccid) {
				continue
			}
			w.count.happened("held back: " + string(r.status[n]))
			switch status := r.status[n]; {
			case status == result.Updated, status == result.Pending, status == result.Unknown, status == result.Planned && o.sentAll():
				w.broken(HeldBack, "%s says that %s is %s, and %s, which has not given up its SIM, is %s",
					o, number(n), r.status[n], number(giver), r.status[giver])
			}
		}
	}
}

// judgeChains holds for what a plan has put into waves. Who has given up its SIM already is done, and is waited for by
// nobody.
func (w *world) judgeChains(o *operation) {
	r := o.run
	w.judgeHeldBack(o)
	for n := range w.past {
		taker := r.handed[number(n)]
		for giver := range w.past {
			given := r.handed[number(giver)]
			if giver == n || taker.takes == "" || taker.takes != given.gives || r.retried && r.status[giver] == result.Updated {
				continue
			}
			if taker.wave != given.wave {
				w.broken(WholeChain, "%s has %s in wave %d, and %s, whose SIM it takes, in wave %d", o, number(n), taker.wave, number(giver), given.wave)
			}
		}
	}
}

// sentAll reports whether an operation has sent all that there was to be sent.
func (o *operation) sentAll() bool {
	return !o.dead.Load() && o.vanished.IsZero() && o.err == nil && o.agreed && o.ended != nil && !o.ended.Stop.Early()
}
