package batch

import (
	"cmp"
	"strings"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/client"
)

// Phase is what a live run is at.
type Phase string

// The phases of a run, and what keeps it from going on in them.
const (
	PhaseStarting  Phase = "starting" // the input is checked
	PhaseReading   Phase = "reading"
	PhaseAsking    Phase = "asking" // somebody, whether to send, or to go on
	PhaseSending   Phase = "sending"
	PhaseVerifying Phase = "verifying" // a wave is read back
	PhaseBetween   Phase = "between_waves"
	PhasePaused    Phase = "paused"
	PhaseHeld      Phase = "held"    // by a hold file, or a wave that waits for somebody
	PhaseWaiting   Phase = "waiting" // for the API
	PhaseStopping  Phase = "stopping"
	PhaseEnded     Phase = "ended"
)

// situationVersion is the version of the document that a [Situation] is.
const situationVersion = 1

// Situation is where a live run stands.
type Situation struct {
	// Version is the version of this document.
	Version int `json:"version"`
	// Run is its name, Folder its path.
	Run    string    `json:"run,omitempty"`
	Folder string    `json:"folder,omitempty"`
	At     time.Time `json:"at"`
	// Phase is what it is at since when, Why the reason of one that keeps it from
	// going on, and Until when that ends by itself; zero: it does not, or nobody
	// knows.
	Phase Phase     `json:"state"`
	Since time.Time `json:"since,omitzero"`
	Why   string    `json:"why,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// Rows is how many are to be sent in all, Done how many of them came to an
	// end, Counts what became of those and of the rows that need no sending.
	Rows   int                   `json:"rows"`
	Done   int                   `json:"done"`
	Counts map[result.Status]int `json:"counts"`
	// InFlight is how many requests of any kind are not answered yet.
	InFlight int    `json:"inFlight"`
	Rate     string `json:"rate,omitempty"`
	// Wave is the present one; nil: there is none.
	Wave     *plan.Wave `json:"wave,omitempty"`
	Deadline time.Time  `json:"deadline,omitzero"`
	// RollbackWindow is when it ends, and until when it could be undone; nil as long as
	// nothing is sent.
	RollbackWindow *plan.RollbackWindow `json:"wayBack,omitempty"`
}

// Situation tells where the run stands.
func (c *Control) Situation() Situation {
	c.mu.Lock()
	run, ended, holds, wave := c.run, c.ended, c.sorted(), c.wave
	if c.next == nil {
		wave = event.Held{}
	}
	c.mu.Unlock()
	s := Situation{Version: situationVersion, At: time.Now(), Phase: PhaseStarting, Counts: map[result.Status]int{}}
	if run != nil {
		run.standing.describe(&s, plan.Forecast{
			Now: s.At, Deadline: run.cfg.Deadline, Every: run.gate().Rate().Every(),
		}, run.cfg)
		s.Run, s.Folder, s.Deadline = run.me.Name, run.dir().Path(), run.cfg.Deadline
		s.InFlight, s.Rate = run.gate().UnderWay(), run.gate().Rate().String()
	}
	switch {
	case ended:
		s.Phase, s.Why, s.Until = PhaseEnded, "", time.Time{}
	case s.Phase == PhaseStopping:
	case c.asked().Early(): // also where nothing is sent that would be told to stop
		s.Phase, s.Since, s.Until = PhaseStopping, c.stoppedAt, time.Time{}
		s.Why, s.RollbackWindow = c.stop.Text(), nil
	case len(holds) > 0:
		if !wave.Since.IsZero() { // which is not over when they are
			holds = append(holds, wave)
		}
		s.heldBy(holds)
	case !wave.Since.IsZero():
		s.Phase, s.Since, s.Why, s.Until = PhaseHeld, wave.Since, wave.Why, wave.Until
	case run != nil:
		s.waitsFor(run.gate().Waiting())
	}
	return s
}

// heldBy puts what keeps all requests from leaving over the phase.
func (s *Situation) heldBy(holds []event.Held) {
	s.Phase, s.Since, s.Until = PhaseHeld, holds[0].Since, time.Time{}
	reasons := make([]string, len(holds))
	for i, h := range holds {
		reasons[i] = h.Why
		if h.Name == pauseName {
			s.Phase, s.Since = PhasePaused, h.Since
		}
	}
	s.Why = strings.Join(reasons, "; ")
}

// waitsFor puts a wait that the server asked for over the phase, unless the API
// is down as a whole.
func (s *Situation) waitsFor(w client.Wait, waits bool) {
	if waits && s.Phase != PhaseWaiting {
		s.Phase, s.Since, s.Until = PhaseWaiting, w.Since, w.Until
		s.Why = cmp.Or(w.Detail, "the API answered "+string(w.Reason))
	}
}
