package client

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bulknum/bulknum/client/internal/pause"
	"github.com/bulknum/bulknum/client/internal/problem"
)

// maxEarly is how long before its end a token is renewed at most; else a tenth of its life.
const maxEarly = 5 * time.Minute

// TokenInfo tells about the token of one endpoint.
type TokenInfo struct {
	Endpoint Endpoint
	// Expiry is when it ends, by the server's clock; zero: not told, or not readable, or a given token.
	Expiry time.Time
	// Life is the time from the answer's Date to Expiry.
	Life time.Duration
	// ClockDifference is the server's clock minus ours, to about a second; ClockKnown is false when it did not tell.
	ClockDifference time.Duration
	ClockKnown      bool
	// Given is true for the Token of the Credentials, of which nothing is known.
	Given bool
}

// token is good for one endpoint.
type token struct {
	value   Secret
	hides   maskers     // it, besides what the client's hide
	staleAt time.Time   // by our clock; zero: use it until it is refused
	tried   atomic.Bool // some request left with it
	proven  atomic.Bool // some request with it was let in
	info    TokenInfo
}

// stale reports whether another one is to be fetched. One that no request has left with is not: it may have waited for
// its turn past its end, and so would the next.
func (t *token) stale(now time.Time) bool {
	return t.tried.Load() && !t.staleAt.IsZero() && !now.Before(t.staleAt)
}

// tokens keeps one token for each endpoint, and remembers what was refused.
type tokens struct {
	given *token        // of the Credentials; nil: tokens are fetched
	turn  chan struct{} // one fetch at a time for the whole client

	mu      sync.Mutex
	current map[Endpoint]*token
	had     bool                // some token was given: the API is where we look for it
	refused map[Endpoint]*Error // why there is none for an endpoint
	none    *Error              // why there is none at all
}

func newTokens(given Secret, hides maskers) *tokens {
	t := &tokens{
		turn:    make(chan struct{}, 1),
		current: make(map[Endpoint]*token),
		refused: make(map[Endpoint]*Error),
	}
	if !given.IsZero() {
		t.given = &token{value: given, hides: hides, info: TokenInfo{Given: true}}
	}
	return t
}

// get returns the token to use, nil when one must be fetched, or why none can be had.
func (t *tokens) get(e Endpoint) (*token, *Error) {
	if t.given != nil {
		return t.given, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.none
	if known == nil {
		known = t.refused[e]
	}
	if known != nil {
		again := *known // each call completes its own
		return nil, &again
	}
	if tok := t.current[e]; tok != nil && !tok.stale(time.Now()) {
		return tok, nil
	}
	return nil, nil
}

// usable reports whether a token is still the one to use.
func (t *tokens) usable(e Endpoint, tok *token, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return tok == t.given || tok == t.current[e] && !tok.stale(now)
}

func (t *tokens) put(e Endpoint, tok *token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current[e], t.had = tok, true
}

// found reports whether the API has ever given a token.
func (t *tokens) found() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.had
}

// drop forgets a token that was refused, unless it was renewed meanwhile.
func (t *tokens) drop(e Endpoint, tok *token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current[e] == tok {
		delete(t.current, e)
	}
}

// refuse remembers that there is no token to be had: with a bad key or address for any endpoint, else for this one.
func (t *tokens) refuse(e Endpoint, f *Error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := f.elsewhere || f.Kind == KindCredentials
	if !f.elsewhere {
		f.Kind = KindCredentials
	}
	kept := *f
	if all {
		t.none = &kept
		return
	}
	t.refused[e] = &kept
}

// askAgain forgets what was refused.
func (t *tokens) askAgain() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.refused)
	t.none = nil
}

