package result

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/bulknum/bulknum/client"
)

// Stop is why a run ended early. Its zero value means that it did not.
type Stop struct {
	Reason Reason `json:"reason,omitempty"`
	// Detail says it in words; it has no secret and no line break.
	Detail string `json:"detail,omitempty"`
	// Signal is the number of the signal for [StoppedBySignal].
	Signal int `json:"signal,omitempty"`
	// Next is what somebody can do about it, where the reason alone does not tell.
	Next Next `json:"next,omitempty"`
}

// ErrTakenOver is of a store that takes no more because another process took over what this one was at work on.
var ErrTakenOver = errors.New("somebody else has taken it")

// StopFor is a stop for what an error says.
func StopFor(reason Reason, err error) Stop {
	stop := Stop{Reason: reason, Detail: strings.ReplaceAll(err.Error(), "\n", "; ")}
	if errors.Is(err, ErrTakenOver) {
		stop.Next = SeeTaker
	}
	return stop
}

// StopIn returns the stop that an error is, or that it means for every run: a file
// system that fails is [StoppedByDisk].
func StopIn(err error) (stop Stop, is bool) {
	if stop, is = errors.AsType[Stop](err); is {
		return stop, true
	}
	if disk, ok := errors.AsType[*fs.PathError](err); ok {
		return StopFor(StoppedByDisk, disk), true
	}
	return Stop{}, false
}

// StopOf returns the stop that ended ctx, or none.
func StopOf(ctx context.Context) Stop {
	stop, _ := errors.AsType[Stop](context.Cause(ctx))
	return stop
}

// StopOfCaller returns the stop that the end of ctx, a caller's, means for a run: its
// cause, if that is one.
func StopOfCaller(ctx context.Context) Stop {
	cause := context.Cause(ctx)
	if stop, ok := errors.AsType[Stop](cause); ok || cause == nil {
		return stop
	}
	stop := StopFor(StoppedByCaller, cause)
	stop.Detail = "the caller ended the run: " + stop.Detail
	return stop
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

// Text is why a run ended early, for people.
func (s Stop) Text() string { return cmp.Or(s.Detail, s.Reason.row().Words) }

// ExitCode is that of a command whose run ended so.
func (s Stop) ExitCode() int {
	row := s.Reason.row()
	if row.Exit == ExitSignal {
		return row.Exit + s.Signal
	}
	return row.Exit
}

// NextStep is what somebody can do about it.
func (s Stop) NextStep() Next { return cmp.Or(s.Next, s.Reason.Next()) }

// rank orders stops by what someone must know first.
func (s Stop) rank() int {
	if !s.Early() {
		return 0
	}
	return s.Reason.row().Rank
}

// Graver returns the graver of two stops, by what someone must know first: the
// signal that was given, then credentials, then the rest. Of equal ones it is the
// first.
func Graver(a, b Stop) Stop {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

// CallStop returns the [Stop] that an error of a call means for the whole run, or nil.
func CallStop(err error) error {
	if stop, ok := errors.AsType[Stop](err); ok {
		return stop
	}
	call, ok := errors.AsType[*client.Error](err)
	if !ok {
		return nil
	}
	reasons := map[client.Kind]Reason{
		client.KindCredentials: StoppedByCredentials,
		client.KindOutage:      StoppedByOutage,
		client.KindRateLimited: StoppedByThrottling,
		client.KindQuota:       StoppedByDisk,
	}
	reason, ends := reasons[call.Kind]
	if !ends && call.Endpoint == client.EndpointToken && call.Kind == client.KindInvalid {
		reason, ends = StoppedByAPI, true // what is at that address is not the API: no row is at fault
	}
	if !ends {
		return nil
	}
	stop := StopFor(reason, err)
	stop.Next = NextOf(call)
	return stop
}

// NextOf is what somebody can do about a call that failed; "": nothing.
func NextOf(call *client.Error) Next {
	ofToken := call.Endpoint == client.EndpointToken
	switch s := call.HTTPStatus; {
	case call.Kind == client.KindStopped:
		return ""
	case ofCertificate(call) != "":
		return ofCertificate(call)
	case call.Kind == client.KindRateLimited:
		return WaitLonger
	case call.Kind == client.KindQuota:
		return CheckDisk
	case client.Throttles(s):
		return SlowDown
	case call.Page && !client.Fails(s):
		return CheckWay
	case client.Forbids(s) && ofToken:
		return AskPermission
	case client.Forbids(s):
		return CheckScope
	case call.Kind == client.KindCredentials && ofToken:
		return CheckKey
	case call.Kind == client.KindCredentials:
		return CheckToken
	case call.Cut && late(call):
		return AllowTime
	case s == 0, call.Cut:
		return CheckConnection
	case client.Fails(s), call.Kind == client.KindLocked:
		return TryLater
	default:
		return CheckAddress
	}
}

// late reports whether a call failed for its time-out.
func late(call *client.Error) bool {
	timed, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](call)
	return ok && timed.Timeout()
}

// ofCertificate is what somebody can do about a certificate that is refused; "": none is.
func ofCertificate(call *client.Error) Next {
	if _, refused := errors.AsType[*tls.CertificateVerificationError](call); !refused {
		return ""
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](call); ok && invalid.Reason == x509.Expired {
		return RenewCertificate
	}
	if _, foreign := errors.AsType[x509.HostnameError](call); foreign {
		return CheckHost
	}
	return TrustCertificate
}

// EndOfCall returns what an error of a call means for the whole run, or nil: the
// cause of a ctx that has ended, or a [Stop].
func EndOfCall(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return CallStop(err)
}

// ForbiddenInARow is how many numbers in a row the API may forbid (403) before the
// account, rather than the numbers, is taken to lack the permission.
const ForbiddenInARow = 3

// OneLine is an error's text without line breaks.
func OneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// ErrDeclined is the reason of what nobody agreed to.
var ErrDeclined = errors.New("declined; nothing was sent")

// ErrDeclinedRest is [ErrDeclined] of a run that has sent rows before.
var ErrDeclinedRest error = declinedRest{}

type declinedRest struct{}

func (declinedRest) Error() string { return "declined; nothing more was sent" }

// Is makes it an [ErrDeclined].
func (declinedRest) Is(target error) bool { return target == ErrDeclined }
