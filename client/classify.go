package client

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/bulknum/bulknum/client/internal/mask"
	"github.com/bulknum/bulknum/client/internal/object"
	"github.com/bulknum/bulknum/client/internal/pause"
	"github.com/bulknum/bulknum/client/internal/problem"
	"github.com/bulknum/bulknum/client/internal/wire"
)

// Throttles reports whether a status says that requests come too fast.
func Throttles(status int) bool { return status == http.StatusTooManyRequests }

// Forbids reports whether a status says that the token or the account may not do this.
func Forbids(status int) bool { return status == http.StatusForbidden }

// Fails reports whether a status says that the API has a failure of its own.
func Fails(status int) bool { return status == http.StatusRequestTimeout || status >= 500 }

// Refuses reports whether a status says that the same request is refused again, whenever it is sent.
func Refuses(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusUnprocessableEntity:
		return true
	default:
		return false
	}
}

// Final reports whether a status says that the same request would be answered so again: it is not allowed, asks for what
// is not there, or breaks a rule.
func Final(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity:
		return true
	default:
		return false
	}
}

// classify turns a reply into a typed error, or nil when its body is to be judged.
// Status codes are compared in this file only. A request that changes nothing is
// never doubtful.
func classify(rep reply) *Error {
	rep.status = rep.meant()
	f := &Error{Endpoint: rep.endpoint, HTTPStatus: rep.status, connected: true}
	page := rep.isPage()
	switch s := rep.status; {
	case !page && (s == http.StatusOK || s == http.StatusCreated || s == http.StatusAccepted):
		return nil
	case Throttles(s):
		f.Kind, f.retry, f.free, f.down, f.pushBack = KindRateLimited, true, true, true, WaitThrottled
	case Fails(s):
		f.Kind, f.retry, f.down, f.Applied, f.Page = KindUnavailable, true, true, AppliedMaybe, page
	case page:
		f.Kind, f.retry, f.down, f.Page = KindUnavailable, true, true, true
		if s < 300 { // who answered may have let the request through
			f.Applied = AppliedMaybe
		}
	case s == http.StatusUnauthorized:
		f.Kind = KindCredentials
	case Forbids(s):
		f.Kind = KindForbidden
	case s == http.StatusNotFound:
		f.Kind = KindNotFound
	case s == http.StatusTooEarly:
		f.Kind, f.retry, f.early = KindLocked, true, true
	case s == http.StatusConflict, s == http.StatusLocked:
		f.Kind, f.Applied = KindLocked, AppliedMaybe
	case s < 300:
		f.Kind, f.Applied, f.Empty = KindUntrusted, AppliedMaybe, len(bytes.TrimSpace(rep.body)) == 0
	default:
		f.Kind = KindInvalid
	}
	f.RetryAfter = retryAfter(rep.header, rep.object, rep.date)
	if rep.status == http.StatusServiceUnavailable && f.RetryAfter > 0 {
		f.pushBack = WaitUnavailable
	}
	if !rep.endpoint.changes() {
		f.Applied = AppliedNo
	}
	f.describe(rep)
	if rep.endpoint == EndpointToken {
		f.ofToken(rep.object)
	}
	return f
}

// isPage reports whether something in the place of the API answered, or on the way to it: HTML, or a redirect. The API
// sends neither. An answer without a body means what its status does.
func (r reply) isPage() bool {
	body := bytes.TrimSpace(bytes.TrimPrefix(r.body, []byte("\ufeff")))
	switch {
	case r.status >= 300 && r.status < 400:
		return true
	case len(body) == 0, r.looksLikeJSON():
		return false
	default:
		kind, _, _ := mime.ParseMediaType(r.header.Get("Content-Type"))
		return body[0] == '<' || kind == "text/html"
	}
}

// meant is a reply's status: of a 2xx whose body tells that of an error which is to be heeded by all calls, that one. What
// else a body says against its own 2xx leaves in doubt what was done.
func (r reply) meant() int {
	if r.status >= 300 || len(r.body) > maxBody {
		return r.status
	}
	if r.object.Text("Number") != "" || r.object.Text("UpdateOrderId") != "" {
		return r.status // it tells of what was done as well
	}
	switch s := problem.Status(r.object); s {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusUnauthorized:
		return s
	default:
		return r.status
	}
}

// ofToken gives the failure of a token request its meaning: it is no call's fault, but the key is refused, or the
// API is not there, be it for a while or not at this address.
func (e *Error) ofToken(body object.Object) {
	switch {
	case e.Page && e.HTTPStatus >= 300 && e.HTTPStatus < 500 && e.HTTPStatus != http.StatusRequestTimeout:
		e.Kind, e.retry, e.elsewhere = KindOutage, false, true
		e.Message = mask.Cut(e.Message + "; check the base URL, and what is on the way to it")
	case e.retry, refusesKey(e.HTTPStatus, body):
	case e.Kind == KindUntrusted:
		e.retry, e.down = true, true
	default:
		e.Kind, e.elsewhere = KindInvalid, true
		e.Message = mask.Cut("the address does not look like the API's, check the base URL: " + e.Message)
	}
}

