package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// needToken returns the token to use, fetched if need be; nil with a nil error: look again.
func (c *call) needToken(ctx context.Context) (*token, *Error) {
	if tok, f := c.tokens.get(c.endpoint); tok != nil || f != nil {
		return tok, f
	}
	select {
	case c.tokens.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, stopped(c.endpoint, ended(ctx))
	}
	defer func() { <-c.tokens.turn }()
	// Somebody may have fetched it while we waited.
	if tok, f := c.tokens.get(c.endpoint); tok != nil || f != nil {
		return tok, f
	}
	return c.fetchToken(ctx)
}

func (c *call) fetchToken(ctx context.Context) (*token, *Error) {
	open, err := c.gate.pass(ctx, func(time.Time) bool { return c.outage.allows(c) }, c.tell)
	if err != nil {
		return nil, stopped(c.endpoint, err)
	}
	if !open {
		return nil, nil
	}
	var tok *token
	f := c.send(ctx, c.tokenRequest(), "", func(rep reply) (f *Error) {
		tok, f = readToken(rep, c.endpoint, c.sent, time.Now(), c.gate.Rate().Every(), c.masker)
		return f
	})
	switch {
	case f == nil:
		c.tokens.put(c.endpoint, tok)
		return tok, nil
	case f.elsewhere && c.tokens.found():
		f.retry, f.down = true, true // the address was right before: what is there now will go away
	case !f.retry && f.Kind != KindStopped:
		c.tokens.refuse(c.endpoint, f)
	}
	return nil, f
}

func (c *call) tokenRequest() request {
	body, _ := json.Marshal(struct{ AccountKey, AccountSecret, ApiEndpoint string }{ // texts always can be
		c.config.Credentials.AccountKey,
		c.config.Credentials.AccountSecret.Reveal(),
		address(c.base, c.endpoint, nil),
	})
	return request{
		endpoint: EndpointToken, method: http.MethodPost,
		url: address(c.base, EndpointToken, nil), body: body, limit: maxBody,
	}
}

// judgeToken lets a call whose token was refused go on with a new one. It ends when a fresh one, with
// which nobody was let in, is refused as well.
func (c *call) judgeToken(tok *token, f *Error) {
	switch {
	case f.proves() && (f == nil || f.Kind != KindCredentials):
		tok.proven.Store(true)
	case f.Kind == KindCredentials && c.tokens.given == nil:
		c.tokens.drop(c.endpoint, tok)
		c.rejected++
		hope := c.rejected == 1 || tok.proven.Load() && c.rejected < c.config.MaxAttempts
		f.retry, f.free = hope, hope
	}
}
