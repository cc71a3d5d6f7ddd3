package control

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// Status is a run at one moment, as its events and those who ask something of it
// made it. It is what ctl, the live page, the bar, the metrics and the notifications
// show, each some of it.
type Status struct {
	At time.Time
	// Begun tells that the run has its folder: Run is what run it is. Verifies tells
	// that its numbers are only read again. StartedAt and EndedAt bound the execution.
	Begun              bool
	Run                event.Run
	Folder             string
	Verifies           bool
	StartedAt, EndedAt time.Time

	// Phase is what the run is at since when, Why the reason of one that keeps it
	// from going on, and Until when that ends by itself; zero: it does not, or nobody
	// knows. Step is the phase without what keeps the run from going on in it.
	Phase Phase
	Since time.Time
	Why   string
	Until time.Time
	Step  Phase
	// Ways are the commands that end what keeps the run from going on, as far as commands can.
	Ways []Way
	// Asked is what was asked of the run last; nil: nothing was.
	Asked *event.Commanded
	// Sends tells that rows began to be sent.
	Sends bool
	// Stop is why no further row is started, or why the run ended early. Draining
	// tells that rows in flight are waited for, and how many there were.
	Stop     result.Stop
	Draining bool
	Drained  int

	// Counts is how the rows of the whole input stand; of those planned Again are the
	// ones that an earlier execution left failed or unknown. Finished are the rows
	// that came to an end in this execution.
	Counts, Again, Finished map[result.Status]int
	// Updates is how many rows are to be sent in all, Done how many of them came to
	// an end, by earlier executions too.
	Updates, Done int
	// Verified is how many rows of a run that was verified were found to be how; nil:
	// none was.
	Verified map[result.VerifyStatus]int
	// Failures are the last rows that failed, are unknown or in conflict, the newest
	// first.
	Failures []Row
	// Wave is the present one; nil: there is none. HeldWave is the one that waits
	// for somebody's approval; 0: none does.
	Wave     *plan.Wave
	HeldWave int

	Progress Progress
	// Wait is what holds most of what the run waits for; its Reason is empty when it
	// waits for nothing.
	Wait client.Wait
	// Requests counts those of this execution, by what was asked and by the answer's
	// status code, 0 being none. InFlight are not answered yet. Waited is how long
	// they were held back, the rate itself not counted.
	Requests   int
	ByEndpoint map[client.Endpoint]int
	ByStatus   map[int]int
	InFlight   int
	Waited     map[client.WaitReason]time.Duration
	// Allowed is the rate of all requests; zero: nobody has told it yet.
	Allowed client.Rate

	Deadline time.Time // zero: none
	// RollbackWindow is when the run ends, and until when it could be undone; nil as
	// long as nothing is sent.
	RollbackWindow *plan.RollbackWindow
}

// View tells where a run stands at a moment, to those who ask nothing of it.
type View func(now time.Time) *Status

// Progress is how far the rows that this execution sends are, or while current
// settings are read, the requests for that.
type Progress struct {
	Reading bool
	// Done of Total came to an end. The total of a reading is 0 as long as it is not
	// known.
	Done, Total int
	// Rate is how many a minute came to an end during the last one, and Average since
	// the beginning.
	Rate, Average float64
	// Left is how long the rest takes at the rate that holds, and Ends when all is done,
	// if nothing keeps it from going on but what has an end of its own; zero: not known.
	// Of a run that sends, they are those of its RollbackWindow.
	Left time.Duration
	Ends time.Time
}

// Row is a row that came to an end.
type Row struct {
	At            time.Time     `json:"at"`
	Row           int           `json:"row"`
	Line          int           `json:"line"`
	Number        string        `json:"number"`
	Status        result.Status `json:"status"`
	UpdateOrderId string        `json:"updateOrderId,omitempty"`
	HTTPStatus    int           `json:"httpStatus,omitempty"`
	Attempts      int           `json:"attempts"`
	Changes       string        `json:"changes,omitempty"`
	Error         string        `json:"error,omitempty"`
	StartedAt     time.Time     `json:"startedAt,omitzero"`
	DurationMs    int64         `json:"durationMs,omitempty"`
}

// RowOf is a result that came at a moment.
func RowOf(at time.Time, r result.Result) Row {
	return Row{
		At: at, Row: r.Row, Line: r.Line, Number: r.Number, Status: r.Status, UpdateOrderId: r.UpdateOrderId,
		HTTPStatus: r.HTTPStatus, Attempts: r.Attempts, Changes: r.Changes, Error: r.Error,
		StartedAt: r.StartedAt, DurationMs: r.DurationMs,
	}
}

