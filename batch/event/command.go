package event

import "time"

// Command is what can be asked of a live run.
type Command string

// The commands. A hold is of a hold file, as is the continue that ends it; the
// others are of people. A lock is broken, in the store, of a run that does not
// answer any more.
const (
	CommandPause    Command = "pause"
	CommandContinue Command = "continue"
	CommandRate     Command = "rate"
	CommandNext     Command = "next"
	CommandStop     Command = "stop"
	CommandHold     Command = "hold"
	CommandBreak    Command = "break-lock"
)

// Commanded tells that something was asked of the run, and by whom. The store
// has it too.
type Commanded struct {
	At   time.Time `json:"at"`
	What Command   `json:"what"`
	By   string    `json:"by"`
	// Detail is the new rate, the reason of a hold, the wave that was approved, or whose pause
	// was ended.
	Detail string `json:"detail,omitempty"`
}
