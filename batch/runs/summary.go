package runs

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/event"
	"github.com/bulknum/bulknum/batch/guard"
	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/runs/request"
	"github.com/bulknum/bulknum/batch/store"
	"github.com/bulknum/bulknum/client"
)

// summaryVersion is the version of summary.json.
const summaryVersion = 1

// firstFailures is how many failures a summary names.
const firstFailures = 10

// Summary is a run in figures. Results are added one by one.
type Summary struct {
	// Version is the version of this document.
	Version int          `json:"version"`
	State   State        `json:"state"`
	Stop    *result.Stop `json:"stop,omitempty"`
	// Lost tells that the store was lost: this is what the process that carried the run out knew at its end, and not all
	// of it is recorded.
	Lost   bool     `json:"lost,omitempty"`
	Folder string   `json:"folder"`
	Run    Identity `json:"run"`
	// StartedAt and EndedAt bound the run; DurationMs is how long its executions worked on it,
	// in milliseconds, without the time between them.
	StartedAt  time.Time        `json:"startedAt"`
	EndedAt    time.Time        `json:"endedAt,omitzero"`
	DurationMs int64            `json:"durationMs"`
	Executions store.Executions `json:"executions"`
	// Rows is how many there are, Counts how many ended in each status.
	Rows   int                   `json:"rows"`
	Counts map[result.Status]int `json:"counts"`
	// Permanent is how many of the failed rows would fail again, whenever they are sent.
	Permanent int `json:"permanent,omitempty"`
	// UnchangedAsOf is the oldest reading by which rows are unchanged, where an earlier
	// execution read it.
	UnchangedAsOf time.Time `json:"unchangedAsOf,omitzero"`
	// Requests is what the run cost.
	Requests request.Counts `json:"requests"`
	// Waves are those that have ended, if it was sent in waves, and WavesLeft those that
	// have not; RollbackWindow is where it stands: with waves or a deadline only.
	Waves          []event.WaveEnded    `json:"waves,omitempty"`
	WavesLeft      []WaveLeft           `json:"wavesLeft,omitempty"`
	RollbackWindow *plan.RollbackWindow `json:"rollbackWindow,omitempty"`
	// Service is when what it changed is in service; nil: at once, as far as is known.
	Service *Service `json:"service,omitempty"`
	// RolledBack is what rollbacks rolled back of it since; nil: nothing, as far as
	// is known.
	RolledBack *RolledBack `json:"rolledBack,omitempty"`
	// Later is what later runs moved of its rows that were in sync; nil: nothing, as far as is
	// known.
	Later *Later `json:"later,omitempty"`
	// Controls are what was asked of the run while it went, and by whom.
	Controls []event.Commanded `json:"controls,omitempty"`
	// LateAnswers came to processes from which the run had been taken over: evidence beside the results.
	LateAnswers []result.LateAnswer `json:"lateAnswers,omitempty"`
	// Skipped are the rows that a rollback leaves as they are, or in part.
	Skipped []Skipped `json:"skipped,omitempty"`
	// Failures are the first rows that want attention.
	Failures []result.Result `json:"failures,omitempty"`
	// Guards are what was measured of a plan that was only made, or that guards refused.
	Guards []guard.Check `json:"guards,omitempty"`
	// Routes are the names of the routes that were read, by id, and Notes those of its plan.
	Routes map[string]string `json:"routes,omitempty"`
	Notes  []plan.Note       `json:"notes,omitempty"`
	// Limit is what was found of the API's limit; nil: nothing was refused.
	Limit *client.LearntLimit `json:"limit,omitempty"`
	// Retention is what the end of the run did about older runs of its job; nil:
	// that was not asked for.
	Retention *Retention `json:"retention,omitempty"`
}

// WaveLeft is a wave that has not ended, or was not even begun.
type WaveLeft struct {
	plan.Wave
	// Counts is how many of its rows stand in each status.
	Counts map[result.Status]int `json:"counts"`
}

// Begun reports whether some row of it came to an end.
func (w WaveLeft) Begun() bool { return w.Counts[result.NotAttempted] < w.Rows }

