package result

import "slices"

// Reason is why a run ended before its last row: a word that documents, logs and
// notifications keep. What follows from it stands in the table of this file.
type Reason string

const (
	// StoppedBySignal is an interrupt, a hang-up or a termination.
	StoppedBySignal Reason = "signal"
	// StoppedByCredentials is an API that refuses the credentials.
	StoppedByCredentials Reason = "credentials"
	// StoppedByFailures is more failed and unknown rows than are allowed.
	StoppedByFailures Reason = "failures"
	// StoppedByOutage is an API that was away for longer than the run waits.
	StoppedByOutage Reason = "outage"
	// StoppedByThrottling is a server that asks for a longer wait than is allowed.
	StoppedByThrottling Reason = "throttled"
	// StoppedByDisk is a store that cannot be written.
	StoppedByDisk Reason = "disk"
	// StoppedByInput is a copy of the input that cannot be read any more.
	StoppedByInput Reason = "input"
	// StoppedByDeadline is the time after which no row may be started.
	StoppedByDeadline Reason = "deadline"
	// StoppedByHours is the end of the hours in which rows may be begun.
	StoppedByHours Reason = "hours"
	// StoppedByReserve is the point of no return: a further row could not be
	// rolled back before the deadline.
	StoppedByReserve Reason = "reserve"
	// StoppedByWave is a wave after which the next one may not begin.
	StoppedByWave Reason = "wave"
	// StoppedByOperator is somebody who asked the running run for it.
	StoppedByOperator Reason = "operator"
	// StoppedByCaller is a context that ended, of a program that uses this package.
	StoppedByCaller Reason = "caller"
	// StoppedByAPI is an address at which no request could be made for a row.
	StoppedByAPI Reason = "api"
	// StoppedByError is trouble of the run's surroundings, such as a file that
	// cannot be read: nothing was sent.
	StoppedByError Reason = "error"
	// RefusedInput is an input that is invalid: nothing was sent.
	RefusedInput Reason = "invalid"
	// Guarded is a plan that a guard refused: nothing was sent.
	Guarded Reason = "guard"
	// Declined is a run that nobody agreed to: nothing was sent.
	Declined Reason = "declined"
)

// Class parts the reasons for which a run is not begun from those that end one.
type Class int

const (
	// Stopped is a run that was under way, or could not tell whether it should be.
	Stopped Class = iota + 1
	// Refused is a run of which nothing was sent by this execution, because its
	// input, a guard or a person was against it.
	Refused
)

// The exit codes of a command whose run ended early. That of a signal is
// [ExitSignal] and the signal's number, as shells have it.
const (
	ExitInvalid     = 3
	ExitRefused     = 4
	ExitStopped     = 6
	ExitCredentials = 7
	ExitSignal      = 128
)

// Next is what somebody can do after a run ended early, or a call failed: a word that
// documents keep. report/words has its one table of sentences and commands.
type Next string

// The next steps. After those that check something a run is resumed.
const (
	Resume           Next = "resume"
	CorrectInput     Next = "correct_input" // and apply it anew: the run cannot be resumed
	SeeGuards        Next = "see_guards"    // and allow what they refused, if it is meant so
	CheckDisk        Next = "check_disk"    // and the store
	SeeTaker         Next = "see_taker"     // what it made of the run, which it took over; then resume
	MoveDeadline     Next = "move_deadline" // resume with a later one, or with none
	RollBackInTime   Next = "roll_back"     // or resume without a rollback window
	ResumeOrRollBack Next = "resume_or_roll_back"

	CheckKey         Next = "check_key"         // the key and its secret, which are refused a token
	CheckToken       Next = "check_token"       // a fresh one was refused
	RenewToken       Next = "renew_token"       // the one that was given is refused
	CheckScope       Next = "check_scope"       // of the tokens, or ask for the permission
	AskPermission    Next = "ask_permission"    // which the account lacks
	CheckAddress     Next = "check_address"     // of the API
	CheckWay         Next = "check_way"         // to the API: something else answers
	CheckConnection  Next = "check_connection"  // nothing answers, or answers break off
	AllowTime        Next = "allow_time"        // answers come too slowly
	TrustCertificate Next = "trust_certificate" // or see whether the address is right
	RenewCertificate Next = "renew_certificate" // where it is; or see whether the clock is right
	CheckHost        Next = "check_host"        // of the address: the certificate is another's
	SlowDown         Next = "slow_down"         // or try later
	WaitLonger       Next = "wait_longer"       // or try later
	TryLater         Next = "try_later"         // the API has a failure of its own, or what is before it
)

