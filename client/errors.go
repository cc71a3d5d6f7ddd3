package client

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bulknum/bulknum/client/internal/written"
)

// Applied says whether a change may have reached the number.
type Applied int

// The answers to "was it applied?".
const (
	AppliedNo    Applied = iota // every attempt was refused or never left
	AppliedMaybe                // bytes left, and nothing trustworthy came back
	AppliedYes                  // answered as asked
)

// MarshalText writes what String returns.
func (a Applied) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText wrote; another text is an error.
func (a *Applied) UnmarshalText(text []byte) error { return readWord(text, a, AppliedYes) }

// readWord reads what String returns of one of the values up to the last one.
func readWord[T interface {
	~int
	String() string
}](text []byte, into *T, last T) error {
	for v := T(0); v <= last; v++ {
		if v.String() == string(text) {
			*into = v
			return nil
		}
	}
	return fmt.Errorf("%q is none of the words for it", text)
}

// String returns "no", "maybe" or "yes".
func (a Applied) String() string {
	switch a {
	case AppliedMaybe:
		return "maybe"
	case AppliedYes:
		return "yes"
	default:
		return "no"
	}
}

// Kind says what is to be done about an Error. It is what errors.Is compares one with.
type Kind string

// Error returns it.
func (k Kind) Error() string { return string(k) }

// The kinds.
const (
	KindInvalid     Kind = "invalid"      // 400, 405, 422, an address that is not the API's: it stays wrong
	KindNotFound    Kind = "not found"    // 404: the number, order or route is unknown, or another account's
	KindForbidden   Kind = "forbidden"    // 403
	KindCredentials Kind = "credentials"  // the key is refused a token, or a fresh token refused: no call will do better
	KindLocked      Kind = "locked"       // 409, 423; 425 for OutageWait: something else is at work on what is asked for
	KindRateLimited Kind = "rate limited" // the server asks for a longer wait than MaxRetryAfter, or asked another one who shares the quota
	KindUnavailable Kind = "unavailable"  // 408, 429, 5xx, a page, no or a cut answer, MaxAttempts times, while others are answered
	KindUntrusted   Kind = "untrusted"    // a 2xx whose body is not what an answer looks like
	KindOutage      Kind = "outage"       // down or without tokens for OutageWait, or a page from the first: no call will do better
	KindQuota       Kind = "quota"        // the quota that the gate shares with others cannot be asked: see Gate.Share
	KindStopped     Kind = "stopped"      // the caller's context ended, or Trace.Before said no; see Err
)

// Error is how every call fails. Get it with errors.As.
type Error struct {
	Endpoint Endpoint
	// HTTPStatus is that of the last answer; 0 when there was none.
	HTTPStatus int
	// Applied is the worst of all attempts of the call: a doubtful one followed by refusals is AppliedMaybe.
	Applied Applied
	Kind    Kind
	// Page is true when something else than the API answered last: with HTML, or a redirect.
	Page bool
	// Empty is true when the last answer was a success without a body: what was asked for may be done.
	Empty bool
	// Cut is true when the last answer was a success whose body broke off, stalled or was not understood: what was asked for may
	// be done.
	Cut bool
	// Message is one line of at most 200 characters, without control characters or secrets.
	Message string
	// Fields are the API's remarks on single fields: "$.Number" -> "not E.164".
	Fields map[string][]string
	// TraceId is the API's own id of the failure, for its support.
	TraceId string
	// RetryAfter is the wait that the last answer asked for; 0 when it did not.
	RetryAfter time.Duration
	// Attempts is how many requests were sent for the call, token requests not included.
	Attempts int
	// Err is the cause below, such as a context's or a connection's; often nil.
	Err error
	// Cause is the latest failure of any call, where the call ended because the API is down, and of its own, where it was stopped
	// before it had tried again; else nil.
	Cause *Error

	doubt     bool       // an attempt before the last one is the reason for AppliedMaybe
	retry     bool       // sending the same again may help
	free      bool       // the attempt does not count towards MaxAttempts
	early     bool       // it came too early, and does not count either
	down      bool       // it does not show that the API works
	connected bool       // a connection was made
	hopeless  bool       // no request will do better
	elsewhere bool       // a token request's answer that is not the API's
	pushBack  WaitReason // all requests must wait; "" when not
}

// Error returns one line: endpoint, status, message, fields, and whether it may have been applied.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(string(e.Endpoint))
	if e.HTTPStatus != 0 {
		fmt.Fprintf(&b, ": status %d", e.HTTPStatus)
	}
	if e.Message != "" {
		b.WriteString(": " + e.Message)
	}
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		fmt.Fprintf(&b, ": %s: %s", field, strings.Join(e.Fields[field], ", "))
	}
	switch {
	case e.Applied == AppliedMaybe && e.doubt:
		b.WriteString(" (an earlier attempt may have been applied)")
	case e.Applied == AppliedMaybe:
		b.WriteString(" (it may have been applied)")
	}
	return b.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether the error is of a [Kind], for errors.Is(err, client.KindRateLimited).
func (e *Error) Is(target error) bool {
	kind, is := target.(Kind)
	return is && kind == e.Kind
}

// invalid is the error for what is not sent, because it is wrong as it is.
func invalid(e Endpoint, message string) *Error {
	return &Error{Endpoint: e, Kind: KindInvalid, Message: message}
}

// checkAsked refuses an id that cannot be one, or the lack of one.
func checkAsked(e Endpoint, id string) error {
	if written.ID(id) {
		return nil
	}
	return invalid(e, "an id is needed, without spaces")
}

// checkWritten refuses a number that is not in E.164, with + or without.
func checkWritten(e Endpoint, number string) error {
	if written.Number(number) {
		return nil
	}
	return invalid(e, "the number is not in E.164, such as +18018018011")
}

// shouldRetry decides whether a failed call is tried again, after so many attempts that count.
func shouldRetry(f *Error, used, maxAttempts int) bool {
	return f.retry && (f.free || used < maxAttempts)
}

// asks is the wait that a failure asks for; none for a nil one.
func (e *Error) asks() time.Duration {
	if e == nil {
		return 0
	}
	return e.RetryAfter
}
