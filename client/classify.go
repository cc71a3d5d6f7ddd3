package client

import (
	"fmt"
	"net/http"
	"time"
)

// classify turns a reply into a typed error, or nil when its body is to be judged.
// It is the only place where status codes are compared. changes tells whether the
// request changes something: one that does not is never doubtful.
func classify(rep reply, changes bool, m masker) *Error {
	f := &Error{Endpoint: rep.endpoint, HTTPStatus: rep.status, connected: true}
	switch s := rep.status; {
	case s == http.StatusOK, s == http.StatusCreated, s == http.StatusAccepted:
		return nil
	case s == http.StatusTooManyRequests:
		f.Kind, f.retry, f.free, f.down, f.pushBack = KindThrottled, true, true, true, WaitThrottled
	case s == http.StatusRequestTimeout, s >= 500:
		f.Kind, f.retry, f.down, f.Applied = KindUnavailable, true, true, AppliedMaybe
	case s == http.StatusUnauthorized:
		f.Kind = KindCredentials
	case s == http.StatusForbidden:
		f.Kind = KindForbidden
	case s == http.StatusNotFound:
		f.Kind = KindNotFound
	case s < 300:
		f.Kind, f.Applied = KindUntrusted, AppliedMaybe
	default:
		f.Kind = KindInvalid
	}
	body, _ := parseObject(rep.body)
	f.RetryAfter = retryAfter(rep.header, body, rep.date)
	if rep.status == http.StatusServiceUnavailable && f.RetryAfter > 0 {
		f.pushBack = WaitUnavailable
	}
	if !changes {
		f.Applied = AppliedNo
	}
	f.describe(rep, m)
	return f
}

// untrusted is the error for a 2xx whose body does not say what an answer says.
func untrusted(rep reply, changes bool, message string) *Error {
	f := &Error{Endpoint: rep.endpoint, HTTPStatus: rep.status, Kind: KindUntrusted, Message: message, connected: true}
	if changes {
		f.Applied = AppliedMaybe
	}
	return f
}

// damaged is the error for a 2xx whose body is cut short or no JSON at all. The next
// answer may well be whole, so it is tried again.
func damaged(rep reply, changes bool, m masker) *Error {
	f := untrusted(rep, changes, "")
	f.retry = true
	size := fmt.Sprintf("%d bytes", len(rep.body))
	switch {
	case rep.err != nil:
		f.Message, f.Err = m.line("the answer was cut short after "+size+": "+rep.err.Error()), rep.err
	case rep.tooLong:
		f.Message = "the answer is longer than " + size
	case rep.firstLine(m) == "":
		f.Message = "the answer is empty"
	case rep.looksLikeJSON():
		// Not shown: it can hold a route's password or a new token.
		f.Message = "the answer is damaged JSON of " + size
	default:
		f.Message = rep.firstLine(m)
	}
	return f
}

// lost is the error for a request without an answer. left tells whether the server may have had the whole of it.
func lost(e Endpoint, cause *transportError, changes bool, timeout time.Duration) *Error {
	f := &Error{
		Endpoint: e, Kind: KindUnavailable, Message: cause.text, Err: cause,
		retry: true, down: true, connected: cause.connected, hopeless: cause.hopeless,
	}
	if changes && cause.left {
		f.Applied = AppliedMaybe
	}
	if cause.timeout {
		f.Message = fmt.Sprintf("no answer within %v", timeout)
	}
	return f
}

// proves reports whether an attempt shows that the API works, be it by a refusal; a nil Error is success.
func (e *Error) proves() bool {
	return e == nil || !e.down && e.Kind != KindUntrusted && e.Kind != KindStopped
}
