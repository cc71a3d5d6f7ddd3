package control

import "github.com/bulknum/bulknum/batch/event"

// Way is a command by which somebody lets a run go on that is kept from it: one that the run
// would not refuse.
type Way struct {
	// Do is [event.CommandNext] for a Wave, or [event.CommandContinue] for the pause of Whose; "":
	// there is no way.
	Do    event.Command `json:"do"`
	Wave  int           `json:"wave,omitempty"`
	Whose string        `json:"whose,omitempty"`
}

// endOfPause is how the pause of somebody ends.
func endOfPause(by string) Way { return Way{Do: event.CommandContinue, Whose: name(by)} }

// RefusedError is what somebody is told who asked a run for what it did not do, as it would do something else.
type RefusedError struct {
	Why string
	Way Way // what it would do
}

// Error says why.
func (e *RefusedError) Error() string { return e.Why }

// ways are those that let a run go on, of the wave that is held and of all who have paused it.
func ways(held *heldWave, pausedBy []string) []Way {
	var all []Way
	for _, by := range pausedBy {
		all = append(all, endOfPause(by))
	}
	if held != nil {
		all = append(all, Way{Do: event.CommandNext, Wave: held.wave})
	}
	return all
}
