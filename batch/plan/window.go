package plan

import (
	"math"
	"sort"
	"time"

	"github.com/bulknum/bulknum/batch/hours"
	"github.com/bulknum/bulknum/client"
)

// RollbackWindow is whether what was done can still be undone in time: how long that
// takes, and until when it fits before the deadline.
type RollbackWindow struct {
	// EndsAt is when the rows that are left will have been sent, by the rates of the times in which they are.
	EndsAt time.Time `json:"endsAt"`
	// RollbackMs is how long a rollback of what is done would take that begins now, and
	// FullRollbackMs one of everything that begins at the end, in milliseconds.
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
	Rate     client.Rate   // which the clock may change
	Every    time.Duration // from one request to the next at least, where that is more than by the rate
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

// walk is how far a run has come at a moment of a forecast, after so much time in which it went on.
type walk struct {
	pace pace
	at   time.Time
	took time.Duration
}

// send lets so many requests leave.
func (w *walk) send(requests int) {
	takes, at := w.pace.after(w.at, requests)
	w.at, w.took = at, w.took+takes
}

// pause waits, of which the rate has a part.
func (w *walk) pause(long time.Duration) {
	long = max(0, long-w.pace.every(w.at))
	w.at, w.took = w.pace.hours.After(w.at, long), w.took+long
}

// sending walks through so many more rows with the overhead of them; after tells that what follows the last of them counts
// too, where it is the last one of a wave.
func (w *walk) sending(o *Overhead, rows int, after bool) {
	if o == nil {
		w.send(rows)
		return
	}
	if o.Begun == 0 {
		w.send(1) // the token
	}
	sent := 0
	for _, wave := range o.Waves {
		begins, ends := wave.Upto-wave.Rows-o.Begun, wave.Upto-o.Begun // in rows from now on
		if ends <= 0 || begins >= rows {
			continue
		}
		begun := time.Duration(max(0, -begins)) * w.pace.every(w.at) // how long it has been going on
		age := o.Age + w.took - begun
		if age > o.Recheck { // or it was read again when it began
			age = begun
			if begins >= 0 && !o.ReadsNothing {
				w.send(wave.reads(wave.Rows))
			}
		}
		w.rows(o.Companions, min(ends, rows)-sent, age)
		sent = min(ends, rows)
		if ends < rows || after && ends == rows {
			w.pause(o.Propagates(wave))
			w.send(wave.reads(o.ReadBack.Of(wave.Rows)))
			if wave.N < wave.Of {
				w.pause(o.Pause)
			}
		}
	}
	w.rows(o.Companions, rows-sent, o.Age+w.took)
}

// rows sends so many, whose readings are so old before the first of them.
func (w *walk) rows(companions Companions, rows int, age time.Duration) {
	w.send(rows + companions.rereads(rows, age, w.pace.every(w.at)))
}

// rollbackTokens is how many token requests a rollback makes: for reading and
// for updating.
const rollbackTokens = 2

// Rollback is how long undoing so many rows takes that begins at a moment, at any hour: they are read the cheaper way, and
// sent.
func (f Forecast) Rollback(begins time.Time, rows int) time.Duration {
	if rows == 0 {
		return 0
	}
	_, ends := pace{rate: f.Rate, least: f.Every}.after(begins, rows+f.reads(rows)+rollbackTokens)
	return ends.Sub(begins)
}

// NoReturn is the last moment at which a rollback of so many rows may begin to end before the deadline.
func (f Forecast) NoReturn(rows int) time.Time {
	fits := func(before int) bool {
		before = max(0, before)
		return f.Rollback(f.Deadline.Add(-time.Duration(before)), rows) <= time.Duration(before)
	}
	most := int(f.Rollback(f.Deadline, rows))
	for most < math.MaxInt/2 && !fits(most) {
		most *= 2
	}
	return f.Deadline.Add(-time.Duration(sort.Search(most, fits)))
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
	w := walk{pace: pace{rate: f.Rate, least: f.Every, hours: f.Hours}, at: f.Now}
	w.sending(f.Overhead, rows, after)
	return w.at
}

// Fits reports whether a rollback still ends before the deadline that begins when so many
// more rows were sent.
func (f Forecast) Fits(rows int) bool { return f.fitsAt(f.at(rows, false), rows) }

// fitsAt is [Forecast.Fits] of a rollback that begins at a moment.
func (f Forecast) fitsAt(at time.Time, rows int) bool {
	return f.Deadline.IsZero() || !at.Add(f.Rollback(at, f.Done+rows)).After(f.Deadline)
}

// Window tells where the run stands.
func (f Forecast) Window() RollbackWindow {
	ends := f.Until(f.Left)
	w := RollbackWindow{
		EndsAt:         ends,
		RollbackMs:     f.Rollback(f.Now, f.Done).Milliseconds(),
		FullRollbackMs: f.Rollback(ends, f.Done+f.Left).Milliseconds(),
		Deadline:       f.Deadline,
	}
	if f.fitsAt(w.EndsAt, f.Left) {
		return w
	}
	more := max(0, sort.Search(f.Left+1, func(rows int) bool { return !f.Fits(rows) })-1)
	w.NoReturnRows = f.Done + more
	w.NoReturnAt = f.NoReturn(w.NoReturnRows)
	return w
}

// Rollback is how long it would take, at the plan's rate, to roll back the whole
// of it once it is done.
func (p *Plan) Rollback() time.Duration {
	rate, err := client.ParseRate(p.Budget.Rate)
	if err != nil {
		return 0 // there is no limit
	}
	return Forecast{Rate: rate, Pages: p.Reading.PagesInAll}.Rollback(p.Ends(), p.Budget.Updates)
}