// How a report's first sentence begins that tells of a reason.
const (
	didNotStart  = "did not start"
	stoppedEarly = "stopped early"
)

// reasonRow is a row of the table: what follows from a reason.
type reasonRow struct {
	Reason Reason
	Class  Class
	Exit   int
	// Rank is higher the sooner someone must know the reason, where there are
	// several.
	Rank int
	// Headline begins the sentence of a report that tells the reason; Words name it
	// where no detail does.
	Headline, Words string
	// Expected is an end that somebody set up or gave the word for: a report warns
	// of it, and does not alarm.
	Expected bool
	Next     Next
}

// reasonTable is all that depends on a reason, in one place.
var reasonTable = [...]reasonRow{
	{StoppedBySignal, Stopped, ExitSignal, 3, stoppedEarly, "signal", true, Resume},
	{StoppedByCredentials, Stopped, ExitCredentials, 2, stoppedEarly, "refused credentials", false, CheckScope},
	{StoppedByFailures, Stopped, ExitStopped, 1, stoppedEarly, "too many failures", false, Resume},
	{StoppedByOutage, Stopped, ExitStopped, 1, stoppedEarly, "outage", false, Resume},
	{StoppedByThrottling, Stopped, ExitStopped, 1, stoppedEarly, "a longer wait than is allowed", false, WaitLonger},
	{StoppedByDisk, Stopped, ExitStopped, 1, stoppedEarly, "unwritable store", false, CheckDisk},
	{StoppedByInput, Stopped, ExitStopped, 1, stoppedEarly, "unreadable input", false, Resume},
	{StoppedByDeadline, Stopped, ExitStopped, 1, stoppedEarly, "deadline", true, MoveDeadline},
	{StoppedByHours, Stopped, ExitStopped, 1, stoppedEarly, "the end of the hours", true, Resume},
	{StoppedByReserve, Stopped, ExitStopped, 1, stoppedEarly, "point of no return", false, RollBackInTime},
	{StoppedByWave, Stopped, ExitStopped, 1, stoppedEarly, "failed wave", false, ResumeOrRollBack},
	{StoppedByOperator, Stopped, ExitStopped, 1, stoppedEarly, "operator", false, ResumeOrRollBack},
	{StoppedByCaller, Stopped, ExitStopped, 1, stoppedEarly, "the caller", true, Resume},
	{StoppedByAPI, Stopped, ExitStopped, 1, stoppedEarly, "unreachable API", false, CheckAddress},
	otherwise,
	{RefusedInput, Refused, ExitInvalid, 1, didNotStart, "invalid input", false, CorrectInput},
	{Guarded, Refused, ExitRefused, 1, stoppedEarly, "guard", false, SeeGuards},
	{Declined, Refused, ExitRefused, 1, didNotStart, "declined", true, Resume},
}

// otherwise is also the row of a reason that a newer bulknum has recorded.
var otherwise = reasonRow{StoppedByError, Stopped, ExitStopped, 1, stoppedEarly, "error", false, Resume}

// Reasons returns every reason.
func Reasons() []Reason {
	all := make([]Reason, len(reasonTable))
	for i := range reasonTable {
		all[i] = reasonTable[i].Reason
	}
	return all
}

// row is the reason's row of the table.
func (r Reason) row() reasonRow {
	i := slices.IndexFunc(reasonTable[:], func(row reasonRow) bool { return row.Reason == r })
	if i < 0 {
		return otherwise
	}
	return reasonTable[i]
}

// Class returns whether the reason ends a run or keeps it from beginning.
func (r Reason) Class() Class { return r.row().Class }

// Headline begins a sentence that tells the reason, such as "stopped early".
func (r Reason) Headline() string { return r.row().Headline }

// Expected reports whether somebody set the end up, or gave the word for it.
func (r Reason) Expected() bool { return r.row().Expected }

// Next returns what somebody can do about it.
func (r Reason) Next() Next { return r.row().Next }
