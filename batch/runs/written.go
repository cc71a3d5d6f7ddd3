package runs

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/bulknum/bulknum/batch/plan"
	"github.com/bulknum/bulknum/batch/result"
	"github.com/bulknum/bulknum/batch/settings"
)

// LastWritten is when what became of the last of the wanted rows was recorded that were written, or may have been;
// zero: none was. It is of the store as it is now.
func LastWritten(ctx context.Context, r *Run, wanted func(line int) bool) (time.Time, error) {
	var last time.Time
	var lines []int
	for outcome, err := range r.In.Store.Outcomes(ctx, r.Stored.ID) {
		if err != nil {
			return last, err
		}
		if wanted(outcome.Line) && outcome.Status.MayBeWritten() && !outcome.Open {
			lines = append(lines, outcome.Line)
		}
	}
	for some := range slices.Chunk(lines, resultsAtOnce) {
		results, err := r.In.Store.Results(ctx, r.Stored.ID, some[0], some[len(some)-1])
		if err != nil {
			return last, err
		}
		for _, outcome := range results {
			if _, is := slices.BinarySearch(some, outcome.Line); !is {
				continue
			}
			if outcome.At.After(last) {
				last = outcome.At
			}
		}
	}
	return last, nil
}

// Service is when what a run changed is in service, where the network takes its time.
type Service struct {
	// VoiceRoutes is how many numbers it moved, or may have moved, to another voice route, and VoiceRoutesAt when the last
	// of them is expected to be in service; Pending is how many of them have orders that are not complete: those take so
	// long from then on.
	VoiceRoutes   int       `json:"voiceRoutes,omitempty"`
	VoiceRoutesAt time.Time `json:"voiceRoutesAt,omitzero"`
	Pending       int       `json:"pending,omitempty"`
	// CallerNames is how many numbers it gave, or may have given, another caller's name.
	CallerNames int `json:"callerNames,omitempty"`
}

// serviceOf is that of a run; in the sandbox all is in service at once.
func serviceOf(ctx context.Context, r *Run) (*Service, error) {
	if !r.Applied || r.Lost() || r.Identity.Sandbox || !settings.TakeTime(maps.Keys(r.Plan.Fields)) {
		return nil, nil
	}
	var s Service
	moved := map[int]struct{}{}
	written := func(p plan.Row) bool { return p.Sent() && r.States[p.Line].Status.MayBeWritten() }
	for p, err := range r.Planned().Where(written) {
		if err != nil {
			return nil, err
		}
		if settings.Rename(p.Changes) {
			s.CallerNames++
		}
		if settings.MoveCalls(p.Changes) {
			s.VoiceRoutes++
			moved[p.Line] = struct{}{}
			if r.States[p.Line].Status == result.Pending {
				s.Pending++
			}
		}
	}
	if s == (Service{}) {
		return nil, nil
	}
	last, err := LastWritten(ctx, r, func(line int) bool {
		_, is := moved[line]
		return is
	})
	if !last.IsZero() {
		s.VoiceRoutesAt = last.Add(settings.VoiceRouteTakes)
	}
	return &s, err
}
