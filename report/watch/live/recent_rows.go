package live

import (
	"slices"
	"sync"
	"time"

	"github.com/bulknum/bulknum/batch/control"
	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs"
	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/client"
	"github.com/bulknum/bulknum/report/words"
)

// How many rows that ended last a state has.
const keptRecent = 50

// recentRows keeps what a state has besides the run's status: the rows that ended last,
// and what the command came to. It is safe for concurrent use, and quick: the run
// waits for it.
type recentRows struct {
	status control.View

	mu      sync.Mutex
	recent  []control.Row
	outcome *runs.Outcome
}

// listen takes in an event.
func (b *recentRows) listen(now time.Time, e event.Event) {
	finished, ok := e.(event.Finished)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recent = slices.Insert(b.recent[:min(len(b.recent), keptRecent-1)], 0, control.RowOf(now, finished.Result))
}

// end takes in what the run came to.
func (b *recentRows) end(o runs.Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.outcome = &o
}

// at is the state at a moment.
func (b *recentRows) at(now time.Time) *State {
	status := b.status(now)
	b.mu.Lock()
	defer b.mu.Unlock()
	p := status.Progress
	s := &State{
		Version: stateVersion, At: now, Run: status.Run,
		Phase: status.Phase, Since: status.Since, Why: status.Why, Until: status.Until,
		StartedAt: status.StartedAt, EndedAt: status.EndedAt,
		Counts: status.Counts, Verified: status.Verified, Done: p.Done, Total: p.Total, Reading: p.Reading,
		Requests:  request.Counted(status.Requests, status.ByEndpoint, status.ByStatus, status.Waited),
		PerMinute: p.Rate, AveragePerMinute: p.Average, AllowedPerMinute: 60 * status.Allowed.PerSecond(),
		LeftMs: p.Left.Milliseconds(), EndsAt: p.Ends, Wait: waitState(status.Wait), Wave: status.Wave,
		Failures: append([]control.Row{}, status.Failures...), Recent: append([]control.Row{}, b.recent...), Stop: stopState(status.Stop),
	}
	for _, n := range s.Counts {
		s.Rows += n
	}
	if status.Begun && !status.Verifies && status.Step != control.PhaseEnded {
		s.Headline = words.Headline(status)
	}
	for _, step := range words.WaysOn(status.Folder, status.Ways) {
		s.Next = append(s.Next, step.Command)
	}
	if b.outcome != nil && s.EndedAt.IsZero() {
		s.EndedAt = b.outcome.At
	}
	switch {
	case !s.EndedAt.IsZero():
		s.DurationMs = s.EndedAt.Sub(s.StartedAt).Milliseconds()
		s.LeftMs, s.EndsAt, s.Wait = 0, time.Time{}, nil
	case status.Begun:
		s.DurationMs = now.Sub(s.StartedAt).Milliseconds()
	}
	if b.outcome != nil {
		s.conclude(*b.outcome)
	}
	return s
}

// conclude takes over what the command came to, and what the summary says.
func (s *State) conclude(o runs.Outcome) {
	s.Phase, s.Why, s.Until, s.Next, s.ExitCode = control.PhaseEnded, "", time.Time{}, nil, &o.ExitCode
	s.Headline = ""
	if summary := o.Summary; summary != nil {
		s.Rows, s.Counts, s.Requests = summary.Rows, summary.Counts, summary.Requests
		s.DurationMs, s.Stop = summary.DurationMs, summary.Stop
	}
}

// waitState is what a run waits for.
func waitState(w client.Wait) *WaitState {
	if w.Reason == "" {
		return nil
	}
	return &WaitState{Reason: w.Reason, Detail: w.Detail, Since: w.Since, Until: w.Until}
}

// stopState is why a run ends early, if it does.
func stopState(s result.Stop) *result.Stop {
	if !s.Early() {
		return nil
	}
	return &s
}