// refusesKey reports whether a token request was refused for its key. What anybody's server answers to a path that it
// does not know is no such refusal, and of a 400 the body must look like the API's.
func refusesKey(status int, body object.Object) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return true
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return problem.Said(body) != "" || problem.Against(body) != ""
	default:
		return false
	}
}

// noToken is the error for a 2xx whose object has no token that can be used. Where it does not refuse the key, it is
// as if the API were down.
func noToken(rep reply, given string) *Error {
	reason := "no token was given"
	if given != "" && !headerSafe(given) {
		reason = "a token was given that no header can hold"
	}
	f := doubted(rep, reason)
	told := problem.Status(rep.object)
	refused := refusesKey(told, rep.object) || told == 0 && problem.Against(rep.object) != ""
	f.retry, f.down = !refused, !refused
	return f
}

// succeeded is the error for a 2xx that says that it is none, or nil.
func succeeded(rep reply) *Error {
	if against := problem.Against(rep.object); against != "" {
		return doubted(rep, fmt.Sprintf("it says that it was not successful (%s)", against))
	}
	return nil
}

// doubted is the error for a 2xx that is none, for a reason, and the API's words for it.
func doubted(rep reply, reason string) *Error {
	f := untrusted(rep, "")
	f.describe(rep)
	f.Message = mask.Cut(strings.TrimSuffix(reason+": "+rep.mask.Line(problem.Said(rep.object)), ": "))
	return f
}

// untrusted is the error for a 2xx whose body does not say what an answer says.
func untrusted(rep reply, message string) *Error {
	f := &Error{Endpoint: rep.endpoint, HTTPStatus: rep.status, Kind: KindUntrusted, Message: message, connected: true}
	if rep.endpoint.changes() {
		f.Applied = AppliedMaybe
	}
	return f
}

// accepts reports whether a status says that what was asked for is yet to be done.
func accepts(status int) bool { return status == http.StatusAccepted }

// damaged is the error for a 2xx whose body is no object. Where it is cut short, or no JSON, the next answer may well be
// whole, so that it is tried again, unless its number can be read before. A body that is cut, or stalls, is a connection
// that broke. A change that is answered with a success and nothing else is not sent again, as a reading tells more.
func damaged(rep reply) *Error {
	f := untrusted(rep, "")
	f.retry, f.Cut = true, true
	size := fmt.Sprintf("%d bytes", len(rep.body))
	switch {
	case rep.err != nil:
		f.Kind, f.down = KindUnavailable, true
		f.Message, f.Err = rep.mask.Line(rep.brokeOff()), rep.err
	case rep.tooLong:
		f.Message = "the answer is longer than " + size
	case len(bytes.TrimSpace(rep.body)) == 0:
		f.Message, f.Empty, f.Cut, f.retry = "the answer is empty", true, false, !rep.endpoint.changes()
	case json.Valid(rep.body) && object.Contradicted(rep.body) != "":
		f.retry = false
		f.Message = rep.mask.Line(fmt.Sprintf("the answer contradicts itself: it has %q twice, with different values", object.Contradicted(rep.body)))
	case json.Valid(rep.body): // and would be so again
		f.Message, f.retry = "the answer is JSON of another form, of "+size, false
	case rep.looksLikeJSON():
		// Not shown: it can hold a route's password or a new token.
		f.Message = "the answer is damaged JSON of " + size
	default:
		f.Message = cmp.Or(rep.mask.Line(string(rep.body)), "the answer is no text, of "+size)
	}
	return f
}

// brokeOff says how an answer ended before its end.
func (r reply) brokeOff() string {
	if wire.TimedOut(r.err) {
		return fmt.Sprintf("the answer of %s was not complete within %v: %d bytes came", r.whom(), r.took.Round(time.Second/10), len(r.body))
	}
	return fmt.Sprintf("the answer of %s was cut short after %d bytes: %v", r.whom(), len(r.body), r.err)
}

// lost is the error for a request without an answer. left tells whether the server may have had the whole of it.
func lost(e Endpoint, cause *transportError) *Error {
	f := &Error{
		Endpoint: e, Kind: KindUnavailable, Message: cause.Text, Err: cause,
		retry: true, down: true, connected: cause.Connected, hopeless: cause.Permanent,
	}
	if e.changes() && cause.Left {
		f.Applied = AppliedMaybe
	}
	return f
}

// proves reports whether an attempt shows that the API works, be it by a refusal; a nil Error is success.
func (e *Error) proves() bool {
	return e == nil || !e.down && e.Kind != KindUntrusted && e.Kind != KindStopped
}

// retryAfter returns the wait that an answer asks for, in its header (RFC 9110
// section 10.2.3) or in its body as the API's RetryAfter. It is 0 when the
// answer does not ask, or not in a way that can be understood.
func retryAfter(header http.Header, body object.Object, now time.Time) time.Duration {
	for _, text := range header.Values("Retry-After") {
		if wait, ok := pause.Asked(text, now); ok {
			return wait
		}
	}
	wait, _ := pause.Asked(body.Text("RetryAfter"), now)
	return wait
}
