package sandbox

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/bulknum/bulknum/client/sandbox/internal/strict"
)

// bodyLimit is the largest request body that is read, in bytes.
const bodyLimit = 64 << 10

// ServeHTTP answers one request. When a fault asks for a connection to be closed it panics with
// [http.ErrAbortHandler], which net/http's server understands.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, ownPrefix) {
		s.tell(w, r)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		body = nil // of no use: it is refused for not being JSON, or its sender is gone
	}
	c := s.arrive(r, body)
	defer s.leave(c)
	if s.forced(w, c) {
		return
	}
	a := s.decide(c)
	s.observe(c, a.status)
	s.send(w, c, a)
}

func (s *Sandbox) arrive(r *http.Request, body []byte) *call {
	c := &call{r: r, body: body, endpoint: Other, now: s.cfg.Now()}
	if found, ok := s.routes[r.URL.Path]; ok {
		c.endpoint = found.endpoint
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.arrived(c)
	return c
}

func (s *Sandbox) leave(c *call) {
	if c.endpoint == Tokens {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stats.tokensNow--
	}
}

// forced lets Config.Answer answer the request.
func (s *Sandbox) forced(w http.ResponseWriter, c *call) bool {
	if s.cfg.Answer == nil {
		return false
	}
	c.r.Body = io.NopCloser(bytes.NewReader(c.body))
	h := s.cfg.Answer(c.r)
	if h == nil {
		return false
	}
	c.r.Body = io.NopCloser(bytes.NewReader(c.body))
	status := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	defer func() { // also when the handler closes the connection by a panic
		s.mu.Lock()
		s.stats.decided(c, status.status)
		s.mu.Unlock()
		s.observe(c, status.status)
	}()
	h.ServeHTTP(status, c.r)
	return true
}

// decide does all that a request does and finds its answer.
func (s *Sandbox) decide(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account.settle(c.now)
	a := s.admit(c)
	if err := s.account.journal.flush(); err != nil {
		a = s.refused(c, strict.Refuse(http.StatusInternalServerError, "what changes cannot be kept"), 0)
	}
	s.stats.decided(c, a.status)
	return a
}

// admit lets a request pass quota and faults and serves it.
func (s *Sandbox) admit(c *call) answer {
	limited := s.limited(c)
	if limited {
		if wait, ok := s.quota.Take(c.now); !ok {
			return s.refused(c, strict.Refuse(http.StatusTooManyRequests, "the quota is used up"), wait)
		}
	}
	if slices.Contains(s.cfg.Faults.On, c.endpoint) {
		s.exposed++
		if c.fault = s.cfg.Faults.draw(s.cfg.Seed, s.exposed); c.fault == FaultSlow {
			c.slow = s.cfg.Faults.SlowFor
		}
	}
	if a, ok := s.spoiled(c); ok {
		return a
	}
	body, refusal := s.serve(c)
	if refusal == nil {
		return s.replaced(c, jsonAnswer(http.StatusOK, s.cfg.Spelling.answer(body)))
	}
	if limited && s.cfg.Quota.FreeRefused {
		s.quota.GiveBack(c.now)
	}
	return s.replaced(c, s.refused(c, refusal, 0))
}

// limited tells whether the quota counts this request.
func (s *Sandbox) limited(c *call) bool {
	q := s.cfg.Quota
	return !(q.FreeTokens && c.endpoint == Tokens) && !(q.FreeReads && c.r.Method == http.MethodGet)
}

// serve does what the request asks for, if it is allowed.
func (s *Sandbox) serve(c *call) (object, *strict.Refusal) {
	found, ok := s.routes[c.r.URL.Path]
	switch {
	case !ok:
		return nil, strict.Refuse(http.StatusNotFound, "no such endpoint")
	case c.r.Method != found.method:
		return nil, strict.Refuse(http.StatusMethodNotAllowed, "want %s", found.method)
	}
	if c.endpoint != Tokens {
		if refusal := s.tokens.authorize(c); refusal != nil {
			return nil, refusal
		}
	}
	return found.serve(c)
}

func (s *Sandbox) observe(c *call, status int) {
	if s.cfg.Observe != nil {
		s.cfg.Observe(Seen{Time: c.now, Endpoint: c.endpoint, Number: c.number, Status: status, Fault: c.fault,
			Applied: c.applied})
	}
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap makes flushing and deadlines reach the connection, see [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
