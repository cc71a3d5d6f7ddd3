package plan

import (
	"sort"
	"time"

	"github.com/bulknum/bulknum/batch/hours"
)

// RollbackWindow is whether what was done can still be undone in time: how long that
// takes, and until when it fits before the deadline.
type RollbackWindow struct {
	// EndsAt is when the rows that are left will have been sent at the present
	// rate.
	EndsAt time.Time `json:"endsAt"`
	// RollbackMs is how long a rollback of what is done would take, and
	// FullRollbackMs one of everything, in milliseconds.
	RollbackMs     int64 `json:"rollbackMs"`
	FullRollbackMs int64 `json:"fullRollbackMs"`
	// Deadline is what the rest is measured by; zero: there is none.
	Deadline time.Time `json:"deadline,omitzero"`
	// NoReturnAt is the point of no return: the moment after which a rollback no
	// longer fits before the deadline, which may have passed, and NoReturnRows how many
	// rows will have been sent by then in all. Both are zero when a rollback fits to the
	// end, or when there is no deadline.
	NoReturnAt   time.Time `json:"noReturnAt,omitzero"`
	NoReturnRows int       `json:"noReturnRows,omitempty"`
}

// Forecast tells from where a run stands, and how fast it goes, how long it and
// its rollback still take.
type Forecast struct {
	Now      time.Time
	Deadline time.Time     // zero: none
	Every    time.Duration // from one request to the next
	Done     int           // rows that were sent and would have to be undone
	Left     int           // rows still to be sent
	Pages    int           // of the inventory, if known: the most that reading costs
	// Overhead is what takes time besides the updates; nil: nothing.
	Overhead *Overhead
	// Hours are those in which rows may be begun: in others nothing goes on.
	Hours hours.Hours
}

// Overhead is what takes time in a run besides the updates: the token of the first
// one, and what stands between waves.
type Overhead struct {
	Waves []Wave `json:"-"`
	// Begun is how many rows came to an end, or are about to.
	Begun int `json:"-"`
	// Recheck is how old the readings of a wave's numbers may be when it begins:
	// older ones are made again. Age is how old they are by now, and ReadsNothing tells
	// that there are none.
	Recheck      time.Duration `json:"recheck"`
	Age          time.Duration `json:"-"`
	ReadsNothing bool          `json:"readsNothing,omitempty"`
	// Companions are the rows whose readings are made again one by one.
	Companions Companions `json:"companions,omitzero"`
	// ReadBack is how many numbers of a wave are read after it, Pause how long is
	// waited until the next one.
	ReadBack Sample        `json:"readBack"`
	Pause    time.Duration `json:"pause"`
	// Propagation is waited after a wave before it is read back, before a gate is asked, if Gated,
	// and before the next one begins.
	Propagation Propagation `json:"propagation,omitzero"`
	Gated       bool        `json:"gated,omitempty"`
}

// At is the overhead of what is left of waves, once so many rows came to an end.
func (o *Overhead) At(waves []Wave, begun int) *Overhead {
	if o == nil {
		return nil
	}
	left := *o
	left.Waves, left.Begun = waves, begun
	return &left
}

// before is how much of it goes by before so many more rows are sent, at so much
// time from one request to the next; after tells that what follows the last of them
// counts too, where it is the last one of a wave.
func (o *Overhead) before(rows int, every time.Duration, after bool) time.Duration {
	if o == nil {
		return 0
	}
	requests, pauses := 1, time.Duration(0)
	if o.Begun > 0 {
		requests = 0 // the token is there
	}
	if len(o.Waves) == 0 {
		requests += o.Companions.rereads(rows, o.Age+time.Duration(requests)*every, every)
	}
	for _, w := range o.Waves {
		begins, ends := w.Upto-w.Rows-o.Begun, w.Upto-o.Begun // in rows from now on
		age := o.Age + time.Duration(begins+requests)*every + pauses
		stale := age > o.Recheck
		if stale && begins >= 0 && begins < rows && !o.ReadsNothing {
			requests += w.reads(w.Rows)
		}
		if stale { // or it was read again when it began
			age = time.Duration(max(0, -begins)) * every
		}
		requests += o.Companions.rereads(min(ends, rows)-max(begins, 0), age, every)
		if ends > 0 && (ends < rows || after && ends == rows) {
			pauses += max(0, o.Propagates(w)-every)
			requests += w.reads(o.ReadBack.Of(w.Rows))
			if w.N < w.Of {
				pauses += max(0, o.Pause-every) // the rate has its part of it
			}
		}
	}
	return time.Duration(requests)*every + pauses
}

// rollbackTokens is how many token requests a rollback makes: for reading and
// for updating.
const rollbackTokens = 2

// Rollback is how long undoing so many rows takes: they are read the cheaper
// way, and sent.
func (f Forecast) Rollback(rows int) time.Duration {
	if rows == 0 {
		return 0
	}
	return time.Duration(rows+f.reads(rows)+rollbackTokens) * f.Every
}

// reads is how many requests the reading of so many numbers takes.
func (f Forecast) reads(rows int) int {
	if f.Pages > 0 {
		return min(rows, f.Pages)
	}
	return rows
}

// Until is when so many more rows will have been sent, and looked after if a wave ends with
// them.
func (f Forecast) Until(rows int) time.Time { return f.at(rows, true) }

// at is when the last of so many more rows is sent, with what comes after it or not.
func (f Forecast) at(rows int, after bool) time.Time {
	return f.Hours.After(f.Now, time.Duration(rows)*f.Every+f.Overhead.before(rows, f.Every, after))
}

// Fits reports whether a rollback still ends before the deadline that begins when so many
// more rows were sent.
func (f Forecast) Fits(rows int) bool { return f.fitsAt(f.at(rows, false), rows) }

// fitsAt is [Forecast.Fits] of a rollback that begins at a moment.
func (f Forecast) fitsAt(at time.Time, rows int) bool {
	return f.Deadline.IsZero() || !at.Add(f.Rollback(f.Done+rows)).After(f.Deadline)
}

// Window tells where the run stands.
func (f Forecast) Window() RollbackWindow {
	w := RollbackWindow{
		EndsAt:         f.Until(f.Left),
		RollbackMs:     f.Rollback(f.Done).Milliseconds(),
		FullRollbackMs: f.Rollback(f.Done + f.Left).Milliseconds(),
		Deadline:       f.Deadline,
	}
	if f.fitsAt(w.EndsAt, f.Left) {
		return w
	}
	more := max(0, sort.Search(f.Left+1, func(rows int) bool { return !f.Fits(rows) })-1)
	w.NoReturnRows = f.Done + more
	w.NoReturnAt = f.Deadline.Add(-f.Rollback(w.NoReturnRows))
	return w
}

// Rollback is how long it would take, at the plan's rate, to roll back the whole
// of it.
func (p *Plan) Rollback() time.Duration {
	requests := p.Budget.Needed()
	if requests == 0 {
		return 0
	}
	every := time.Duration(p.Budget.TakesMs) * time.Millisecond / time.Duration(requests)
	return Forecast{Every: every, Pages: p.Reading.PagesInAll}.Rollback(p.Budget.Updates)
}
