package sandbox

import (
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/bulknum/bulknum/client/sandbox/internal/seeded"
	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// answer is what will be sent: an object, written when the sandbox's lock is free again, or a page.
type answer struct {
	status int
	header map[string]string
	object object
	page   string
}

const (
	jsonType    = "application/json; charset=utf-8"
	problemType = "application/problem+json; charset=utf-8"
	htmlType    = "text/html; charset=utf-8"
)

func jsonAnswer(status int, body object) answer {
	return answer{status: status, header: map[string]string{"Content-Type": jsonType}, object: body}
}

func htmlAnswer(status int) answer {
	page := "<!DOCTYPE html>\n<html><head><title>" + strconv.Itoa(status) + " " + http.StatusText(status) +
		"</title></head>\n<body><h1>The gateway could not reach the service</h1></body></html>\n"
	return answer{status: status, header: map[string]string{"Content-Type": htmlType}, page: page}
}

// portal is the n-th answer of something on the way that lets nothing through.
func portal(n int) answer {
	a := htmlAnswer([]int{http.StatusForbidden, http.StatusOK, http.StatusFound}[n%3])
	a.page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body><h1>Welcome to this network</h1></body></html>\n"
	if a.status == http.StatusFound {
		a.header["Location"] = "https://portal.example/sign-in"
	}
	return a
}

// refused spells a refusal; a wait that is not zero is told in the manner of Quota.RetryAfter, rounded up to seconds.
func (s *Sandbox) refused(c *call, r *strict.Refusal, wait time.Duration) answer {
	shape, retry, header := s.cfg.Errors, "", map[string]string{}
	if wait > 0 {
		seconds := (wait + time.Second - 1) / time.Second
		switch s.cfg.Quota.RetryAfter {
		case RetrySeconds:
			header["Retry-After"] = strconv.Itoa(int(seconds))
		case RetryDate:
			header["Retry-After"] = c.now.Add(wait + time.Second - 1).UTC().Format(http.TimeFormat)
		case RetryBody:
			shape, retry = ErrorsProblem, strconv.Itoa(int(seconds))
		}
	}
	a := jsonAnswer(r.Status, refusalBody(r, shape, seeded.UUID(s.cfg.Seed, "trace", uint64(s.stats.Requests)), retry))
	if shape == ErrorsProblem {
		a.header["Content-Type"] = problemType
	}
	if r.Status == http.StatusMethodNotAllowed {
		a.header["Allow"] = s.routes[c.r.URL.Path].method
	}
	maps.Copy(a.header, header)
	return a
}

// spoiled is the answer of a fault that keeps the request from doing anything.
func (s *Sandbox) spoiled(c *call) (answer, bool) {
	f := s.cfg.Faults
	switch c.fault {
	case Fault429:
		return s.refused(c, strict.Refuse(http.StatusTooManyRequests, "slow down"), or(f.RetryAfter, time.Second)), true
	case FaultSoft429:
		a := s.refused(c, strict.Refuse(http.StatusTooManyRequests, "slow down"), or(f.RetryAfter, time.Second))
		a.status = http.StatusOK
		return a, true
	case FaultPortal:
		return portal(s.exposed), true
	case Fault500:
		return s.refused(c, strict.Refuse(http.StatusInternalServerError, "something went wrong"), 0), true
	case FaultLocked:
		status := []int{http.StatusLocked, http.StatusTooEarly, http.StatusConflict}[s.exposed%3]
		return s.refused(c, strict.Refuse(status, "the number is locked by another operation"), 0), true
	case Fault502:
		return htmlAnswer(http.StatusBadGateway), true
	case Fault503:
		return s.refused(c, strict.Refuse(http.StatusServiceUnavailable, "the service is not available"), f.RetryAfter), true
	case FaultHangUpBefore:
		return answer{}, true
	}
	if status := c.fault.status(); status > 0 {
		return s.refused(c, strict.Refuse(status, "refused, as it was asked for"), 0), true
	}
	return answer{}, false
}

// replaced is what an answer becomes by a fault that hides what the request did.
func (s *Sandbox) replaced(c *call, a answer) answer {
	switch c.fault {
	case Fault504:
		return s.refused(c, strict.Refuse(http.StatusGatewayTimeout, "no answer in time"), 0)
	case FaultHTML:
		return htmlAnswer(http.StatusOK)
	case FaultEmpty:
		return answer{status: []int{http.StatusNoContent, http.StatusOK, http.StatusAccepted}[s.exposed%3]}
	}
	return a
}

// send waits and writes the answer, or what its fault leaves of it.
func (s *Sandbox) send(w http.ResponseWriter, c *call, a answer) {
	pause(c.r, s.cfg.Latency+c.slow)
	if c.fault == FaultHangUpBefore || c.fault == FaultHangUpAfter {
		panic(http.ErrAbortHandler)
	}
	body := []byte(a.page)
	form := s.cfg.Spelling.Form
	if a.object != nil {
		body = form.of(a.object).appendTo(make([]byte, 0, 1024))
	}
	h := w.Header()
	for name, value := range a.header {
		h.Set(name, value)
	}
	switch {
	case a.object != nil && form.PlainText:
		h.Set("Content-Type", "text/plain; charset=utf-8")
	case a.object != nil && form.TextJSON:
		h.Set("Content-Type", "text/json; charset=utf-8")
	}
	h.Set("Date", s.cfg.Now().Add(s.cfg.DateSkew).UTC().Format(http.TimeFormat))
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(a.status)
	if c.fault == FaultTruncated {
		cut(w, body)
	}
	_, _ = w.Write(body) // an error here is the caller's absence
}

// cut sends half of a body whose whole length was announced, and closes the connection.
func cut(w http.ResponseWriter, body []byte) {
	_, _ = w.Write(body[:len(body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
