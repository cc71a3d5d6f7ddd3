package live

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/watch/progress"
)

// How many rows that ended last a state has.
const keptRecent = 50

// board keeps the state of a run. It is safe for concurrent use, and quick: the
// run waits for it.
type board struct {
	tally *progress.Tally

	mu       sync.Mutex
	phase    Phase
	run      event.Run
	rows     progress.StatusCounts
	verified map[result.VerifyStatus]int
	began    time.Time
	ended    time.Time
	allowed  float64
	requests runs.Requests
	waits    progress.WaitTimes
	recent   []progress.RowState
	stop     *result.Stop
	outcome  *runs.Outcome
}

func newBoard() *board {
	return &board{tally: progress.NewTally(), phase: PhaseChecking, requests: runs.Requests{
		ByEndpoint: map[client.Endpoint]int{}, ByStatus: map[int]int{},
	}}
}

// setPace takes in the allowed rate.
func (b *board) setPace(rate client.Rate) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.allowed = 60 * rate.PerSecond()
}

// listen takes in an event.
func (b *board) listen(now time.Time, e event.Event) {
	b.tally.Tell(now, e)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rows.Listen(e)
	switch e := e.(type) {
	case event.Began:
		b.run, b.began = e.Run, e.At
	case event.ReadingTold:
		b.phase = PhaseReading
	case event.PlanMade:
		b.phase = PhasePlanned
	case event.NumbersVerified:
		b.verified = e.Counts
	case event.Started:
		b.phase = PhaseSending
	case event.WaveStarted, event.WaveEnded:
		b.readOver()
	case event.Attempted:
		b.requests.Total++
		b.requests.ByEndpoint[e.Endpoint]++
		b.requests.ByStatus[e.HTTPStatus]++
	case event.Waiting:
		b.waits.Wait(e.Wait)
	case event.Commanded:
		if rate, ok := progress.NewRate(e); ok {
			b.allowed = 60 * rate.PerSecond()
		}
	case event.Held:
		b.waits.Held(now, e)
	case event.Finished:
		b.readOver()
		b.recent = slices.Insert(b.recent[:min(len(b.recent), keptRecent-1)], 0, progress.RowStateOf(now, e.Result))
	case event.Stopping:
		b.phase, b.stop = PhaseStopping, &e.Stop
	case event.Ended:
		b.phase, b.ended = PhaseEnded, e.At
		b.waits.End(now)
		if e.Stop.Early() {
			b.stop = &e.Stop
		}
	}
}

// readOver ends a reading between rows.
func (b *board) readOver() {
	if b.phase == PhaseReading {
		b.phase = PhaseSending
	}
}

// end takes in what the run came to.
func (b *board) end(o runs.Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.phase, b.outcome = PhaseEnded, &o
	if b.ended.IsZero() {
		b.ended = o.At
	}
}

// at is the state at a moment.
func (b *board) at(now time.Time) *State {
	v := b.tally.At(now)
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &State{
		Version: stateVersion, At: now, Phase: b.phase, Run: b.run, StartedAt: b.began, EndedAt: b.ended,
		Rows: b.rows.Rows(), Counts: b.rows.Counts(), Verified: b.verified, Done: v.Done, Total: v.Total, Requests: b.costs(now),
		PerMinute: v.Rate, AveragePerMinute: v.Average, AllowedPerMinute: b.allowed,
		LeftMs: v.Left.Milliseconds(), EndsAt: v.Ends, Wait: waitState(v.Wait), Wave: v.Wave,
		Failures: v.Failures, Recent: slices.Clone(b.recent), Stop: b.stop,
	}
	switch {
	case !b.ended.IsZero():
		s.DurationMs = b.ended.Sub(b.began).Milliseconds()
		s.LeftMs, s.EndsAt, s.Wait = 0, time.Time{}, nil
	case !b.began.IsZero():
		s.DurationMs = now.Sub(b.began).Milliseconds()
	}
	if b.outcome != nil {
		s.conclude(*b.outcome)
	}
	return s
}

// conclude takes over what the summary says.
func (s *State) conclude(o runs.Outcome) {
	s.ExitCode = &o.ExitCode
	if summary := o.Summary; summary != nil {
		s.Rows, s.Counts, s.Requests, s.DurationMs, s.Stop = summary.Rows, summary.Counts, summary.Requests, summary.DurationMs, summary.Stop
	}
}

// costs are the requests until a moment.
func (b *board) costs(now time.Time) runs.Requests {
	r := runs.Requests{
		Total: b.requests.Total, ByEndpoint: maps.Clone(b.requests.ByEndpoint), ByStatus: maps.Clone(b.requests.ByStatus),
		WaitedMs: map[client.WaitReason]int64{},
	}
	for reason, waited := range b.waits.At(now) {
		r.WaitedMs[reason] = waited.Milliseconds()
	}
	return r
}

// waitState is what a view waits for.
func waitState(w client.Wait) *WaitState {
	if w.Reason == "" {
		return nil
	}
	return &WaitState{Reason: w.Reason, Detail: w.Detail, Since: w.Since, Until: w.Until}
}
