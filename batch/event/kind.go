package event

// Kind is the name of a kind of event. It stays as it is.
type Kind string

// The kinds.
const (
	KindBegan           Kind = "began"
	KindProblemFound    Kind = "problem"
	KindChecked         Kind = "checked"
	KindReadingTold     Kind = "reading"
	KindReadingBack     Kind = "reading_back"
	KindPlanMade        Kind = "plan"
	KindPlanResumed     Kind = "plan_resumed"
	KindNumbersVerified Kind = "verified"
	KindNoticed         Kind = "notice"
	KindAsking          Kind = "asking"
	KindStarted         Kind = "started"
	KindAttempted       Kind = "attempt"
	KindWaiting         Kind = "waiting"
	KindFinished        Kind = "row"
	KindWaveStarted     Kind = "wave_started"
	KindWaveEnded       Kind = "wave_ended"
	KindHeld            Kind = "held"
	KindCommanded       Kind = "command"
	KindStopping        Kind = "stopping"
	KindEnded           Kind = "ended"
)

// Kind is of [Event].
func (Began) Kind() Kind { return KindBegan }

// Kind is of [Event].
func (ProblemFound) Kind() Kind { return KindProblemFound }

// Kind is of [Event].
func (Checked) Kind() Kind { return KindChecked }

// Kind is of [Event].
func (ReadingTold) Kind() Kind { return KindReadingTold }

// Kind is of [Event].
func (ReadingBack) Kind() Kind { return KindReadingBack }

// Kind is of [Event].
func (PlanMade) Kind() Kind { return KindPlanMade }

// Kind is of [Event].
func (PlanResumed) Kind() Kind { return KindPlanResumed }

// Kind is of [Event].
func (NumbersVerified) Kind() Kind { return KindNumbersVerified }

// Kind is of [Event].
func (Noticed) Kind() Kind { return KindNoticed }

// Kind is of [Event].
func (Asking) Kind() Kind { return KindAsking }

// Kind is of [Event].
func (Started) Kind() Kind { return KindStarted }

// Kind is of [Event].
func (Attempted) Kind() Kind { return KindAttempted }

// Kind is of [Event].
func (Waiting) Kind() Kind { return KindWaiting }

// Kind is of [Event].
func (Finished) Kind() Kind { return KindFinished }

// Kind is of [Event].
func (WaveStarted) Kind() Kind { return KindWaveStarted }

// Kind is of [Event].
func (WaveEnded) Kind() Kind { return KindWaveEnded }

// Kind is of [Event].
func (Held) Kind() Kind { return KindHeld }

// Kind is of [Event].
func (Commanded) Kind() Kind { return KindCommanded }

// Kind is of [Event].
func (Stopping) Kind() Kind { return KindStopping }

// Kind is of [Event].
func (Ended) Kind() Kind { return KindEnded }
