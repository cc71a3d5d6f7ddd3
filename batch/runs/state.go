package runs

import "github.com/bulknum/bulknum/batch/result"

// State is how far a run has come.
type State string

const (
	// Finished to its end.
	Finished State = "finished"
	// Stopped before its end, in good order.
	Stopped State = "stopped"
	// Unfinished has no end: it still goes on, or it crashed.
	Unfinished State = "unfinished"
)

// Further states, which a look at the runs folder tells apart.
const (
	// Running is a run that some process holds.
	Running State = "running"
	// Crashed has no end, and nobody works on it any more.
	Crashed State = "crashed"
	// OnlyPlanned is a plan that was made and not applied.
	OnlyPlanned State = "planned"
	// Refused sent nothing, because of its input, a guard, or an answer.
	Refused State = "refused"
	// Archived is packed into one file, see [Archive].
	Archived State = "archived"
	// Damaged cannot be read.
	Damaged State = "damaged"
)

// Over reports whether nobody will go on with a run.
func (s State) Over() bool { return s == Finished || s == OnlyPlanned || s == Refused }

// StateNow is how far the run has come, and whether a process works on it.
func (r *Run) StateNow() State {
	_, held := executor(r.In.Store, r.Stored.ID)
	return r.StateGiven(held)
}

// StateGiven is how far the run has come, given whether somebody works on it.
func (r *Run) StateGiven(held bool) State {
	switch {
	case held:
		return Running
	case r.EndedAt.IsZero():
		return Crashed
	case r.Stop.Reason.Class() == result.Refused && !r.Applied:
		return Refused
	case r.Stop.Early():
		return Stopped
	case r.Identity.DryRun && !r.Applied:
		return OnlyPlanned
	default:
		return Finished
	}
}
