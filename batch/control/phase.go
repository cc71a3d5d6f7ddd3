package control

// Phase is what a running run is at, or what keeps it from going on there.
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

// Holds reports whether nothing is sent in the phase because somebody asked for that.
func (p Phase) Holds() bool { return p == PhasePaused || p == PhaseHeld || p == PhaseBetween }