// Outcomes is what became of rows so far, also of those that are to be sent again.
func (s *Status) Outcomes() map[result.Status]int {
	counts := maps.Clone(s.Counts)
	delete(counts, result.Planned)
	delete(counts, result.NotAttempted)
	for status, n := range s.Again {
		counts[status] += n
	}
	return counts
}

// Status tells where the run stands at a moment.
func (c *Control) Status(now time.Time) *Status {
	c.mu.Lock()
	run, ended, schedule, forecast, held := c.run, c.ended, c.schedule, c.forecast, c.wave
	c.mu.Unlock()
	s := c.tracker.status(now)
	s.Deadline = schedule.Deadline
	if held != nil {
		s.HeldWave = held.wave
	}
	if !ended && !c.Stopped().Early() {
		s.Ways = ways(held, c.tracker.pausedBy())
	}
	if run != nil {
		s.InFlight = run.Gate().UnderWay()
		if inForce := run.Gate().Rate(); s.Allowed.Rises() || inForce.Every() > s.Allowed.Every() { // it was learnt
			s.Allowed = inForce
		}
	}
	holds, wave := c.tracker.holding(), c.tracker.waveHeld()
	switch {
	case ended:
		s.Phase, s.Why, s.Until = PhaseEnded, "", time.Time{}
	case s.Step == PhaseStopping, s.Step == PhaseEnded:
	case c.Stopped().Early(): // also where nothing is sent that would be told to stop
		s.Phase, s.Since, s.Until = PhaseStopping, c.stoppedAt, time.Time{}
		s.Why = c.stop.Text()
	case len(holds) > 0:
		if !wave.Since.IsZero() { // which is not over when they are
			holds = append(holds, wave)
		}
		s.heldBy(holds)
	case !wave.Since.IsZero():
		s.Phase, s.Since, s.Why, s.Until = PhaseHeld, wave.Since, wave.Why, wave.Until
	case run != nil:
		s.awaitsOrders()
		s.waitsFor(run.Gate().Waiting())
	}
	if s.Phase != PhaseStopping && s.Phase != PhaseEnded {
		s.foresee(forecast, c.tracker.every(now, s.Allowed.Every()))
	}
	return s
}

// foresee tells when what is left is done, and until when the run could be undone: by what
// is left, and the time from one request to the next. What has an end of its own is waited
// for first; what has none could be over now.
func (s *Status) foresee(forecast func() plan.Forecast, every time.Duration) {
	waits := max(0, s.Until.Sub(s.At), s.Wait.Until.Sub(s.At))
	p := &s.Progress
	begins := s.At.Add(waits)
	ends := begins
	if p.Done < p.Total {
		ends = begins.Add(time.Duration(p.Total-p.Done) * every)
	}
	if forecast != nil && s.Updates > 0 && s.sends() {
		f := forecast()
		f.Now = begins
		w := f.Window()
		s.RollbackWindow, ends = &w, w.EndsAt
	}
	if ends.After(begins) {
		p.Left, p.Ends = ends.Sub(s.At), ends
	}
}

// sends reports whether rows are sent, or somebody is asked whether they are to be.
func (s *Status) sends() bool { return s.Sends || s.Step == PhaseAsking }

// heldBy puts what keeps all requests from leaving over the phase.
func (s *Status) heldBy(holds []event.Held) {
	s.Phase, s.Since, s.Until = PhaseHeld, holds[0].Since, time.Time{}
	reasons := make([]string, len(holds))
	for i, h := range holds {
		reasons[i] = h.Why
		if ownerOf(h.Name) != "" && s.Phase != PhasePaused {
			s.Phase, s.Since = PhasePaused, h.Since
		}
	}
	s.Why = strings.Join(reasons, "; ")
}

// awaitsOrders tells that all rows are sent, of the wave if there is one, and orders are waited for.
func (s *Status) awaitsOrders() {
	rows, pending := s.Progress.Total, s.Counts[result.Pending]
	if s.Wave != nil {
		rows = s.Wave.Upto
	}
	if s.Phase == PhaseSending && s.Progress.Done >= rows && pending > 0 {
		s.Phase, s.Why = PhaseWaiting, fmt.Sprintf("for the orders of pending rows: %d", pending)
	}
}

// waitsFor puts a wait that the server asked for over the phase, unless the API
// is down as a whole.
func (s *Status) waitsFor(w client.Wait, waits bool) {
	if waits && s.Phase != PhaseWaiting {
		s.Phase, s.Since, s.Until = PhaseWaiting, w.Since, w.Until
		s.Why = cmp.Or(w.Detail, "the API answered "+string(w.Reason))
	}
}