// wavesLeft are the waves that have not ended of a run that began to be sent.
func wavesLeft(ctx context.Context, r *Run) ([]WaveLeft, error) {
	if !r.Applied || r.Lost() || len(r.Plan.Waves) == len(r.WavesEnded) {
		return nil, nil
	}
	waveOf, err := r.In.Store.WaveOf(ctx, r.Stored.ID)
	if err != nil {
		return nil, err
	}
	counts := map[int]map[result.Status]int{}
	for line, wave := range waveOf {
		if counts[wave] == nil {
			counts[wave] = map[result.Status]int{}
		}
		counts[wave][cmp.Or(r.States[line].Status, result.NotAttempted)]++
	}
	var left []WaveLeft
	for _, w := range r.Plan.Waves {
		if _, ended := r.WavesEnded[w.N]; !ended {
			left = append(left, WaveLeft{Wave: w, Counts: counts[w.N]})
		}
	}
	return left, nil
}

// Summary returns the figures of a run as it stands. It goes through all results, and reads the store for them: what ends
// ctx ends that, with an error. A run whose input was refused has no rows.
func (r *Run) Summary(ctx context.Context) (*Summary, error) {
	s, err := Uncounted(ctx, r)
	if err != nil || r.Lost() {
		return s, err
	}
	if err := s.Count(r.Results(ctx)); err != nil && !r.InputRefused(err) {
		return nil, err
	}
	return s, nil
}

// Uncounted is [Run.Summary] for who goes through the results anyway, by [Summary.Counting] or [Summary.Count]: what is
// counted of them, as Counts and Rows, is zero until then.
func Uncounted(ctx context.Context, r *Run) (*Summary, error) {
	s := &Summary{
		Version:   summaryVersion,
		State:     Finished,
		Lost:      r.Lost(),
		Folder:    r.Folder(),
		Run:       r.Identity,
		StartedAt: r.StartedAt,
		EndedAt:   r.EndedAt,
		Counts:    map[result.Status]int{},
		Controls:  r.Controls,
		Retention: r.Retention,
		Limit:     r.Limit,

		UnchangedAsOf: r.UnchangedAsOf, LateAnswers: r.LateAnswers,
	}
	if r.Plan != nil {
		s.Routes, s.Notes = r.Plan.Routes, r.Plan.Notes
	}
	if !r.Applied {
		s.Guards = r.Foretold
	}
	var err error
	if r.Stop.Reason == result.Guarded {
		if s.Guards, err = r.Checks(ctx); err != nil {
			return nil, err
		}
	}
	switch {
	case r.Stop.Early():
		s.State, s.Stop = Stopped, &r.Stop
	case r.EndedAt.IsZero():
		s.State = r.StateNow()
	}
	end := cmp.Or(r.EndedAt, time.Now())
	for _, n := range slices.Sorted(maps.Keys(r.WavesEnded)) {
		s.Waves = append(s.Waves, r.WavesEnded[n])
	}
	if s.RollbackWindow, err = windowOf(ctx, r, end); err != nil {
		return nil, err
	}
	if s.Service, err = serviceOf(ctx, r); err != nil {
		return nil, err
	}
	if s.WavesLeft, err = wavesLeft(ctx, r); err != nil {
		return nil, err
	}
	if s.RolledBack, err = r.RolledBack(ctx); err != nil {
		return nil, err
	}
	if s.Later, err = movedLater(ctx, r); err != nil {
		return nil, err
	}
	if r.Identity.Skipped > 0 && !r.Lost() {
		if s.Skipped, err = r.Skipped(); err != nil {
			return nil, err
		}
	}
	if r.Lost() {
		s.Requests = r.Remembered.Requests
		for status, n := range r.Remembered.Counts {
			s.Rows += n
			s.Counts[status] += n
		}
	} else if s.Requests, err = request.Count(r.Requests(), end, r.Executions); err != nil {
		return nil, err
	}
	var worked time.Duration
	s.Executions, worked = r.Executions.Until(end, s.State == Running)
	s.DurationMs = worked.Milliseconds()
	return s, nil
}

