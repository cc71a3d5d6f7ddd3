package client

import (
	"context"
	"time"
)

// send makes one request, which has passed the gate, tells it to whom it concerns, and returns nil when it was answered as asked.
func (c *call) send(ctx context.Context, q request, bearer string, read func(reply) *Error) *Error {
	defer c.gate.landed()
	attempt := Attempt{Endpoint: q.endpoint, Number: c.number, Start: time.Now(), N: c.fetches + 1}
	own := q.endpoint != EndpointToken
	if own {
		attempt.N = c.attempts + 1
		if f := c.ask(attempt); f != nil {
			return f
		}
		c.attempts++
	} else {
		c.fetches++
	}
	c.sent = time.Now()
	f := c.answered(ctx, q, bearer, read, &attempt)
	attempt.Start, attempt.Duration = c.sent, time.Since(c.sent)
	c.learn(f, own)
	if f != nil {
		attempt.HTTPStatus, attempt.Applied, attempt.Err, attempt.RetryAfter = f.HTTPStatus, f.Applied, f, f.RetryAfter
	}
	if c.trace.Done != nil {
		c.trace.Done(attempt)
	}
	return f
}

func (c *call) ask(attempt Attempt) *Error {
	if c.trace.Before == nil {
		return nil
	}
	if err := c.trace.Before(attempt); err != nil {
		return stopped(c.endpoint, err)
	}
	return nil
}

// answered sends a request and judges what comes back.
func (c *call) answered(
	ctx context.Context, q request, bearer string, read func(reply) *Error, attempt *Attempt,
) *Error {
	m := c.masker(bearer)
	rep, broken := c.exchange(ctx, q, bearer, m)
	attempt.HTTPStatus = rep.status
	var f *Error
	if broken != nil {
		f = lost(q.endpoint, broken, q.changes(), c.config.Timeout)
	} else if f = classify(rep, q.changes(), m); f == nil {
		f = read(rep)
	}
	if f == nil && q.changes() {
		attempt.Applied = AppliedYes
	}
	if err := ended(ctx); err != nil && (broken != nil || f != nil && rep.err != nil) {
		end := stopped(q.endpoint, err)
		end.HTTPStatus, end.Applied = f.HTTPStatus, f.Applied
		return end
	}
	return f
}

// learn takes from an attempt what concerns the whole client.
func (c *call) learn(f *Error, own bool) {
	if f == nil || f.connected {
		c.connected = true
	}
	if f == nil {
		c.gate.worked(c.sent)
	}
	// A token tells nothing of the endpoint that it is for.
	if own && f.proves() {
		if news := c.outage.worked(); news != nil {
			c.tell(*news)
		}
	}
}
