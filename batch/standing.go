package batch

import (
	"maps"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
)

// standing follows the events of a run, for [Control.Situation]. It is safe for
// concurrent use.
type standing struct {
	mu     sync.Mutex
	phase  Phase
	since  time.Time
	why    string      // it is stopping
	outage client.Wait // zero: the API works
	rows   int         // to be sent, of the plan, or by this execution if that is all that is known
	done   int
	counts map[result.Status]int
	open   map[int]opened // by line
	wave   *plan.Wave
	waves  []plan.Wave
	pages  int // of the inventory, if it was read
}

// opened is a row that may still end in another way than it did.
type opened struct {
	status result.Status
	done   bool // it is counted among those that are
}

// begin begins a phase, unless the run is in it or stops: the caller has mu.
func (s *standing) begin(now time.Time, phase Phase) {
	if s.phase != phase && s.phase != PhaseStopping {
		s.phase, s.since = phase, now
	}
}

// tell takes in an event.
func (s *standing) tell(now time.Time, e event.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e := e.(type) {
	case event.ReadingTold:
		s.read(now)
	case event.PlanMade:
		s.plan(e.Plan)
	case event.Asking:
		s.begin(now, PhaseAsking)
	case event.Started:
		s.begin(now, PhaseSending)
		s.rows = max(s.rows, e.Rows)
		s.done = s.rows - e.Rows
	case event.Waiting:
		s.wait(e.Wait)
	case event.Finished:
		s.finish(e.Result)
		s.begin(now, PhaseSending)
	case event.WaveStarted:
		s.wave = &e.Wave
		s.begin(now, PhaseSending)
	case event.WaveEnded:
		s.wave = &e.Wave
		s.begin(now, PhaseBetween)
	case event.Stopping:
		s.begin(now, PhaseStopping)
		s.why = e.Text()
	}
}

// read takes in that something is read: of a wave that was sent, if there is
// one.
func (s *standing) read(now time.Time) {
	if s.wave != nil {
		s.begin(now, PhaseVerifying)
		return
	}
	s.begin(now, PhaseReading)
}

// plan takes in what each row would do.
func (s *standing) plan(p *plan.Plan) {
	s.rows, s.counts, s.pages = p.Updates(), maps.Clone(p.Counts), p.Reading.PagesInAll
	s.waves = p.Waves
	delete(s.counts, result.Planned)
}

// goesOn takes in what an earlier execution has done.
func (s *standing) goesOn(run *runs.Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan(run.Plan)
	for line, row := range run.States {
		if row.Status == result.NotAttempted {
			continue
		}
		s.count(line, row.Status, row.Status == result.Pending)
	}
}

// wait keeps an outage until it is over.
func (s *standing) wait(w client.Wait) {
	if w.Reason == client.WaitOutage {
		s.outage = w
		if w.Over {
			s.outage = client.Wait{}
		}
	}
}

// finish counts a row, in place of what it was counted as before.
func (s *standing) finish(r result.Result) {
	before := s.open[r.Line]
	if before.status != "" {
		s.counts[before.status]--
		delete(s.open, r.Line)
	}
	if r.Status == result.NotAttempted {
		return
	}
	if !before.done {
		s.done++
	}
	s.count(r.Line, r.Status, true)
}

// count counts a row, and remembers it if that may not be the last word.
func (s *standing) count(line int, status result.Status, done bool) {
	if s.counts == nil {
		s.counts = map[result.Status]int{}
	}
	s.counts[status]++
	if status == result.Unknown || status == result.Pending || status == result.Failed {
		if s.open == nil {
			s.open = map[int]opened{}
		}
		s.open[line] = opened{status: status, done: done}
	}
}

// describe tells where the run stands, at its pace and with its deadline.
func (s *standing) describe(to *Situation, f plan.Forecast, cfg Config) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.phase != "" {
		to.Phase, to.Since, to.Why = s.phase, s.since, s.why
	}
	maps.Copy(to.Counts, s.counts)
	maps.DeleteFunc(to.Counts, func(_ result.Status, n int) bool { return n == 0 })
	to.Rows, to.Done, to.Wave = s.rows, s.done, s.wave
	if s.outage.Reason != "" && s.phase != PhaseStopping {
		to.Phase, to.Since, to.Until = PhaseWaiting, s.outage.Since, s.outage.Until
		to.Why = "the API is down: " + s.outage.Detail
	}
	begun := s.phase == PhaseSending || s.phase == PhaseBetween || s.phase == PhaseVerifying || s.phase == PhaseAsking && s.wave != nil
	if s.rows > 0 && begun {
		f.Done = s.counts[result.Updated] + s.counts[result.Pending] + s.counts[result.Unknown]
		f.Left, f.Pages = s.rows-s.done, s.pages
		f.Overhead = cfg.overhead(s.waves, s.done)
		window := f.Window()
		to.RollbackWindow = &window
	}
}

// remember is how all rows stand, as far as events told.
func (s *standing) remember() map[result.Status]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := maps.Clone(s.counts)
	if counts == nil {
		counts = map[result.Status]int{}
	}
	if left := s.rows - s.done; left > 0 {
		counts[result.NotAttempted] += left
	}
	maps.DeleteFunc(counts, func(_ result.Status, n int) bool { return n == 0 })
	return counts
}