// ReadBack counts the rows whose numbers were not in sync any more, or could not be
// read, when their waves were read back.
func (s *Summary) ReadBack() (drifted, unreadable int) {
	for _, w := range s.Waves {
		drifted += w.Drifted
		unreadable += w.Unreadable
	}
	return drifted, unreadable
}

// GateAgainst is what the gate said against the last wave; "": nothing.
func (s *Summary) GateAgainst() string {
	if len(s.Waves) == 0 {
		return ""
	}
	return s.Waves[len(s.Waves)-1].Gate
}

// Add counts a result.
func (s *Summary) Add(r result.Result) {
	s.Rows++
	s.Counts[r.Status]++
	if r.Permanent {
		s.Permanent++
	}
	if r.Status.WantsAttention() && len(s.Failures) < firstFailures {
		s.Failures = append(s.Failures, r)
	}
}

// Counting gives the results, and adds each of them.
func (s *Summary) Counting(results iter.Seq2[PlannedResult, error]) iter.Seq2[PlannedResult, error] {
	return func(yield func(PlannedResult, error) bool) {
		for r, err := range results {
			if err == nil {
				s.Add(r.Result)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// Count adds the results.
func (s *Summary) Count(results iter.Seq2[result.Result, error]) error {
	for r, err := range results {
		if err != nil {
			return err
		}
		s.Add(r)
	}
	return nil
}

// Outcome is what a command came to, when its reports are written and its exit
// code is known.
type Outcome struct {
	At       time.Time
	ExitCode int
	// Summary is nil when there was no run.
	Summary *Summary
	// Err is why the command failed; nil: it did not.
	Err error
}

// windowOf is where a run stands that began to be sent, if it has waves or a
// deadline: by the same forecast as in the run itself, from what is recorded of it.
func windowOf(ctx context.Context, r *Run, now time.Time) (*plan.RollbackWindow, error) {
	if !r.Applied || len(r.Plan.Waves) == 0 && r.deadline.IsZero() {
		return nil, nil
	}
	rate, err := client.ParseRate(cmp.Or(r.Rate, r.Identity.Rate))
	if err != nil {
		return nil, nil //nolint:nilerr // it has no rate
	}
	undo, begun := 0, 0
	for _, row := range r.States {
		if row.Status.MayBeWritten() {
			undo++
		}
		if row.Status != result.NotAttempted {
			begun++
		}
	}
	if r.EndedAt.IsZero() && r.overhead != nil {
		waits, err := waitsUntil(ctx, r, begun)
		if err != nil {
			return nil, err
		}
		now = now.Add(max(0, waits.Sub(now)))
	}
	overhead := r.overhead.At(r.Plan.Waves, begun)
	if overhead != nil {
		overhead.Age = now.Sub(r.Plan.MadeAt)
	}
	w := plan.Forecast{
		Now: now.Local(), Deadline: r.deadline, Rate: rate, Hours: deref(r.Identity.Saved.Hours),
		Done: undo, Left: max(0, r.Plan.Updates()-begun), Pages: r.Plan.Reading.PagesInAll,
		Overhead: overhead,
	}.Window()
	return &w, nil
}

// waitsUntil is until when a run that goes on waits between two waves, once so many rows came to an end: for the pause
// before the next one, or for what the last one changed to be in service; zero: it does not.
func waitsUntil(ctx context.Context, r *Run, begun int) (time.Time, error) {
	ended := len(r.WavesEnded)
	if w := r.WavesEnded[ended]; w.Upto == begun && w.N < w.Of {
		return w.At.Add(r.overhead.Pause), nil
	}
	if ended >= len(r.Plan.Waves) || r.Plan.Waves[ended].Upto != begun {
		return time.Time{}, nil
	}
	takes := r.overhead.Propagates(r.Plan.Waves[ended])
	if takes == 0 {
		return time.Time{}, nil
	}
	last, err := LastWritten(ctx, r, func(int) bool { return true })
	return last.Add(takes), err
}
