package store

import (
	"slices"
	"time"
)

// Execution is one of a run: from when until when a process worked on it.
type Execution struct {
	StartedAt time.Time `json:"startedAt"`
	// EndedAt is zero while it goes on, and of one that was cut off.
	EndedAt time.Time `json:"endedAt,omitzero"`

	answered time.Time // its last request
}

// Executions are those of a run in their order: of those that sent nothing more only the first.
type Executions []Execution

// Began are the executions once one begins to send at a moment, which started before that; zero: with
// the run, or that was not recorded.
func (e Executions) Began(started, at time.Time) Executions {
	switch {
	case !started.IsZero():
		return append(e, Execution{StartedAt: started})
	case !e[len(e)-1].EndedAt.IsZero():
		return append(e, Execution{StartedAt: at})
	default:
		return e
	}
}

// Ended takes in that the newest one ended.
func (e Executions) Ended(at time.Time) {
	if newest := &e[len(e)-1]; newest.EndedAt.IsZero() {
		newest.EndedAt = at
	}
}

// Answered takes in when a request left, and when it was answered.
func (e Executions) Answered(left, at time.Time) {
	for i := range slices.Backward(e) {
		if !left.Before(e[i].StartedAt) {
			if at.After(e[i].answered) {
				e[i].answered = at
			}
			return
		}
	}
}

// Until are the executions as far as a moment, if the newest one goes on, and how long they worked
// on the run: one that was cut off ends with its last answer.
func (e Executions) Until(moment time.Time, goesOn bool) (all Executions, worked time.Duration) {
	all = slices.Clone(e)
	for i := range all {
		one := &all[i]
		switch {
		case !one.EndedAt.IsZero():
		case goesOn && i == len(all)-1:
			one.EndedAt = moment
		case one.answered.After(one.StartedAt):
			one.EndedAt = one.answered
		default:
			one.EndedAt = one.StartedAt
		}
		worked += max(0, one.EndedAt.Sub(one.StartedAt)) // somebody may have moved the clock
	}
	return all, worked
}
