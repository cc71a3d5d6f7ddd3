package batch

import (
	"fmt"
	"strings"
)

// StopReason is why a run ended before its last row.
type StopReason string

const (
	// StoppedBySignal is an interrupt, a hang-up or a termination.
	StoppedBySignal StopReason = "signal"
	// StoppedByCredentials is an API that refuses the credentials.
	StoppedByCredentials StopReason = "credentials"
	// StoppedByFailures is more failed and unknown rows than are allowed.
	StoppedByFailures StopReason = "failures"
	// StoppedByOutage is an API that was away for longer than the run waits.
	StoppedByOutage StopReason = "outage"
	// StoppedByThrottling is a server that asks for a longer wait than is allowed.
	StoppedByThrottling StopReason = "throttled"
	// StoppedByDisk is a store that cannot be written.
	StoppedByDisk StopReason = "disk"
	// StoppedByInput is a copy of the input that cannot be read any more.
	StoppedByInput StopReason = "input"
	// StoppedByDeadline is the time after which no row may be started.
	StoppedByDeadline StopReason = "deadline"
	// StoppedByReserve is the point of no return: a further row could not be
	// taken back before the deadline.
	StoppedByReserve StopReason = "reserve"
	// StoppedByWave is a wave after which the next one may not begin.
	StoppedByWave StopReason = "wave"
	// StoppedByOperator is somebody who asked the live run for it.
	StoppedByOperator StopReason = "operator"
	// StoppedByAPI is an address at which no request could be made for a row.
	StoppedByAPI StopReason = "api"
	// StoppedByError is trouble of the run's surroundings, such as a file that
	// cannot be read: nothing was sent.
	StoppedByError StopReason = "error"
	// RefusedInput is an input that is invalid: nothing was sent.
	RefusedInput StopReason = "invalid"
	// Guarded is a plan that a guard refused: nothing was sent.
	Guarded StopReason = "guard"
	// Declined is a run that nobody agreed to: nothing was sent.
	Declined StopReason = "declined"
)

// Stop is why a run ended early. Its zero value means that it did not.
type Stop struct {
	Reason StopReason `json:"reason,omitempty"`
	// Detail says it in words; it has no secret and no line break.
	Detail string `json:"detail,omitempty"`
	// Signal is the number of the signal for [StoppedBySignal].
	Signal int `json:"signal,omitempty"`
}

// Early reports whether the run ended early.
func (s Stop) Early() bool { return s.Reason != "" }

// Error makes a stop the cause that ends the pool.
func (s Stop) Error() string {
	if s.Detail == "" {
		return "stopped: " + string(s.Reason)
	}
	return fmt.Sprintf("stopped: %s: %s", s.Reason, s.Detail)
}

// stopFor is a stop for what an error says.
func stopFor(reason StopReason, err error) Stop {
	return Stop{Reason: reason, Detail: strings.ReplaceAll(err.Error(), "\n", "; ")}
}

// rank orders reasons by what someone must know first: the signal that was
// given, then credentials, then the rest.
func (s Stop) rank() int {
	switch s.Reason {
	case StoppedBySignal:
		return 3
	case StoppedByCredentials:
		return 2
	case "":
		return 0
	default:
		return 1
	}
}

// graver returns the graver of two stops; of equal ones the first.
func graver(a, b Stop) Stop {
	if b.rank() > a.rank() {
		return b
	}
	return a
}