// readToken reads {"token","successful","tokenExpiry"}. sent and received are our clock, every the rate.
func readToken(rep reply, e Endpoint, sent, received time.Time, every time.Duration) (*token, *Error) {
	body, whole := rep.whole()
	if !whole {
		f := damaged(rep)
		f.down = true // no call is at fault
		return nil, f
	}
	value := body.Text("token")
	if value == "" || !headerSafe(value) || problem.Against(body) != "" {
		rep.mask = rep.and(value).mask
		return nil, noToken(rep, value)
	}
	tok := &token{value: NewSecret(value), hides: rep.and(value), info: TokenInfo{Endpoint: e}}
	if rep.dated {
		tok.info.ClockDifference, tok.info.ClockKnown = rep.date.Sub(sent.Add(received.Sub(sent)/2)), true
	}
	expiry, ok := parseExpiry(body.Text("tokenExpiry"))
	if in := body.Count(0, "ExpiresIn"); !ok && in > 0 && in <= maxExpiresIn {
		expiry, ok = rep.date.Add(time.Duration(in)*time.Second), true
	}
	if !ok {
		return tok, nil
	}
	tok.info.Expiry, tok.info.Life = expiry, expiry.Sub(rep.date)
	// A life too short for one request at this rate, or over when it arrives, can only be tried.
	use := tok.info.Life - min(maxEarly, tok.info.Life/10)
	if use > every && use > received.Sub(sent) {
		tok.staleAt = sent.Add(use)
	}
	return tok, nil
}

// maxExpiresIn is the longest life in seconds that is believed: a century, as it would be of a moment in milliseconds.
const maxExpiresIn = 100 * 366 * 24 * 3600

// parseExpiry reads the API's own form, month first and in UTC, and RFC 3339.
func parseExpiry(text string) (time.Time, bool) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{"1/2/2006 3:04:05 PM", time.RFC3339, "2006-01-02T15:04:05"} {
		if expiry, err := time.Parse(layout, text); err == nil {
			return expiry, true
		}
	}
	return time.Time{}, false
}

// needToken returns the token to use, fetched if need be; nil with a nil error: look again.
func (c *call) needToken(ctx context.Context, e Endpoint) (*token, *Error) {
	if tok, f := c.tokens.get(e); tok != nil || f != nil {
		return tok, f
	}
	select {
	case c.tokens.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, stopped(c.endpoint, pause.Ended(ctx))
	}
	defer func() { <-c.tokens.turn }()
	// Somebody may have fetched it while we waited.
	if tok, f := c.tokens.get(e); tok != nil || f != nil {
		return tok, f
	}
	return c.fetchToken(ctx, e)
}

func (c *call) fetchToken(ctx context.Context, e Endpoint) (*token, *Error) {
	open, err := c.pass(ctx, func(time.Time) bool { return c.outage.Allows(&c.Call) })
	if err != nil {
		return nil, kept(c.endpoint, err)
	}
	if !open {
		return nil, nil
	}
	var tok *token
	f := c.send(ctx, c.tokenRequest(e), nil, func(rep reply) (f *Error) {
		tok, f = readToken(rep, e, c.Sent, time.Now(), c.gate.Rate().Every())
		return f
	})
	switch {
	case f == nil:
		c.tokens.put(e, tok)
		return tok, nil
	case errors.Is(f.Err, ErrAgain):
		return nil, nil
	case f.elsewhere && c.tokens.found():
		f.Kind, f.retry, f.down = KindUnavailable, true, true // the address was right before: what is there now will go away
	case !f.retry && f.Kind != KindStopped:
		c.tokens.refuse(e, f)
	}
	return nil, f
}

func (c *call) tokenRequest(e Endpoint) request {
	body, _ := json.Marshal(struct{ AccountKey, AccountSecret, ApiEndpoint string }{ // texts always can be
		c.config.Credentials.AccountKey,
		c.config.Credentials.AccountSecret.Reveal(),
		endpointURL(c.base, e, nil).String(),
	})
	return c.post(EndpointToken, body)
}

// judgeToken lets a call whose token was refused go on with a new one. It ends when a fresh one, with
// which nobody was let in, is refused as well.
func (c *call) judgeToken(e Endpoint, tok *token, f *Error) {
	switch {
	case f.proves() && (f == nil || f.Kind != KindCredentials):
		tok.proven.Store(true)
	case f.Kind == KindCredentials && c.tokens.given == nil:
		c.tokens.drop(e, tok)
		c.rejected++
		// One that waited past its end, as through a pause, is refused for that.
		overdue := tok.proven.Load() || tok.stale(c.Sent)
		hope := c.rejected == 1 || overdue && c.rejected < c.config.MaxAttempts
		f.retry, f.free = hope, hope
	}
}
